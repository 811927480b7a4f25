package config

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"

	"onhook/route"
)

// A kind is how a sort of scalar is read and spoken of.
type kind struct {
	name    string // in the documentation
	want    string // in an error
	parse   func(string) (any, error)
	nearest func(string) string // what was probably meant; may be nil
}

// typed gives a parse function the shape of kind.parse.
func typed[T any](parse func(string) (T, error)) func(string) (any, error) {
	return func(s string) (any, error) {
		v, err := parse(s)
		return v, err
	}
}

// kinds are the scalars that are written as text with a form of their own.
var kinds = map[reflect.Type]kind{
	reflect.TypeFor[time.Duration]():     {"duration", "a duration such as 500ms, 5s, 2h or 90d", typed(parseDuration), nil},
	reflect.TypeFor[Listen]():            {"listen address", "an address such as udp://0.0.0.0:5060 or tcp://[::]:5060", typed(parseListen), nil},
	reflect.TypeFor[HEPAddress]():        {"HEP address", "an address such as udp://192.0.2.1:9060, tcp://[::]:9060 or udp://:9060", typed(parseHEPAddress), nil},
	reflect.TypeFor[Ports]():             {"ports", "a range of ports such as 16384-32767", typed(parsePorts), nil},
	reflect.TypeFor[Size]():              {"size", "a size such as 512MiB or 2GB", typed(parseSize), nil},
	reflect.TypeFor[HostPort]():          {"host", "a host such as sip.example.com, 192.0.2.1:5060 or [2001:db8::1]:5060", typed(parseHostPort), nil},
	reflect.TypeFor[netip.AddrPort]():    {"address or off", "an IP address and a port such as 127.0.0.1:8080, or off", typed(parseWebAddr), nil},
	reflect.TypeFor[netip.Addr]():        {"IP address", "an IP address such as 192.0.2.1 or 2001:db8::1", typed(parseAddr), nil},
	reflect.TypeFor[netip.Prefix]():      {"network", "a network such as 192.0.2.0/24, or an IP address", typed(parsePrefix), nil},
	reflect.TypeFor[WebhookEvent]():      {"event", "a type such as call.ended, call.* for all of calls, or *", typed(parseWebhookEvent), nil},
	reflect.TypeFor[Place]():             {"destination or number", "a number, voicemail, " + route.Destinations, typed(parsePlace), nearestPlace},
	reflect.TypeFor[route.Destination](): {"destination", route.Destinations, typed(parseDestination), nearestDestination},
}

// errNothingToAdd is an error that want says already.
var errNothingToAdd = errors.New("not of the form wanted")

// parseDestination is route's, whose errors say what was got and wanted themselves.
func parseDestination(s string) (route.Destination, error) {
	d, err := route.ParseDestination(s)
	if err != nil {
		return d, errNothingToAdd
	}
	return d, nil
}

// nearestPlace mends the kind before the colon, where there is one.
func nearestPlace(s string) string {
	if !strings.Contains(s, ":") {
		return ""
	}
	return nearestDestination(s)
}

// nearestDestination mends the kind before the colon.
func nearestDestination(s string) string {
	kind, name, found := strings.Cut(s, ":")
	if !found {
		return nearest(s, []string{"echo", "voicemail"})
	}
	if near := nearest(kind, []string{"user", "group", "trunk", "menu", "voicemail", "queue", "hook", "app", "room", "agent", "sip", "sips"}); near != "" && near != kind {
		return near + ":" + name
	}
	return ""
}

// kindName is how the documentation calls a type.
func kindName(t reflect.Type) string {
	if k, ok := kinds[t]; ok {
		return k.name
	}
	if words := wordsOf(t); words != nil {
		return strings.Join(words, " or ")
	}
	switch t.Kind() {
	case reflect.Slice:
		return "list of " + kindName(t.Elem())
	case reflect.Map:
		return "map of text to " + kindName(t.Elem())
	case reflect.Struct:
		return "section"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "number"
	}
	return "text"
}

// wordsOf gives the words of a choice, nil for any other type.
func wordsOf(t reflect.Type) []string {
	if c, ok := reflect.Zero(t).Interface().(choice); ok {
		return c.choices()
	}
	return nil
}

// bounds checks a number against the min, max and zero of its field.
func bounds(v reflect.Value, tag reflect.StructTag) string {
	low, high := tag.Get("min"), tag.Get("max")
	if v.CanInt() && v.Int() == 0 && tag.Get("zero") == "yes" {
		return ""
	}
	if low != "" && v.Int() < boundary(v.Type(), low) {
		return "at least " + low
	}
	if high != "" && v.Int() > boundary(v.Type(), high) {
		return "at most " + high
	}
	return ""
}

// boundary reads a min or max. That each can be read is what TestTagsAreWellFormed
// is for, so that an error here means nothing to a user.
func boundary(t reflect.Type, s string) int64 {
	if t == reflect.TypeFor[time.Duration]() {
		d, _ := parseDuration(s)
		return int64(d)
	}
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

// applyDefaults sets the defaults of a section and the sections in it.
func applyDefaults(v reflect.Value) error {
	t := v.Type()
	for i := range t.NumField() {
		field := t.Field(i)
		if !field.IsExported() {
			continue
		}
		value, text := v.Field(i), field.Tag.Get("default")
		switch {
		case isSection(field.Type):
			if err := applyDefaults(value); err != nil {
				return err
			}
		case text == "":
		case field.Type.Kind() == reflect.Slice:
			for item := range strings.SplitSeq(text, ", ") {
				element := reflect.New(field.Type.Elem()).Elem()
				if err := setText(element, item); err != nil {
					return fmt.Errorf("the default of %s: %w", field.Name, err)
				}
				value.Set(reflect.Append(value, element))
			}
		default:
			if err := setText(value, text); err != nil {
				return fmt.Errorf("the default of %s: %w", field.Name, err)
			}
		}
	}
	return nil
}

// isSection reports whether a type is a mapping of its own keys.
func isSection(t reflect.Type) bool {
	_, scalar := kinds[t]
	return t.Kind() == reflect.Struct && !scalar
}

// setText reads text into a value as the walk reads a scalar.
func setText(v reflect.Value, text string) error {
	if k, ok := kinds[v.Type()]; ok {
		parsed, err := k.parse(text)
		if err == nil {
			v.Set(reflect.ValueOf(parsed))
		}
		return err
	}
	switch v.Kind() {
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		v.SetBool(b)
		return err
	case reflect.Int:
		n, err := strconv.Atoi(text)
		v.SetInt(int64(n))
		return err
	}
	v.SetString(text)
	return nil
}
