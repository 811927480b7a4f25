package console

import (
	"net/http"

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
	return &view{Title: "Users", Data: map[string]any{"Users": rows, "Registered": there, "Devices": regs.Total, "Now": s.opt.Now()}}, nil
}
