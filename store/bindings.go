package store

import (
	"encoding/json"
	"time"
)

const putBinding = `INSERT INTO bindings (aor, binding, contact, instance, reg_id, call_id, cseq, q, path, flow, user_agent, updated_at, expires_at)
	VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)
	ON CONFLICT (aor, binding) DO UPDATE SET contact = excluded.contact, instance = excluded.instance, reg_id = excluded.reg_id,
	call_id = excluded.call_id, cseq = excluded.cseq, q = excluded.q, path = excluded.path, flow = excluded.flow,
	user_agent = excluded.user_agent, updated_at = excluded.updated_at, expires_at = excluded.expires_at`

// saveBindings writes changes; a nil Binding removes.
func (d *database) saveBindings(changes map[BindingKey]*Binding) error {
	tx, err := d.write.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	put, err := tx.Prepare(putBinding)
	if err != nil {
		return err
	}
	defer put.Close()
	drop, err := tx.Prepare("DELETE FROM bindings WHERE aor = ? AND binding = ?")
	if err != nil {
		return err
	}
	defer drop.Close()
	for k, b := range changes {
		if b == nil {
			_, err = drop.Exec(k.AOR, k.Key)
		} else {
			_, err = put.Exec(k.AOR, k.Key, b.Contact, b.Instance, b.RegID, b.CallID, b.CSeq, b.Q, pathJSON(b.Path), b.Flow, b.UserAgent,
				b.UpdatedAt.UnixNano(), b.ExpiresAt.UnixNano())
		}
		if err != nil {
			return err
		}
	}
	return tx.Commit()
}

// dropExpiredBindings forgets what nobody will ask for.
func (d *database) dropExpiredBindings(now time.Time) error {
	_, err := d.write.Exec("DELETE FROM bindings WHERE expires_at <= ?", now.UnixNano())
	return err
}

// loadBindings returns the bindings that have not expired.
func (d *database) loadBindings(now time.Time) ([]Binding, error) {
	rows, err := d.read.Query(`SELECT aor, binding, contact, instance, reg_id, call_id, cseq, q, path, flow, user_agent, updated_at, expires_at
		FROM bindings WHERE expires_at > ? ORDER BY aor, binding`, now.UnixNano())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Binding
	for rows.Next() {
		var b Binding
		var path string
		var updated, expires int64
		if err := rows.Scan(&b.AOR, &b.Key, &b.Contact, &b.Instance, &b.RegID, &b.CallID, &b.CSeq, &b.Q, &path, &b.Flow, &b.UserAgent, &updated, &expires); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(path), &b.Path); err != nil {
			return nil, err
		}
		if len(b.Path) == 0 {
			b.Path = nil
		}
		b.UpdatedAt, b.ExpiresAt = time.Unix(0, updated).UTC(), time.Unix(0, expires).UTC()
		all = append(all, b)
	}
	return all, rows.Err()
}
