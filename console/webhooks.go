package console

import (
	"net/http"
	"net/url"
	"strings"

	"onhook/api"
)

// mostDeliveries is how many deliveries the page of a webhook shows.
const mostDeliveries = 100

func webhooksPage() page {
	return page{pattern: "GET /webhooks", file: "webhooks", nav: "Webhooks", key: "w", icon: "hook", show: (*Server).webhooks}
}

func webhookPage() page {
	return page{pattern: "GET /webhooks/{name}", file: "webhook", show: (*Server).webhook}
}

// addWebhookAction and rotateAction answer with the page itself: the secret is
// shown once, and must not stand in an address.
func addWebhookAction() page {
	return page{pattern: "POST /webhooks", file: "webhooks", show: (*Server).addWebhook}
}

func rotateAction() page {
	return page{pattern: "POST /webhooks/{name}/rotate", file: "webhooks", show: (*Server).rotateWebhook}
}

func webhookAction() page {
	return page{pattern: "POST /webhooks/{name}/{action}", act: (*Server).tellWebhook}
}

func replayAction() page {
	return page{pattern: "POST /webhooks/{name}/deliveries/{id}/replay", act: (*Server).replayDelivery}
}

// A webhooksView is what the page of webhooks shows.
type webhooksView struct {
	api.WebhookList
	Name, Secret string // of one that was just made
}

func (s *Server) webhooks(r *http.Request) (*view, error) {
	var v webhooksView
	if err := s.read(r, "/v1/webhooks", &v.WebhookList); err != nil {
		return nil, err
	}
	return &view{Title: "Webhooks", Here: "/webhooks", Data: &v}, nil
}

func (s *Server) addWebhook(r *http.Request) (*view, error) {
	ask := map[string]any{"name": strings.TrimSpace(r.PostForm.Get("name")), "url": strings.TrimSpace(r.PostForm.Get("url"))}
	for name, list := range map[string][]string{"events": apart(r.PostForm.Get("events")), "private": apart(r.PostForm.Get("private"))} {
		if len(list) > 0 {
			ask[name] = list
		}
	}
	var made api.NewWebhook
	if err := s.do(r, http.MethodPost, "/v1/webhooks", ask, &made); err != nil {
		return nil, err
	}
	return s.withSecret(r, made.Name, made.Secret)
}

// apart takes a text apart at commas and spaces.
func apart(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

func (s *Server) rotateWebhook(r *http.Request) (*view, error) {
	var made api.NewSecret
	if err := s.do(r, http.MethodPost, webhookPath(r)+"/rotate", nil, &made); err != nil {
		return nil, err
	}
	return s.withSecret(r, made.Name, made.Secret)
}

func (s *Server) withSecret(r *http.Request, name, secret string) (*view, error) {
	v, err := s.webhooks(r)
	if err == nil {
		v.Data.(*webhooksView).Name, v.Data.(*webhooksView).Secret = name, secret
	}
	return v, err
}

func webhookPath(r *http.Request) string {
	return "/v1/webhooks/" + url.PathEscape(r.PathValue("name"))
}

// A webhookView is one webhook with what it was told.
type webhookView struct {
	Name, State string
	api.Deliveries
	Next string
}

func (s *Server) webhook(r *http.Request) (*view, error) {
	v := &webhookView{Name: r.PathValue("name"), State: r.URL.Query().Get("state")}
	ask := url.Values{"limit": {number(mostDeliveries)}}
	for _, name := range []string{"state", "cursor"} {
		if value := r.URL.Query().Get(name); value != "" {
			ask.Set(name, value)
		}
	}
	if err := s.read(r, webhookPath(r)+"/deliveries?"+ask.Encode(), &v.Deliveries); err != nil {
		return nil, err
	}
	if v.NextCursor != "" {
		v.Next = "?" + url.Values{"state": {v.State}, "cursor": {v.NextCursor}}.Encode()
	}
	return &view{Title: "Webhook " + v.Name, Here: "/webhooks", Data: v}, nil
}

// tellWebhook enables, disables or removes a webhook, or has all that was given up sent again.
func (s *Server) tellWebhook(r *http.Request) (string, error) {
	path, method, next := webhookPath(r), http.MethodPost, "/webhooks"
	what := ""
	switch action := r.PathValue("action"); action {
	case "enable", "disable":
		path, what = path+"/"+action, "The webhook is "+action+"d."
	case "replay":
		path, what, next = path+"/replay", "What was given up is sent once more.", "/webhooks/"+url.PathEscape(r.PathValue("name"))
	case "remove":
		method, what = http.MethodDelete, "The webhook is removed."
	default:
		return "", &api.Problem{Status: http.StatusNotFound, Title: "There is no such command", Detail: "A webhook is enabled, disabled, removed, or what it missed replayed."}
	}
	if err := s.do(r, method, path, nil, nil); err != nil {
		return "", err
	}
	return said(next, what), nil
}

func (s *Server) replayDelivery(r *http.Request) (string, error) {
	if err := s.do(r, http.MethodPost, webhookPath(r)+"/deliveries/"+url.PathEscape(r.PathValue("id"))+"/replay", nil, nil); err != nil {
		return "", err
	}
	return said("/webhooks/"+url.PathEscape(r.PathValue("name")), "It is sent once more."), nil
}
