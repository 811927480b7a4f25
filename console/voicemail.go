package console

import (
	"net/http"
	"net/url"

	"onhook/api"
)

func voicemailPage() page {
	return page{pattern: "GET /voicemail", file: "voicemail", nav: "Voicemail", key: "v", icon: "mail", show: (*Server).voicemail}
}

func markAction() page {
	return page{pattern: "POST /voicemail/{box}/{id}/{action}", act: (*Server).tellMessage}
}

// A boxView is a mailbox with its messages.
type boxView struct {
	api.Mailbox
	Messages []messageRow
}

// A messageRow is a message, and where its sound is.
type messageRow struct {
	api.VoiceMessage
	Audio string
}

func (s *Server) voicemail(r *http.Request) (*view, error) {
	var list api.MailboxList
	if err := s.read(r, "/v1/voicemail", &list); err != nil {
		return nil, err
	}
	wanted, fresh := r.URL.Query().Get("box"), 0
	var boxes []boxView
	for _, b := range list.Mailboxes {
		fresh += b.Fresh
		if wanted != "" && wanted != b.Name || b.Fresh+b.Heard == 0 && wanted == "" {
			continue
		}
		path := "/v1/voicemail/" + url.PathEscape(b.Name) + "/messages"
		var got api.VoiceMessages
		if err := s.read(r, path, &got); err != nil {
			return nil, err
		}
		v := boxView{Mailbox: b}
		for _, m := range got.Messages {
			v.Messages = append(v.Messages, messageRow{m, path + "/" + url.PathEscape(m.ID) + "/audio"})
		}
		boxes = append(boxes, v)
	}
	return &view{Title: "Voicemail", Data: map[string]any{"Boxes": boxes, "All": list.Mailboxes, "Fresh": fresh}}, nil
}

// tellMessage marks a message as heard or new, or deletes it.
func (s *Server) tellMessage(r *http.Request) (string, error) {
	path := "/v1/voicemail/" + url.PathEscape(r.PathValue("box")) + "/messages/" + url.PathEscape(r.PathValue("id"))
	method, what := http.MethodPatch, "The message is marked."
	var body any
	switch r.PathValue("action") {
	case "heard":
		body = map[string]bool{"heard": true}
	case "new":
		body = map[string]bool{"heard": false}
	case "delete":
		method, what = http.MethodDelete, "The message is deleted."
	default:
		return "", &api.Problem{Status: http.StatusNotFound, Title: "There is no such command", Detail: "A message is marked as heard or new, or deleted."}
	}
	if err := s.do(r, method, path, body, nil); err != nil {
		return "", err
	}
	return said("/voicemail", what), nil
}
