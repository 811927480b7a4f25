package wire

import (
	"bytes"
	"hash/maphash"
)

// mostUnanswered is how many requests of a connection are remembered.
const mostUnanswered = 256

// unanswered are the requests with a reference that went out by a connection
// whose number their sender did not know, and that have no final response yet. When
// the connection breaks they have failed (RFC 3261 section 18.4): their sender
// cannot tell by FlowDown that they are meant.
type unanswered struct {
	seed maphash.Seed
	list []asked
}

type asked struct {
	ref uint64
	key uint64 // of branch and, since its branch is the INVITE's, CANCEL
}

// sent notes a request.
func (u *unanswered) sent(data []byte, ref uint64) {
	if ref == 0 || !isRequest(data) {
		return
	}
	key, ok := u.key(data)
	if !ok {
		return
	}
	if len(u.list) == mostUnanswered {
		u.list = u.list[:copy(u.list, u.list[1:])]
	}
	u.list = append(u.list, asked{ref, key})
}

// received takes a message of the peer's; a final response answers.
func (u *unanswered) received(data []byte) {
	if len(u.list) == 0 || !isFinal(data) {
		return
	}
	key, ok := u.key(data)
	if !ok {
		return
	}
	for i := range u.list {
		if u.list[i].key == key {
			u.list = append(u.list[:i], u.list[i+1:]...)
			return
		}
	}
}

// key tells transactions apart by the first branch and the method's kind. It is
// no parser: what it cannot find is not remembered.
func (u *unanswered) key(data []byte) (uint64, bool) {
	if u.seed == (maphash.Seed{}) {
		u.seed = maphash.MakeSeed()
	}
	head := data
	if i := bytes.Index(data, []byte("\r\n\r\n")); i >= 0 {
		head = data[:i+2]
	}
	i := bytes.Index(head, []byte("branch="))
	if i < 0 {
		return 0, false
	}
	branch := head[i+len("branch="):]
	if n := bytes.IndexAny(branch, ";,\r\n \t"); n >= 0 {
		branch = branch[:n]
	}
	key := maphash.Bytes(u.seed, branch)
	if bytes.Contains(head, []byte(" CANCEL\r\n")) {
		key = ^key
	}
	return key, true
}
