package main

import (
	"onhook/app"
	"onhook/config"
	"onhook/media"
)

// addRooms adds the applications of conferences.
func (a *apps) addRooms(cfg *config.Config, rooms *app.Rooms) {
	for _, r := range cfg.Rooms {
		a.named["room:"+r.Name] = &app.Room{
			Name: r.Name, Rooms: rooms, Library: a.library, Music: func() media.Source { return a.sound(cfg, "hold") },
			PIN: string(r.PIN), ModeratorPIN: string(r.ModeratorPIN), Most: r.Max, Announce: r.Announce, Waits: r.Waits, Ends: r.Ends,
		}
	}
}
