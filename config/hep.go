package config

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// HEP is the mirroring of signalling: what others mirror to us, and ours to others.
type HEP struct {
	Listen []HEPAddress `yaml:"listen" restart:"yes" doc:"Where other servers and capture agents mirror their SIP to: udp or tcp, an address or nothing, and a port. Their calls get records beside our own, with source hep."`
	Send   HEPAddress   `yaml:"send" restart:"yes" doc:"Where every SIP message that this server sends and receives is mirrored to, as HEP version 3. A collector that is slow or away costs copies, never calls."`
	ID     int          `yaml:"id" default:"1" min:"0" max:"4294967295" restart:"yes" doc:"What this server calls itself in what it mirrors (the capture id)."`
	Key    Secret       `yaml:"key" restart:"yes" doc:"What HEP packets carry as their key: ours do, and others are taken only with it. Empty: none, and any is taken."`
}

// A HEPAddress is where HEP is heard or sent to, as udp://host:9060.
type HEPAddress string

// Host returns the host of the address, empty for every address of the machine.
func (a HEPAddress) Host() string {
	_, rest, _ := strings.Cut(string(a), "://")
	host, _, err := net.SplitHostPort(rest)
	if err != nil {
		return ""
	}
	return host
}

func parseHEPAddress(s string) (HEPAddress, error) {
	scheme, rest, found := strings.Cut(s, "://")
	if !found {
		return "", errors.New("it has no ://")
	}
	if scheme != "udp" && scheme != "tcp" {
		return "", fmt.Errorf("HEP does not go by %q", scheme)
	}
	host, port, err := net.SplitHostPort(rest)
	if err != nil {
		return "", errors.New("after :// comes a host or nothing, and a port")
	}
	if _, err := parseHostPort(strings.TrimSuffix(rest, ":"+port)); host != "" && err != nil {
		return "", err
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", errors.New("a port is a number up to 65535")
	}
	return HEPAddress(s), nil
}

// hep checks where HEP goes.
func (c *checker) hep() {
	h := c.config.HEP
	if h.Send == "" || c.bad("hep.send") {
		return
	}
	if h.Send.Host() == "" || strings.HasSuffix(string(h.Send), ":0") {
		c.report("hep.send", strconv.Quote(string(h.Send)), "a host and a port, such as udp://192.0.2.1:9060")
	}
	for i, l := range h.Listen {
		if l == h.Send {
			c.report(c.item("hep.listen", i), strconv.Quote(string(l)), "another address than hep.send: what is sent there comes from here")
		}
	}
}
