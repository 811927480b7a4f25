package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"

	"onhook/app"
	"onhook/route"
)

type hoursCmd struct {
	dataFlags
	Name string `arg:"" optional:"" help:"The timetable."`
	To   string `arg:"" optional:"" enum:"open,closed,clock," default:"" help:"open or closed, whatever the clock says, over a restart too; clock: by its times again."`
	JSON bool   `help:"In JSON."`
}

func (c hoursCmd) Run() error {
	var list struct {
		Hours []app.TimetableState `json:"hours"`
	}
	switch {
	case c.To != "":
		body, err := json.Marshal(map[string]string{"switch": c.To})
		if err != nil {
			return err
		}
		var one app.TimetableState
		if err := c.askWith("PUT", "/v1/hours/"+url.PathEscape(c.Name), bytes.NewReader(body), &one); err != nil {
			return err
		}
		list.Hours = append(list.Hours, one)
	default:
		if err := c.ask("GET", "/v1/hours", &list); err != nil {
			return err
		}
	}
	return c.print(list.Hours)
}

// print shows the timetables, or the one that was asked for.
func (c hoursCmd) print(all []app.TimetableState) error {
	var shown []app.TimetableState
	for _, s := range all {
		if c.Name == "" || s.Name == c.Name {
			shown = append(shown, s)
		}
	}
	if c.Name != "" && len(shown) == 0 {
		return fmt.Errorf("there is no timetable %q", c.Name)
	}
	if c.JSON {
		return printJSON(shown)
	}
	if len(shown) == 0 {
		fmt.Println("No timetables are configured.")
		return nil
	}
	w := table("TIMETABLE\tSTATE\tBY\tTODAY\tCHANGES")
	for i := range shown {
		s := &shown[i]
		state, by, day, until := "closed", "the clock", "-", "-"
		if s.Open {
			state = "open"
		}
		if s.Switch != route.ByClock {
			by = s.SwitchedBy
		}
		if s.Day != "" {
			day = s.Day
		}
		if s.Until != nil && s.Switch == route.ByClock {
			until = s.Until.Local().Format("2006-01-02 15:04")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", printable(s.Name), state, printable(by), printable(day), until)
	}
	return w.Flush()
}
