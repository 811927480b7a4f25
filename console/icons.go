package console

import "html/template"

// icons are drawn on a grid of 20, with lines.
var icons = map[string]string{
	"live":     `<path d="M2 10h3l2.5-6 4 12L14 8l1.2 2H18"/>`,
	"calls":    `<path d="M3 5h14M3 10h14M3 15h9"/>`,
	"chart":    `<path d="M3 3v14h14M6.5 13V9.5M10.5 13V6M14.5 13v-5"/>`,
	"queue":    `<circle cx="6" cy="6" r="2.5"/><path d="M2 16c0-3 2-4.5 4-4.5S10 13 10 16"/><circle cx="14" cy="7.5" r="2"/><path d="M12.5 12.2c2.7-.7 5 .9 5 3.8"/>`,
	"clock":    `<circle cx="10" cy="10" r="7"/><path d="M10 6v4l3 2"/>`,
	"trunk":    `<path d="M3 10h14M13 6l4 4-4 4M7 6 3 10l4 4"/>`,
	"users":    `<circle cx="10" cy="6.5" r="3"/><path d="M4 17c0-3.5 2.7-5.5 6-5.5s6 2 6 5.5"/>`,
	"mail":     `<rect x="2.5" y="4.5" width="15" height="11" rx="1.5"/><path d="m3 6 7 5 7-5"/>`,
	"source":   `<circle cx="10" cy="10" r="1.5"/><path d="M6.5 13.5a5 5 0 0 1 0-7M13.5 6.5a5 5 0 0 1 0 7M4 16a8.5 8.5 0 0 1 0-12M16 4a8.5 8.5 0 0 1 0 12"/>`,
	"hook":     `<path d="M5 10.5a5 5 0 1 1 9.5 2.2M10 7v6.5a3 3 0 0 1-6 .5"/><circle cx="10" cy="6" r="1"/>`,
	"book":     `<path d="M3 4.5c3-1 5-.5 7 1 2-1.5 4-2 7-1v11c-3-1-5-.5-7 1-2-1.5-4-2-7-1zM10 5.5v11"/>`,
	"settings": `<path d="M3 6h8M15 6h2M3 14h2M9 14h8"/><circle cx="13" cy="6" r="2"/><circle cx="7" cy="14" r="2"/>`,
	"log":      `<path d="M5 3h10v14H5zM8 7h4M8 10h4M8 13h2"/>`,
	"search":   `<circle cx="9" cy="9" r="5"/><path d="m13 13 4 4"/>`,
	"theme":    `<circle cx="10" cy="10" r="6.5"/><path d="M10 3.5v13a6.5 6.5 0 0 0 0-13z" fill="currentColor"/>`,
	"menu":     `<path d="M3 6h14M3 10h14M3 14h14"/>`,
	"out":      `<path d="M8 4H4v12h4M12 7l3 3-3 3M15 10H8"/>`,
	"copy":     `<rect x="7" y="7" width="9" height="9" rx="1.5"/><path d="M13 7V5.5A1.5 1.5 0 0 0 11.5 4h-6A1.5 1.5 0 0 0 4 5.5v6A1.5 1.5 0 0 0 5.5 13H7"/>`,
	"down":     `<path d="M10 3v10M6 9.5l4 4 4-4M4 17h12"/>`,
	"end":      `<path d="M2.5 11.5c4-4 11-4 15 0l-2 2.5-3-1.5v-2a9 9 0 0 0-5 0v2l-3 1.5z"/>`,
	"hold":     `<path d="M7 5v10M13 5v10"/>`,
	"resume":   `<path d="M7 4.500v11l8-5.500z"/>`,
	"record":   `<circle cx="10" cy="10" r="6"/><circle cx="10" cy="10" r="2.500" fill="currentColor"/>`,
	"stop":     `<circle cx="10" cy="10" r="6"/><path d="M8 8h4v4H8z" fill="currentColor"/>`,
	"sound":    `<path d="M4 8v4h3l4 3V5L7 8zM14 7.500a3.500 3.500 0 0 1 0 5"/>`,
	"pass":     `<path d="M3 14c1-5 5-7 10-7M10 3.5 14 7l-4 3.5"/>`,
	"filter":   `<path d="M3 5h14l-5.5 6v5l-3-1.5V11z"/>`,
}

// icon draws one; it says nothing to a screen reader, as a word stands beside it.
func icon(name string) template.HTML {
	return template.HTML(`<svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">` + icons[name] + `</svg>`)
}
