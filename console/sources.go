package console

import (
	"net/http"

	"onhook/api"
)

func sourcesPage() page {
	return page{pattern: "GET /sources", file: "sources", nav: "Sources", key: "s", icon: "source", show: (*Server).sources}
}

func (s *Server) sources(r *http.Request) (*view, error) {
	var got api.Sources
	if err := s.read(r, "/v1/sources", &got); err != nil {
		return nil, err
	}
	return &view{Title: "Sources", Data: map[string]any{"Sources": got, "Now": s.opt.Now()}}, nil
}
