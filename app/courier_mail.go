package app

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/smtp"
	"net/textproto"
	"os"
	"strconv"
	"strings"
	"time"
)

// mail gives a message to the mail server (RFC 5321), by TLS where it is offered.
func (c *Courier) mail(ctx context.Context, m Message, path, to string) error {
	sound, err := os.Open(path)
	if err != nil {
		return &finalError{errors.New("its sound is not there any more")}
	}
	defer sound.Close()
	host, _, err := net.SplitHostPort(c.SMTP)
	if err != nil {
		return &finalError{err}
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", c.SMTP)
	if err != nil {
		return err
	}
	defer conn.Close()
	if limit, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(limit); err != nil {
			return err
		}
	}
	client, err := smtp.NewClient(conn, host)
	if err != nil {
		return smtpError(err)
	}
	if ok, _ := client.Extension("STARTTLS"); ok {
		if err := client.StartTLS(&tls.Config{ServerName: host}); err != nil {
			return err
		}
	}
	if err := client.Mail(c.From); err != nil {
		return smtpError(err)
	}
	if err := client.Rcpt(to); err != nil {
		return smtpError(err)
	}
	w, err := client.Data()
	if err != nil {
		return smtpError(err)
	}
	if err := writeMail(w, m, c.From, to, sound); err != nil {
		return err // without the end of the data nothing is sent
	}
	if err := w.Close(); err != nil {
		return smtpError(err)
	}
	_ = client.Quit() // it has the message
	return nil
}

// smtpError tells what another try may mend: not a 5xx. The server's text may name the address.
func smtpError(err error) error {
	if e := (*textproto.Error)(nil); errors.As(err, &e) {
		err = fmt.Errorf("the mail server answered %d", e.Code)
		if e.Code >= 500 {
			return &finalError{err}
		}
	}
	return err
}

// boundary parts the mail's text from its sound; neither holds two hyphens at the start of a line.
const boundary = "onhook-voicemail"

// writeMail writes a mail with the sound attached (RFC 5322, 2045).
func writeMail(to io.Writer, m Message, from, rcpt string, sound io.Reader) error {
	w := bufio.NewWriter(to)
	caller := m.Caller
	if caller == "" {
		caller = "an unknown number"
	}
	length := strconv.FormatInt((m.Length+500)/1000, 10)
	line := func(parts ...string) { _, _ = w.WriteString(strings.Join(parts, "") + "\r\n") } // Flush says the error
	line("From: <", from, ">")
	line("To: <", rcpt, ">")
	// A Q-encoded word has no line breaks, whatever the caller called itself.
	line("Subject: ", mime.QEncoding.Encode("utf-8", "Voicemail from "+caller))
	line("Date: ", m.At.Format(time.RFC1123Z))
	line("Message-ID: <", m.ID, "@onhook>")
	line("MIME-Version: 1.0")
	line("Content-Type: multipart/mixed; boundary=", boundary)
	line()
	line("--", boundary)
	line("Content-Type: text/plain; charset=utf-8")
	line("Content-Transfer-Encoding: base64")
	line()
	text := "A message of " + length + " seconds for " + m.Mailbox + " from " + strings.TrimSpace(caller+" "+m.Name) + ".\r\n"
	line(base64.StdEncoding.EncodeToString([]byte(text)))
	line("--", boundary)
	line("Content-Type: audio/wav")
	line("Content-Transfer-Encoding: base64")
	line(`Content-Disposition: attachment; filename="`, m.ID, soundEnd, `"`)
	line()
	buf := make([]byte, 57) // 76 characters, the longest line (RFC 2045 section 6.8)
	for {
		n, err := io.ReadFull(sound, buf)
		if n > 0 {
			line(base64.StdEncoding.EncodeToString(buf[:n]))
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		}
		if err != nil {
			return err
		}
	}
	line("--", boundary, "--")
	return w.Flush()
}
