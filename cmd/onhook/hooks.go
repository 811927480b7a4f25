package main

import (
	"log/slog"
	"net"
	"net/http"
	"time"

	"onhook/app"
	"onhook/config"
	"onhook/wire"
)

// hooks makes the applications elsewhere. Mailboxes are those made before.
func (a *apps) hooks(cfg *config.Config, log *slog.Logger) {
	mailbox := func(name string) *app.Voicemail {
		v, _ := a.named["voicemail:"+name].(*app.Voicemail)
		return v
	}
	for i := range cfg.Hooks {
		h := &cfg.Hooks[i]
		a.named["hook:"+h.Name] = &app.WebHook{
			Name: h.Name, URL: h.URL, Secret: string(h.Secret), Timeout: h.Timeout, Fallback: destinationText(h.Fallback),
			Library: a.library, Log: log, Mailbox: mailbox, Client: hookClient(h),
		}
	}
}

// Connections to a hook that wait for its next call.
const (
	idleHooks   = 16
	idleForHook = 30 * time.Second
)

// hookClient connects to public addresses and the hook's own networks, by no proxy, and follows no redirects.
func hookClient(h *config.Hook) *http.Client {
	d := &net.Dialer{Timeout: h.Timeout, Control: wire.PublicOnly(h.Private)}
	return &http.Client{
		CheckRedirect: app.NoRedirect,
		Transport: &http.Transport{
			DialContext: d.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: h.Timeout,
			MaxIdleConnsPerHost: idleHooks, IdleConnTimeout: idleForHook, MaxResponseHeaderBytes: 16 << 10,
		},
	}
}
