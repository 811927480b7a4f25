package api

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"onhook/app"
	"onhook/config"
	"onhook/media"
)

// Mailboxes are what the handlers need of voicemail; app.Mailboxes has it.
type Mailboxes interface {
	List(mailbox string) []app.Message
	Count(mailbox string) (fresh, heard int)
	Message(mailbox, id string) (app.Message, error)
	Mark(mailbox, id string, heard bool) (app.Message, error)
	Delete(mailbox, id string) error
	Path(mailbox, id string) (string, error)
	GreetingPath(mailbox string) (string, error)
	SetGreeting(mailbox string, pcm []int16) error
}

// Bounds of a greeting, in bytes of its file and in samples.
const (
	maxSound        = 6 << 20
	longestGreeting = 3 * 60 * 8000
)

// A Mailbox is one mailbox and how many messages it has.
type Mailbox struct {
	Name  string `json:"name" doc:"the extension"`
	Fresh int    `json:"new" doc:"messages that nobody has heard"`
	Heard int    `json:"heard"`
}

// MailboxList is all mailboxes.
type MailboxList struct {
	Mailboxes []Mailbox `json:"mailboxes"`
}

// A VoiceMessage is a message as it is shown.
type VoiceMessage app.Message

// VoiceMessages are the messages of a mailbox.
type VoiceMessages struct {
	Messages []VoiceMessage `json:"messages" doc:"new ones first, each the oldest first"`
}

type boxInput struct {
	Box string `path:"box" maxLength:"64" doc:"the extension"`
}

type messageInput struct {
	Box string `path:"box" maxLength:"64" doc:"the extension"`
	ID  string `path:"id" maxLength:"64" doc:"the message's id"`
}

type markInput struct {
	Box  string `path:"box" maxLength:"64" doc:"the extension"`
	ID   string `path:"id" maxLength:"64" doc:"the message's id"`
	Body struct {
		Heard bool `json:"heard"`
	}
}

type greetingInput struct {
	Box     string `path:"box" maxLength:"64" doc:"the extension"`
	RawBody []byte `contentType:"audio/wav"`
}

func (s *Server) registerVoicemail(a huma.API) {
	sound := form{"wav", "audio/wav", binarySchema()}
	read := func(path, id, summary string) huma.Operation {
		return op(a, "GET", path, id, "Voicemail", config.VoicemailRead, summary)
	}
	write := func(method, path, id, summary string) huma.Operation {
		return op(a, method, path, id, "Voicemail", config.VoicemailWrite, summary)
	}
	const box, message = "/v1/voicemail/{box}", "/v1/voicemail/{box}/messages/{id}"
	huma.Register(a, read("/v1/voicemail", "list-mailboxes", "List the mailboxes and how many messages they have"), s.mailboxes)
	huma.Register(a, read(box+"/messages", "list-messages", "List the messages of a mailbox"), func(_ context.Context, in *boxInput) (*body[VoiceMessages], error) {
		if err := s.hasBox(in.Box); err != nil {
			return nil, err
		}
		out := VoiceMessages{Messages: []VoiceMessage{}}
		for _, m := range s.Voice.List(in.Box) {
			out.Messages = append(out.Messages, VoiceMessage(m))
		}
		return &body[VoiceMessages]{out}, nil
	})
	huma.Register(a, read(message, "get-message", "Read what is known of a message"), func(_ context.Context, in *messageInput) (*body[VoiceMessage], error) {
		msg, err := s.Voice.Message(in.Box, in.ID)
		return &body[VoiceMessage]{VoiceMessage(msg)}, s.boxed(in.Box, err)
	})
	huma.Register(a, produces(read(message+"/audio", "get-audio", "Read the sound of a message as WAV, or a range of it"), sound), func(_ context.Context, in *messageInput) (*huma.StreamResponse, error) {
		path, err := s.Voice.Path(in.Box, in.ID)
		if err := s.boxed(in.Box, err); err != nil {
			return nil, err
		}
		return sendFile(path, in.Box+"-"+in.ID), nil
	})
	huma.Register(a, write("PATCH", message, "mark-message", "Mark a message as heard, or as new"), func(_ context.Context, in *markInput) (*body[VoiceMessage], error) {
		msg, err := s.Voice.Mark(in.Box, in.ID, in.Body.Heard)
		return &body[VoiceMessage]{VoiceMessage(msg)}, s.boxed(in.Box, err)
	})
	huma.Register(a, write("DELETE", message, "delete-message", "Delete a message"), func(_ context.Context, in *messageInput) (*struct{}, error) {
		return nil, s.boxed(in.Box, s.Voice.Delete(in.Box, in.ID))
	})
	huma.Register(a, produces(read(box+"/greeting", "get-greeting", "Read a mailbox's own greeting as WAV"), sound), func(_ context.Context, in *boxInput) (*huma.StreamResponse, error) {
		path, err := s.Voice.GreetingPath(in.Box)
		if err := s.boxed(in.Box, err); err != nil {
			return nil, err
		}
		return sendFile(path, in.Box+"-greeting"), nil
	})
	put := write("PUT", box+"/greeting", "set-greeting", "Give a mailbox a greeting of its own: WAV, 8 kHz, at most three minutes")
	put.MaxBodyBytes = maxSound
	huma.Register(a, put, s.setGreeting)
	huma.Register(a, write("DELETE", box+"/greeting", "delete-greeting", "Give a mailbox the usual greeting again"), func(_ context.Context, in *boxInput) (*struct{}, error) {
		if err := s.hasBox(in.Box); err != nil {
			return nil, err
		}
		return nil, fail(s.Voice.SetGreeting(in.Box, nil))
	})
}

