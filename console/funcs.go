package console

import (
	"fmt"
	"html/template"
	"strings"
	"time"
	"unicode"
)

// functions are what templates may call.
func functions() template.FuncMap {
	return template.FuncMap{
		"when": when, "clock": clock, "since": since, "span": span, "text": text, "cut": cut, "bdi": bdi, "stage": stageText, "icon": icon, "say": say,
		"tone": tone, "number": number, "lower": strings.ToLower, "words": words, "spaced": func(s string) string { return strings.ReplaceAll(s, "-", " ") }, "percent": percent, "list": list, "user": userPart, "lasted": lasted, "meter": meter, "mean": mean, "ago": ago, "bytes": bytesText, "share": shareOf, "less1": func(n int) int { return n - 1 }, "int64": func(n int) int64 { return int64(n) },
	}
}

// asTime takes a time or a pointer to one.
func asTime(v any) (time.Time, bool) {
	switch t := v.(type) {
	case time.Time:
		return t, !t.IsZero()
	case *time.Time:
		if t != nil {
			return *t, !t.IsZero()
		}
	}
	return time.Time{}, false
}

// when writes a time; the browser turns it into its own zone and keeps UTC as
// the title. A dash stands for none.
func when(v any) template.HTML { return timeElement(v, "full", "2006-01-02 15:04:05") }

// clock writes the time of day to the millisecond.
func clock(v any) template.HTML { return timeElement(v, "clock", "15:04:05.000") }

func timeElement(v any, kind, layout string) template.HTML {
	t, ok := asTime(v)
	if !ok {
		return `<span class="none">–</span>`
	}
	t = t.UTC()
	// Nothing in it is from outside: safe as it stands.
	return template.HTML(`<time data-as="` + kind + `" datetime="` + t.Format("2006-01-02T15:04:05.000Z") + `" title="` + t.Format("2006-01-02 15:04:05.000") + ` UTC">` + t.Format(layout) + `</time>`)
}

// since writes how long ago a time was; the browser counts on.
func since(v any, now time.Time) template.HTML {
	t, ok := asTime(v)
	if !ok {
		return `<span class="none">–</span>`
	}
	return template.HTML(`<time class="count" data-since="` + t.UTC().Format("2006-01-02T15:04:05.000Z") + `">` + clockSpan(now.Sub(t)) + `</time>`)
}

// clockSpan is 0:07 or 1:02:03.
func clockSpan(d time.Duration) string {
	n := int64(max(0, d) / time.Second)
	if n >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", n/3600, n/60%60, n%60)
	}
	return fmt.Sprintf("%d:%02d", n/60, n%60)
}

// span writes milliseconds for people: 0.42 s, 7.5 s, 2:05, 1:02:03; none as a dash.
func span(ms int64) string {
	switch {
	case ms <= 0:
		return "–"
	case ms < 1000:
		return fmt.Sprintf("%d ms", ms)
	case ms < 60_000:
		return fmt.Sprintf("%.1f s", float64(ms)/1000)
	}
	return clockSpan(time.Duration(ms) * time.Millisecond)
}

// lasted is span of what is between two times.
func lasted(from, to time.Time) string { return span(to.Sub(from).Milliseconds()) }

// text makes what strangers wrote fit to be shown: control characters are shown
// as their symbols, and what would turn the direction of the text or hide in it
// as its number.
func text(s string) string {
	if strings.IndexFunc(s, deceives) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case !deceives(r):
			b.WriteRune(r)
		case r < 0x20:
			b.WriteRune(0x2400 + r)
		case r == 0x7f:
			b.WriteRune(0x2421)
		default:
			fmt.Fprintf(&b, "⟨U+%04X⟩", r)
		}
	}
	return b.String()
}

// deceives reports whether a character is not seen, or moves others.
func deceives(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar ||
		unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) || unicode.Is(unicode.Co, r)
}

// cut is text of at most n characters.
func cut(n int, s string) string {
	if len(s) > 16*n { // do not look at all of what is far too long
		s = s[:16*n]
	}
	r := []rune(text(s))
	if len(r) <= n {
		return string(r)
	}
	return string(r[:n-1]) + "…"
}

// bdi is cut whose direction is its own: a text that runs from right to left
// does not turn around what stands beside it.
func bdi(n int, s string) template.HTML { return `<bdi>` + escaped(cut(n, s)) + `</bdi>` }

// tone is the colour of a status, by its name.
func tone(status string) string {
	switch status {
	case "Call Ended":
		return "good"
	case "Busy", "Declined":
		return "busy"
	case "Not Answered":
		return "quiet"
	case "Cancelled":
		return "gone"
	case "Abandoned":
		return "left"
	case "Unreachable":
		return "away"
	case "Call Failed":
		return "bad"
	}
	return "plain"
}

// number is a count or code; none as a dash.
func number(n any) string {
	if s := fmt.Sprint(n); s != "0" {
		return s
	}
	return "–"
}

// words makes a name of the API readable: no_ack becomes no ack.
func words(s string) string { return strings.ReplaceAll(s, "_", " ") }

func percent(v *float64) string {
	if v == nil {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", *v)
}

// mean is span of a mean, which may be none.
func mean(ms *float64) string {
	if ms == nil {
		return "–"
	}
	return span(int64(*ms))
}

// shareOf is a share of one as a percentage.
func shareOf(v float64) string { return fmt.Sprintf("%.0f %%", 100*v) }

// ago is a time that was so many milliseconds ago.
func ago(now time.Time, ms int64) time.Time { return now.Add(-time.Duration(ms) * time.Millisecond) }

// bytesText writes a size for people.
func bytesText(n uint64) string {
	switch {
	case n < 10_000:
		return fmt.Sprintf("%d B", n)
	case n < 10_000_000:
		return fmt.Sprintf("%.0f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// list makes a list of what it gets, for a template's range.
func list(v ...any) []any { return v }

// A message is what an empty place says: what is so, and what to do about it.
type message struct{ Title, Text string }

func say(title, text string) message { return message{title, text} }

// stageText says where a call stands that is up.
func stageText(stage, queue string) string {
	switch stage {
	case "hold":
		return "on hold"
	case "queue":
		if queue != "" {
			return "in queue " + cut(16, queue)
		}
		return "in a queue"
	case "menu":
		return "in a menu"
	case "voicemail":
		return "voicemail"
	case "consult":
		return "consulting"
	}
	return stage
}
