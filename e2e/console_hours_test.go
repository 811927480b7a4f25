package e2e

import (
	"strings"
	"testing"
)

// TestConsoleHours opens and closes a timetable by hand: a call goes where the page says.
func TestConsoleHours(t *testing.T) {
	t.Parallel()
	none := newOffice(t, "")
	p, base := newBrowser(t).signedIn(none.server)
	p.look(base, "/hours", "hours-none", `document.querySelector("#hours .empty")?.textContent.includes("Add one under hours")`)

	o := newOfficeWith(t, `  - {match: "500", to: "user:101", hours: office, closed: "user:102"}`, `
hours:
  - {name: office, zone: Europe/Berlin, open: ["mon-sun 00:00-24:00"], code: "*28"}
  - {name: far, zone: Asia/Kolkata, open: ["mon-sun 09:05-17:35"]}
  - {name: never, open: ["mon-sun 00:00-24:00"], closed: [{name: renovation, date: "01-01..12-31"}]}
`)
	p, base = newBrowser(t).signedIn(o.server)
	p.open(base + "/")
	p.key("g")
	p.key("h")
	p.until(`location.pathname === "/hours" && document.querySelector("#hours-office .chip")?.textContent === "open"`)
	p.look(base, "/hours", "hours", `document.querySelector("#hours-never .facts")?.textContent.includes("renovation") && document.querySelector("#hours-never .chip").textContent === "closed"`)
	// At its own clock, whatever the viewer's is.
	if text := p.text(`document.querySelector("#hours-far .facts").textContent`); !strings.Contains(text, "Asia/Kolkata") || !strings.Contains(text, "09:05 there") && !strings.Contains(text, "17:35 there") {
		t.Errorf("the timetable of another zone says %s", text)
	}
	o.rings("500", "101")
	p.click(`#hours-office button[value="closed"]`)
	p.until(`document.querySelector("#hours-office .chip")?.textContent === "closed" && document.querySelector("[role=status]")?.textContent.includes("office is closed until it is switched again")`)
	p.until(`document.querySelector("#hours-office .why-down")?.textContent.includes("console")`)
	o.rings("500", "102")
	p.look(base, "/hours", "hours-by-hand", `document.querySelector("#hours-office .why-down")`)
	// What others switch is seen by itself.
	o.onhook("hours", "office", "open")
	p.until(`document.querySelector("#hours-office .why-down")?.textContent.includes("Open by hand")`)
	p.click(`#hours-office button[value="clock"]`)
	p.until(`document.querySelector("#hours-office .sub")?.textContent.includes("By the clock") && document.querySelector('#hours-office button[value="clock"]').disabled`)
	o.records(2)
	p.clean()
}
