package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"onhook/call"
	"onhook/ladder"
	"onhook/outcome"
	"onhook/store"
)

type callsShowCmd struct {
	dataFlags
	drawing
	ID       string `arg:"" help:"The call's id, the beginning of one, or last."`
	JSON     bool   `help:"The record in JSON."`
	Messages bool   `short:"m" help:"Every message in full."`
	Pcap     string `help:"Write the call's messages to this capture file (pcapng) instead, or to standard output for -."`
}

func (c callsShowCmd) Run() error {
	r, err := c.reader()
	if err != nil {
		return err
	}
	defer r.Close()
	rec, err := find(r, c.ID)
	if err != nil {
		return err
	}
	if c.Pcap != "" {
		events, err := r.Evidence(rec.ID)
		if err != nil {
			return err
		}
		return savePcap(c.Pcap, events, os.Stdout)
	}
	if c.JSON {
		return printJSON(rec)
	}
	if !c.alone() {
		printRecord(os.Stdout, &rec)
		printEvidence(os.Stdout, &rec)
	}
	events, err := r.Evidence(rec.ID)
	if errors.Is(err, store.ErrExpired) && !c.alone() {
		fmt.Println("\nThe messages of this call have expired.")
		return nil
	}
	if err != nil {
		return err
	}
	if !c.alone() {
		fmt.Println()
	}
	if err := c.draw(os.Stdout, &rec, events, ladder.ByLeg); err != nil {
		return err
	}
	if c.Messages && !c.alone() {
		printMessages(os.Stdout, events)
	}
	return nil
}

func printRecord(w io.Writer, r *outcome.Record) {
	fmt.Fprintf(w, "%s\n\n%s\n\n", r.ID, printable(r.Summary))
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "  %-20s %s\n", name, printable(value))
		}
	}
	line("status", r.Status)
	line("last response code", code(r.LastResponseCode))
	line("bye reason", withDetail(r))
	line("ended by", r.EndedBy)
	line("sent to the caller", number(r.SIPFinal))
	line("answered", r.Answered)
	line("stage", r.Stage)
	line("confidence", r.Confidence)
	line("from", partyText(r.From))
	line("to", partyText(r.To))
	line("trunk", r.Trunk)
	line("queue", r.Queue)
	line("user", r.User)
	line("started", stamp(&r.StartedAt))
	line("ringing", stamp(r.RingingAt))
	line("answered at", stamp(r.AnsweredAt))
	line("ended", stamp(&r.EndedAt))
	line("talked", span(r.TalkMS))
	for _, n := range r.Notes {
		line("note", n)
	}
	for _, rel := range r.Related {
		line("related", rel.ID+" "+strings.ReplaceAll(rel.How, "_", " "))
	}
	fmt.Fprintln(w, "\nLegs")
	for _, l := range r.Legs {
		final := number(l.FinalCode)
		if l.Synthetic {
			final += " (not on the wire)"
		}
		fmt.Fprintf(w, "  %d  %-3s  %-8s %-24s %-22s %s %s\n", l.ID, l.Direction, l.Peer, printable(l.Target), l.Address, final, l.Reason)
	}
}

func printEvidence(w io.Writer, r *outcome.Record) {
	fmt.Fprintln(w, "\nEvidence")
	for _, e := range r.Evidence {
		fmt.Fprintf(w, "  %-20s #%-3d %s  rule %-5s %s\n", e.Field, e.Message, e.At.Local().Format("15:04:05.000"), e.Rule, printable(e.Text))
	}
}

func withDetail(r *outcome.Record) string {
	if r.Detail == "" {
		return r.ByeReason
	}
	return r.ByeReason + " (" + r.Detail + ")"
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func partyText(p outcome.Party) string {
	if p.Name == "" {
		return p.URI
	}
	return p.Name + " <" + p.URI + ">"
}

func stamp(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04:05.000 MST")
}

func printMessages(w io.Writer, events []call.Event) {
	for _, e := range events {
		if e.Msg != "" {
			fmt.Fprintf(w, "\n#%d  %s  leg %d  %s\n", e.Seq, e.At.Local().Format("15:04:05.000"), e.Leg, e.Flow)
			for l := range strings.Lines(e.Msg) {
				fmt.Fprintln(w, "   ", printable(strings.TrimRight(l, "\r\n")))
			}
		}
	}
}
