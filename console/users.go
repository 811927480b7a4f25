package console

import (
	"net/http"
	"strings"

	"onhook/api"
)

// mostRegistrations is how many devices the page shows.
const mostRegistrations = 2000

func usersPage() page {
	return page{pattern: "GET /users", file: "users", nav: "Users", key: "u", icon: "users", show: (*Server).users}
}

// A userRow is an extension with its devices.
type userRow struct {
	api.User
	Devices []api.Registration
}

// A usersView is what the page of extensions shows.
type usersView struct {
	Users      []userRow
	Registered int          // extensions
	Devices    int          // of all
	New        *api.NewUser // one that was just made
}

// Forwards are those that are set.
func (u userRow) Forwards() (out []forward) {
	for _, f := range forwardsOf(&u.User) {
		if f.To != "" {
			f.Label = strings.ToLower(f.Label)
			out = append(out, f)
		}
	}
	return out
}

func (s *Server) users(r *http.Request) (*view, error) {
	var users api.Users
	if err := s.read(r, "/v1/users", &users); err != nil {
		return nil, err
	}
	var regs api.Registrations
	if err := s.read(r, "/v1/registrations?limit="+number(mostRegistrations), &regs); err != nil {
		return nil, err
	}
	devices := map[string][]api.Registration{}
	for _, d := range regs.Registrations {
		devices[d.User] = append(devices[d.User], d)
	}
	rows, there := []userRow{}, 0
	for _, u := range users.Users {
		rows = append(rows, userRow{u, devices[u.Name]})
		if u.Registered {
			there++
		}
	}
	return &view{Title: "Users", Data: &usersView{Users: rows, Registered: there, Devices: regs.Total}}, nil
}
