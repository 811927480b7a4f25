package config

import (
	"strings"
	"testing"

	"onhook/route"
)

func TestTheRightToTransferIsARoutes(t *testing.T) {
	c, err := Parse("x.yaml", []byte(`
routes:
  - {match: "7", to: "sip:bot@192.0.2.7"}
  - {match: "8", to: "sip:bot@192.0.2.7", transfer: caller}
  - {match: "9", to: echo, transfer: nobody}
`))
	if err != nil {
		t.Fatal(err)
	}
	table, err := route.New(c.RouteOptions())
	if err != nil {
		t.Fatal(err)
	}
	for number, want := range map[string]bool{"7": false, "8": true, "9": false} {
		if got := table.Plan(route.Moment{}, route.Caller{User: "100"}, number).Steps[0].Targets[0].Transfer; got != want {
			t.Errorf("%s: %v, want %v", number, got, want)
		}
	}
}

func TestARightToTransferThatNobodyHasIsAnError(t *testing.T) {
	for text, want := range map[string]string{
		`{match: "7", to: user:100, transfer: caller}`:                  `routes[0].transfer: got caller on a route to no sip: address, want a sip: address in to or closed`,
		`{match: "7", to: "sip:a@192.0.2.7", transfer: callee}`:         `routes[0].transfer: got "callee", want nobody or caller`,
		`{match: "7", to: "sip:a@192.0.2.7", transfer: true}`:           `routes[0].transfer: got "true", want nobody or caller`,
		`{match: "7", to: trunk:t, transfer: caller}`:                   `extensions and trunks transfer by their own rights`,
		`{match: "7", to: [trunk:t, "sip:a@192.0.2.7"], transfer: x y}`: `routes[0].transfer`,
	} {
		_, err := Parse("x.yaml", []byte("users: [{name: \"100\", password: choose-your-own}]\ntrunks: [{name: t, address: 192.0.2.1}]\nroutes:\n  - "+text+"\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}
