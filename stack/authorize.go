package stack

import (
	"onhook/dialog"
	"onhook/sip"
)

// maxTries is how many challenges to one request are answered: one, and one more
// where the nonce was too old.
const maxTries = 2

// authorized answers a challenge to a request in a dialog, and tells whether it
// did. To its user the request is the same one as before. What began the dialog
// is sent again by its user, who may go elsewhere with it.
func (e *Endpoint) authorized(c *client, m *sip.Message) bool {
	g := e.dialogs.get(uint64(c.dlg))
	if e.opt.Authorize == nil || g == nil || g.d == nil || g.client == c.id || c.cancelOf != 0 || c.tries >= maxTries {
		return false
	}
	h, ok := e.opt.Authorize(Challenge{Dialog: g.id, Ref: g.ref, Flow: c.flow, Request: c.msg, Response: m, Tries: c.tries})
	if !ok {
		return false
	}
	e.again = c
	e.stepDialog(g, dialog.Input{Kind: dialog.InAgain, Msg: m, Header: h})
	e.again = nil
	return true
}
