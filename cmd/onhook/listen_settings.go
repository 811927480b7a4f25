package main

import (
	"fmt"
	"io"
	"net"
	"strings"
)

// A hepTarget is where other servers are to mirror to.
type hepTarget struct {
	host, port string
	tcp        bool
	key        string
}

func (t hepTarget) address() string { return net.JoinHostPort(t.host, t.port) }

// printSettings writes settings to be pasted for the addresses that are listened on.
func printSettings(w io.Writer, addrs []string, key string) error {
	udp, tcp, err := settingsTargets(addrs)
	if err != nil {
		return err
	}
	if udp == nil && tcp == nil {
		return fmt.Errorf("--hep %s: want an address such as udp://:9060", strings.Join(addrs, ","))
	}
	for _, t := range []*hepTarget{udp, tcp} {
		if t != nil {
			t.key = key
		}
	}
	t := udp
	if t == nil {
		t = tcp
	}
	var b strings.Builder
	for _, part := range []func(*strings.Builder, hepTarget){kamailioSettings, opensipsSettings, freeswitchSettings, asteriskSettings, onhookSettings} {
		part(&b, *t)
		b.WriteByte('\n')
	}
	_, err = io.WriteString(w, b.String())
	return err
}

// settingsTargets finds the first address of each transport.
func settingsTargets(addrs []string) (udp, tcp *hepTarget, err error) {
	for _, a := range addrs {
		proto, rest, _ := strings.Cut(a, "://")
		host, port, err := net.SplitHostPort(rest)
		if err != nil {
			return nil, nil, fmt.Errorf("--hep %s: want an address such as udp://:9060: %w", a, err)
		}
		if host == "" || net.ParseIP(host).IsUnspecified() {
			host = ownAddress()
		}
		t := &hepTarget{host: host, port: port, tcp: proto == "tcp"}
		switch {
		case proto == "udp" && udp == nil:
			udp = t
		case proto == "tcp" && tcp == nil:
			tcp = t
		}
	}
	return udp, tcp, nil
}

// ownAddress is an address of this machine that others may reach.
func ownAddress() string {
	for _, a := range machineAddrs() {
		if a.Is4() && !a.IsLoopback() && !a.IsLinkLocalUnicast() {
			return a.String()
		}
	}
	return "127.0.0.1"
}

func kamailioSettings(b *strings.Builder, t hepTarget) {
	uri := "sip:" + t.address()
	if t.tcp {
		uri += ";transport=tcp"
	}
	fmt.Fprintf(b, `# Kamailio 5.3 and later: kamailio.cfg. All messages, without a change of the routes.
loadmodule "siptrace.so"
modparam("siptrace", "duplicate_uri", %q)
modparam("siptrace", "hep_mode_on", 1)
modparam("siptrace", "hep_version", 3)
modparam("siptrace", "hep_capture_id", 101)
modparam("siptrace", "trace_to_database", 0)
modparam("siptrace", "trace_on", 1)
modparam("siptrace", "trace_mode", 1)
`, uri)
	if t.key != "" {
		fmt.Fprintf(b, "modparam(\"siptrace\", \"auth_key\", %q)\n", t.key)
	}
}

func opensipsSettings(b *strings.Builder, t hepTarget) {
	transport := "udp"
	if t.tcp {
		transport = "tcp"
	}
	fmt.Fprintf(b, `# OpenSIPS 3.x: opensips.cfg. The module needs a HEP socket of its own to send from.
socket = hep_%s:0.0.0.0:9061
loadmodule "proto_hep.so"
loadmodule "tracer.so"
modparam("proto_hep", "hep_id", "[onhook] %s; transport=%s; version=3")
modparam("proto_hep", "hep_capture_id", 102)
modparam("tracer", "trace_id", "[onhook]uri=hep:onhook")
modparam("tracer", "trace_on", 1)
# and as the first line of the main route; "d" in place of "t" needs the module dialog:
#   trace("onhook", "t", "sip");
`, transport, t.address(), transport)
	if t.key != "" {
		b.WriteString("# OpenSIPS sends no key: listen without --key for it.\n")
	}
}

func freeswitchSettings(b *strings.Builder, t hepTarget) {
	b.WriteString("<!-- FreeSWITCH: autoload_configs/sofia.conf.xml, in <global_settings>; HEP by UDP only. -->\n")
	if t.tcp {
		b.WriteString("<!-- This address is TCP: listen on udp:// as well. -->\n")
	}
	fmt.Fprintf(b, `<param name="capture-server" value="udp:%s;hep=3;capture_id=103"/>
<!-- and in <settings> of each profile in sip_profiles/: -->
<param name="sip-capture" value="yes"/>
`, t.address())
	if t.key != "" {
		b.WriteString("<!-- FreeSWITCH sends no key: listen without --key for it. -->\n")
	}
}

func asteriskSettings(b *strings.Builder, t hepTarget) {
	b.WriteString("; Asterisk with chan_pjsip: hep.conf; HEP by UDP only.\n; modules.conf has to load res_hep.so and res_hep_pjsip.so.\n")
	if t.tcp {
		b.WriteString("; This address is TCP: listen on udp:// as well.\n")
	}
	fmt.Fprintf(b, `[general]
enabled = yes
capture_address = %s
capture_id = 104
uuid_type = call-id
`, t.address())
	if t.key != "" {
		fmt.Fprintf(b, "capture_password = %s\n", t.key)
	}
}

func onhookSettings(b *strings.Builder, t hepTarget) {
	proto := "udp"
	if t.tcp {
		proto = "tcp"
	}
	key := ""
	if t.key != "" {
		key = fmt.Sprintf(", key: %q", t.key)
	}
	fmt.Fprintf(b, "# onhook: the configuration of serve.\nhep: {send: \"%s://%s\", id: 105%s}\n", proto, t.address(), key)
}
