package console

import (
	"net/http"
	"net/url"
	"time"

	"onhook/api"
	"onhook/app"
	"onhook/route"
)

func hoursPage() page {
	return page{pattern: "GET /hours", file: "hours", nav: "Hours", key: "h", icon: "clock", show: (*Server).hours}
}

func hoursAction() page {
	return page{pattern: "POST /hours/{name}", act: (*Server).switchHours}
}

// A timetableRow is one timetable.
type timetableRow struct {
	app.TimetableState
	zone *time.Location
}

func (s *Server) hours(r *http.Request) (*view, error) {
	var got api.Hours
	if err := s.read(r, "/v1/hours", &got); err != nil {
		return nil, err
	}
	rows := make([]timetableRow, len(got.Hours))
	for i, t := range got.Hours {
		zone, err := time.LoadLocation(t.Zone)
		if err != nil {
			zone = time.UTC // the configuration was checked with another database of zones
		}
		rows[i] = timetableRow{t, zone}
	}
	return &view{Title: "Hours", Data: rows}, nil
}

// ByHand reports whether what was said by hand counts, and not the clock.
func (t timetableRow) ByHand() bool { return t.Switch != route.ByClock }

// There is when it opens or closes next, where it stands: on the clock of its zone.
func (t timetableRow) There() string {
	if t.Until == nil {
		return ""
	}
	return t.Until.In(t.zone).Format("Mon 2 Jan, 15:04")
}

// switchHours opens or closes a timetable by hand, or has the clock count again.
func (s *Server) switchHours(r *http.Request) (string, error) {
	var got app.TimetableState
	to := r.FormValue("switch")
	path := "/v1/hours/" + url.PathEscape(r.PathValue("name"))
	if err := s.do(r, http.MethodPut, path, map[string]string{"switch": to}, &got); err != nil {
		return "", err
	}
	now := "closed"
	if got.Open {
		now = "open"
	}
	if got.Switch == route.ByClock {
		return said("/hours", cut(40, got.Name)+" goes by the clock again: it is "+now+"."), nil
	}
	return said("/hours", cut(40, got.Name)+" is "+now+" until it is switched again."), nil
}
