package store

import (
	"encoding/binary"

	"onhook/outcome"
)

// Calls that end at about the same time share a chunk: what their messages have
// in common is then compressed once. The body of a Group chunk is packed as one
// piece: for each call its record, then its events, each with its length in
// front.

// maxGroup bounds how many calls a damaged chunk costs, and how much is
// unpacked to read one of them; groupBytes bounds their messages.
const (
	maxGroup   = 16
	groupBytes = 128 << 10
)

// groupFrom returns how many records of the batch, from i on, share a chunk.
func (w *writer) groupFrom(i int) int {
	n, size := 0, int64(0)
	for i+n < len(w.batch) && n < maxGroup {
		if size += w.batch[i+n].size; size > groupBytes && n > 0 {
			break
		}
		n++
	}
	return n
}

// encodeGroup makes one chunk of n records; it must be checked for its size.
func (w *writer) encodeGroup(i, n int) {
	w.raw = w.raw[:0]
	for k := i; k < i+n; k++ {
		rec := w.rows[k].packed[1:]
		w.raw = binary.AppendUvarint(w.raw, uint64(len(rec)))
		w.raw = append(w.raw, rec...)
		w.events = appendEvents(w.events[:0], w.batch[k].events)
		w.raw = binary.AppendUvarint(w.raw, uint64(len(w.events)))
		w.raw = append(w.raw, w.events...)
	}
	at := len(w.chunks)
	w.chunks = openChunk(w.chunks, kindGroup)
	w.chunks = pack(w.chunks, packedGroup, w.raw)
	w.chunks = closeChunk(w.chunks, at)
}

// eachOfGroup calls f for each record of a Group chunk, with its events in
// stored form, until it is done. All share one string.
func eachOfGroup(body []byte, f func(rec, events string) (done bool, err error)) error {
	raw, err := unpack(body)
	if err != nil {
		return err
	}
	p := parser{s: string(raw)}
	for p.s != "" {
		rec, events := p.text(), p.text()
		if p.err != nil {
			return p.err
		}
		if done, err := f(rec, events); done || err != nil {
			return err
		}
	}
	return nil
}

// recordID returns the id of a record in stored form.
func recordID(rec string) string {
	p := recordReader{parser: parser{s: rec}}
	p.byte()
	return p.text()
}

// eventsOfGroup returns the events of one call of a Group chunk.
func eventsOfGroup(body []byte, id string) (events string, err error) {
	found := false
	err = eachOfGroup(body, func(rec, ev string) (bool, error) {
		if recordID(rec) == id {
			events, found = ev, true
		}
		return found, nil
	})
	if err == nil && !found {
		err = errCorrupt
	}
	return events, err
}

// finishedGroup takes a Group chunk of the log. Only the last call of it
// reaches behind the chunk: whoever stops before reads it again.
func (r *replay) finishedGroup(body []byte, at, behind loc) error {
	type item struct {
		rec    outcome.Record
		packed []byte
	}
	var items []item
	err := eachOfGroup(body, func(rec, _ string) (bool, error) {
		one, err := parseRecord(rec)
		if err == nil {
			items = append(items, item{one, append([]byte{plainRecord}, rec...)})
		}
		return false, err
	})
	if err != nil {
		r.bad(at, err)
	}
	for i := range items {
		reach := at
		if i == len(items)-1 {
			reach = behind
		}
		if err := r.recorded(&items[i].rec, items[i].packed, at, reach); err != nil {
			return err
		}
	}
	return nil
}