func (s *Server) mailboxes(context.Context, *none) (*body[MailboxList], error) {
	out := MailboxList{Mailboxes: []Mailbox{}}
	for _, name := range s.Boxes() {
		m := Mailbox{Name: name}
		m.Fresh, m.Heard = s.Voice.Count(name)
		out.Mailboxes = append(out.Mailboxes, m)
	}
	return &body[MailboxList]{out}, nil
}

// hasBox gives a problem where there is no such mailbox. Its name becomes that
// of a folder, so that only those of the configuration are asked for.
func (s *Server) hasBox(name string) error {
	if !slices.Contains(s.Boxes(), name) {
		return newProblem("mailbox_not_found", "No extension of this name has a mailbox.")
	}
	return nil
}

// boxed makes a problem of what a mailbox has said.
func (s *Server) boxed(box string, err error) error {
	if p := s.hasBox(box); p != nil {
		return p
	}
	if errors.Is(err, app.ErrNoMessage) {
		return newProblem("message_not_found", "The mailbox has no such message, or no greeting of its own.")
	}
	return fail(err)
}

func (s *Server) setGreeting(_ context.Context, in *greetingInput) (*struct{}, error) {
	if err := s.hasBox(in.Box); err != nil {
		return nil, err
	}
	pcm, err := readSound(in.RawBody)
	if err != nil {
		return nil, err
	}
	return nil, fail(s.Voice.SetGreeting(in.Box, pcm))
}

// readSound reads a WAV file that was sent, which must hold some sound.
func readSound(wav []byte) (pcm []int16, err error) {
	a, err := media.ReadWAV(bytes.NewReader(wav), longestGreeting)
	if err != nil {
		return nil, newProblem("sound", err.Error())
	}
	if pcm = a.Mono(); len(pcm) == 0 {
		return nil, newProblem("sound", "The file holds no sound.")
	}
	return pcm, nil
}

// sendFile answers with a WAV file, or with the ranges of it that are asked for
// (RFC 9110 section 14).
func sendFile(path, name string) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		r, w := humago.Unwrap(ctx)
		f, err := os.Open(path)
		if err != nil {
			// It was there a moment ago: somebody has deleted it.
			writeProblem(w, newProblem("message_not_found", "It has just been deleted."))
			return
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			writeProblem(w, newProblem("internal", err.Error()))
			return
		}
		w.Header().Set("Content-Type", "audio/wav")
		w.Header().Set("Content-Disposition", `attachment; filename="`+fileName(name)+`.wav"`)
		http.ServeContent(w, r, "", info.ModTime(), f)
	}}
}
