package main

import (
	"net/netip"

	"onhook/config"
	"onhook/exchange"
	"onhook/route"
	"onhook/sip"
)

// trunkOf is a trunk of the configuration as the exchange has it.
func trunkOf(t config.Trunk) (exchange.Trunk, error) {
	e := exchange.Trunk{
		Name: t.Name, Host: t.Address.Host, Port: t.Address.Port, Transport: sip.ParseTransport(string(t.Transport)),
		Username: t.Username, Password: string(t.Password), Realm: t.Realm, Channels: t.Channels, Record: recordMode(t.Record), PerSec: t.PerSecond,
		Options: t.Options, DownAfter: t.DownAfter, UpAfter: t.UpAfter, Sources: t.Sources, Disabled: t.Disabled,
		Register: exchange.Registration{
			Wanted: t.Register.Enabled, Host: t.Register.Registrar.Host, Port: t.Register.Registrar.Port,
			Domain: t.Register.Domain, Contact: t.Register.Contact, Expires: t.Register.Expires,
		},
		CallerID: exchange.CallerID{
			Number: t.CallerID.Number, Name: t.CallerID.Name, Domain: t.CallerID.Domain,
			Anonymous: t.CallerID.Anonymous, Trusted: t.CallerID.Trusted, Undivert: !t.CallerID.Diversion,
		},
	}
	for _, r := range []struct {
		to   *route.Rewrites
		from []config.NumberRule
	}{
		{&e.Numbers.Out, t.Numbers.Out},
		{&e.Numbers.In, t.Numbers.In},
		{&e.Numbers.CallerOut, t.Numbers.CallerOut},
		{&e.Numbers.CallerIn, t.Numbers.CallerIn},
	} {
		var err error
		if *r.to, err = route.NewRewrites(config.Rewrites(r.from)); err != nil {
			return e, err
		}
	}
	if len(e.Sources) == 0 {
		if a, ok := sip.HostAddr(e.Host); ok {
			e.Sources = []netip.Prefix{netip.PrefixFrom(a, a.BitLen())}
		}
	}
	return e, nil
}

func trunkGroupsOf(cfg *config.Config) []exchange.TrunkGroup {
	var out []exchange.TrunkGroup
	for _, g := range cfg.TrunkGroups {
		e := exchange.TrunkGroup{Name: g.Name}
		for _, m := range g.Trunks {
			e.Members = append(e.Members, exchange.TrunkMember(m))
		}
		out = append(out, e)
	}
	return out
}
