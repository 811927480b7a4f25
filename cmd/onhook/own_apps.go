package main

import (
	"maps"
	"slices"

	"onhook/app"
)

// ownApps are applications in code by their destinations, which begin with app:. To
// add one, write it in package app (docs/apps.md) and put it here.
func ownApps(library *app.Library) map[string]app.App {
	return map[string]app.App{
		"app:number": &app.OwnNumber{Library: library},
	}
}

// ownAppNames are their destinations.
func ownAppNames() []string { return slices.Sorted(maps.Keys(ownApps(nil))) }
