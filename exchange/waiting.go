package exchange

import "strings"

// messageSummaryName is the name of that event package.
const messageSummaryName = "message-summary"

// messageSummary tells a phone of the messages in its user's mailbox (RFC 3842).
func messageSummary() eventPackage {
	return eventPackage{
		name: messageSummaryName, accept: "application/simple-message-summary",
		subject: (*Exchange).ownMailbox, body: (*Exchange).messagesWaiting,
	}
}

// ownMailbox is the mailbox that a phone asks about. Phones ask at their own
// address or at the number of the mailboxes; only one's own is told.
func (x *Exchange) ownMailbox(user *User, number string) (string, int) {
	if number != user.Name && x.users[number] != nil {
		return "", 403
	}
	if x.set.Mailbox == nil {
		return "", 404
	}
	if _, _, ok := x.set.Mailbox(user.Name); !ok {
		return "", 404
	}
	return user.Name, 0
}

// messagesWaiting is the body of a NOTIFY about a mailbox (RFC 3842 section 5.2).
func (x *Exchange) messagesWaiting(w *watcher) (string, bool) {
	user := w.subject
	if x.set.Mailbox == nil || x.users[user] == nil {
		return "", false
	}
	fresh, heard, ok := x.set.Mailbox(user)
	if !ok {
		return "", false
	}
	waiting := "no"
	if fresh > 0 {
		waiting = "yes"
	}
	var b strings.Builder
	b.WriteString("Messages-Waiting: " + waiting + "\r\n")
	b.WriteString("Message-Account: " + x.aor(user) + "\r\n")
	b.WriteString("Voice-Message: " + itoa(fresh) + "/" + itoa(heard) + " (0/0)\r\n")
	return b.String(), true
}

// MailboxChanged tells the phones of a user what is in its mailbox now, from any goroutine.
func (x *Exchange) MailboxChanged(user string) {
	x.box.answer(answer{do: func(x *Exchange) {
		x.changed(messageSummaryName, user)
		x.tellUnasked(user, nil)
	}})
}
