package phone

import (
	"onhook/digest"
	"onhook/sip"
)

// maxTries is how often a request is sent with credentials: once, and once more
// if the server says that the nonce was stale.
const maxTries = 2

// authorise returns the request again with the answer to a challenge, or nil
// if there is none to give.
func (p *Phone) authorise(req, challenge *sip.Message, tries *int) *sip.Message {
	if challenge.Status != 401 && challenge.Status != 407 || p.opt.Password == "" || *tries >= maxTries {
		return nil
	}
	creds := digest.Credentials{User: p.opt.AuthUser, Password: p.opt.Password}
	uri := req.URI
	if uri == "" {
		uri = p.URI() // in a dialog the Request-URI is the dialog's: any of ours is as good
	}
	id, value, stale, err := creds.Answer(challenge, req.Method, uri, p.rand)
	if err != nil || *tries > 0 && !stale {
		return nil
	}
	*tries++
	again := req.Clone()
	again.Set(id, value)
	if again.Has(sip.HCSeq) {
		if c, err := again.CSeq(); err == nil {
			// RFC 3261 section 22.2: the CSeq number goes up by one.
			again.Set(sip.HCSeq, sip.CSeq{Seq: c.Seq + 1, Method: c.Method}.String())
		}
	}
	return again
}
