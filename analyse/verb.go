package analyse

import "onhook/sip"

// A verb is a method in one byte: a capture has many messages.
type verb uint8

const (
	mNone verb = iota
	mINVITE
	mACK
	mBYE
	mCANCEL
	mOPTIONS
	mREGISTER
	mPRACK
	mUPDATE
	mINFO
	mREFER
	mNOTIFY
	mSUBSCRIBE
	mMESSAGE
	mPUBLISH
	mOther
)

var verbNames = [...]sip.Method{
	"", sip.INVITE, sip.ACK, sip.BYE, sip.CANCEL, sip.OPTIONS, sip.REGISTER, sip.PRACK, sip.UPDATE, sip.INFO, sip.REFER, sip.NOTIFY, sip.SUBSCRIBE, sip.MESSAGE,
	sip.PUBLISH, "request",
}

// String returns the method's name.
func (v verb) String() string { return string(verbNames[v]) }
