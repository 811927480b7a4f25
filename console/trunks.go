package console

import (
	"net/http"
	"net/url"
	"time"

	"onhook/api"
	"onhook/exchange"
)

func trunksPage() page {
	return page{pattern: "GET /trunks", file: "trunks", nav: "Trunks", key: "t", icon: "trunk", show: (*Server).trunks}
}

func trunkAction() page {
	return page{pattern: "POST /trunks/{name}/{action}", act: (*Server).switchTrunk}
}

// A trunkRow is one trunk with its traffic of the last day.
type trunkRow struct {
	exchange.TrunkState
	Day *api.Slice // none: no call
}

func (s *Server) trunks(r *http.Request) (*view, error) {
	var got api.Trunks
	if err := s.read(r, "/v1/trunks", &got); err != nil {
		return nil, err
	}
	day, err := s.lastDay(r, "trunk")
	if err != nil {
		return nil, err
	}
	var rows []trunkRow
	trying := false // again and again, of which no event tells
	for _, t := range got.Trunks {
		rows = append(rows, trunkRow{t, day[t.Name]})
		trying = trying || t.State == "down" && (t.Health != nil || t.Registration != nil)
	}
	return &view{Title: "Trunks", Data: map[string]any{"Trunks": rows, "Now": s.opt.Now(), "Trying": trying}}, nil
}

// lastDay is what the calls of the last day add up to, by the values of a dimension.
func (s *Server) lastDay(r *http.Request, by string) (map[string]*api.Slice, error) {
	since := s.opt.Now().UTC().Truncate(5 * time.Minute).Add(-24 * time.Hour)
	var got api.Statistics
	if err := s.read(r, "/v1/stats?"+url.Values{"by": {by}, "since": {since.Format(time.RFC3339)}}.Encode(), &got); err != nil {
		return nil, err
	}
	out := map[string]*api.Slice{}
	for i := range got.Groups {
		out[got.Groups[i].Value] = &got.Groups[i]
	}
	return out, nil
}

// switchTrunk lets calls in and out by a trunk, or no more.
func (s *Server) switchTrunk(r *http.Request) (string, error) {
	name, action := r.PathValue("name"), r.PathValue("action")
	if action != "enable" && action != "disable" {
		return "", &api.Problem{Status: http.StatusNotFound, Title: "There is no such command", Detail: "A trunk is enabled or disabled."}
	}
	if err := s.do(r, http.MethodPost, "/v1/trunks/"+url.PathEscape(name)+"/"+action, nil, nil); err != nil {
		return "", err
	}
	return said("/trunks", "Trunk "+name+" is "+action+"d."), nil
}
