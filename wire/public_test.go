package wire

import (
	"errors"
	"net"
	"net/netip"
	"testing"
)

func TestPublicOnly(t *testing.T) {
	control := PublicOnly([]netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00::/64")})
	for address, want := range map[string]bool{
		"127.0.0.1:80": false, "[::1]:80": false, "10.0.0.1:80": false, "10.1.2.3:80": true, "169.254.169.254:80": false,
		"192.168.1.1:443": false, "172.31.0.1:80": false, "172.32.0.1:80": true, "8.8.8.8:443": true, "0.0.0.0:80": false,
		"[::ffff:127.0.0.1]:80": false, "[::127.0.0.1]:80": false, "[64:ff9b::7f00:1]:80": false, "[2002:7f00:1::]:80": false, "[fe80::1%lo]:80": false,
		"[fd00::1]:80": true, "[fd00:1::1]:80": false, "[2606:4700::1]:443": true, "239.1.1.1:80": false, "255.255.255.255:80": false, "nonsense": false,
	} {
		if err := control("tcp", address, nil); (err == nil) != want {
			t.Errorf("%s: got %v, want allowed: %v", address, err, want)
		}
	}
}

func TestPublicOnlyRefusesADialer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	d := net.Dialer{Control: PublicOnly(nil)}
	var private *PrivateError
	if _, err := d.Dial("tcp", "localhost:"+l.Addr().String()[len("127.0.0.1:"):]); !errors.As(err, &private) {
		t.Errorf("got %v, want a PrivateError", err)
	}
	d.Control = PublicOnly([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})
	c, err := d.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}
