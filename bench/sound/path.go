package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"

	"onhook/media"
)

// child is the media path: it opens all legs of a mode, says their addresses, and ends when its input does.
func child(name string, calls int) error {
	e, err := media.New(media.Options{Bind4: netip.MustParseAddr("127.0.0.1"), Ports: [2]uint16{10000, 29999}, Rand: rand.Uint64, OneWayAfter: -1})
	if err != nil {
		return err
	}
	defer e.Stop()
	p := path{engine: e, clip: media.NewClip(media.Tone(20*8000, 8000, 440))}
	if name == "record" {
		folder, err := os.MkdirTemp("", "onhook-sound-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(folder)
		if p.archive, _, err = media.OpenArchive(folder); err != nil {
			return err
		}
		defer p.archive.Close()
	}
	out := bufio.NewWriter(os.Stdout)
	p.out = out
	for i := range calls {
		if err := p.call(name, i); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// A path is the media path with what its modes need.
type path struct {
	engine  *media.Engine
	clip    *media.Clip
	archive *media.Archive
	out     io.Writer
	parties int
}

// leg opens a leg for the next party.
func (p *path) leg(call int, tones bool) (media.LegID, error) {
	p.parties++
	id := media.LegID(p.parties)
	rtp, _, err := p.engine.Open(id, uint64(call), false)
	if err != nil {
		return id, err
	}
	remote := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(*port+2*(p.parties-1)))
	fmt.Fprintln(p.out, rtp)
	return id, p.engine.Set(id, media.Config{Remote: remote, Send: true, Recv: true, Codec: media.PCMU, Tones: tones})
}

// call opens one call of a mode.
func (p *path) call(name string, i int) error {
	a, err := p.leg(i, true)
	if err != nil {
		return err
	}
	switch name {
	case "menu", "play":
		return p.engine.Play(a, p.clip, true)
	case "message":
		return p.engine.Record(a, media.NewBuffer(3*60*8000))
	case "relay", "record":
		b, err := p.leg(i, true)
		if err != nil {
			return err
		}
		if err := p.engine.Bridge(a, b); err != nil || name == "relay" {
			return err
		}
		tape, err := p.archive.Start(fmt.Sprint("call", i), func(n media.TapeNote) {
			if n.Err != nil {
				fmt.Fprintln(os.Stderr, "recording:", n.Err)
			}
		})
		if err != nil {
			return err
		}
		if err := p.engine.Record(a, tape.Sink(media.Left)); err != nil {
			return err
		}
		return p.engine.Record(b, tape.Sink(media.Right))
	}
	return nil
}
