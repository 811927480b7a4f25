package api

import (
	"net/http"

	"onhook/exchange"
)

func (s *Server) trunks(w http.ResponseWriter, r *http.Request) {
	list, err := s.Exchange.Trunks(r.Context())
	if err != nil {
		fail(w, err)
		return
	}
	if list == nil {
		list = []exchange.TrunkState{}
	}
	reply(w, map[string]any{"trunks": list})
}

func (s *Server) enable(w http.ResponseWriter, r *http.Request, on bool) {
	name := r.PathValue("name")
	if err := s.Exchange.EnableTrunk(r.Context(), name, on, who(r)); err != nil {
		fail(w, err)
		return
	}
	reply(w, map[string]any{"name": name, "enabled": on})
}

// who gives the command, as records and logs name it.
func who(r *http.Request) string {
	if by := r.Header.Get("X-Onhook-By"); by != "" {
		return by
	}
	return "api"
}
