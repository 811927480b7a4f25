package main

import (
	"context"
	"maps"
	"time"

	"onhook/exchange"
	"onhook/store"
)

// talkedName is the file of the data folder that holds for how long extensions have
// talked outside today: a restart gives nobody a new day.
const talkedName = "outside.json"

// keepTalkedEvery is how often it is written, where it has changed: after a crash so
// much is forgotten at most.
const keepTalkedEvery = time.Minute

// A keptTalk is that file.
type keptTalk struct {
	Day    string             `json:"day"` // UTC
	Talked map[string]float64 `json:"talked"`
}

// talkedToday reads it; nil: nobody has talked on this day.
func talkedToday(folder string, now time.Time) (map[string]time.Duration, error) {
	var k keptTalk
	if err := store.LoadWhole(folder, talkedName, &k, "the minutes of today that extensions have talked outside are forgotten"); err != nil {
		return nil, err
	}
	if k.Day != now.UTC().Format(time.DateOnly) {
		return nil, nil
	}
	all := make(map[string]time.Duration, len(k.Talked))
	for user, minutes := range k.Talked {
		all[user] = time.Duration(minutes * float64(time.Minute))
	}
	return all, nil
}

// keepTalked writes it until ctx is done.
func (s *server) keepTalked(ctx context.Context) {
	defer close(s.talkKept)
	tick := time.NewTicker(keepTalkedEvery)
	defer tick.Stop()
	var last keptTalk
	for {
		select {
		case <-tick.C:
			last = s.saveTalked(ctx, last)
		case <-ctx.Done():
			return
		}
	}
}

// saveTalked writes what has changed since last.
func (s *server) saveTalked(ctx context.Context, last keptTalk) keptTalk {
	state, err := s.exchange.Outside(ctx)
	if err != nil {
		return last // the server ends
	}
	k := talkOf(state, time.Now())
	if k.Day == last.Day && maps.Equal(k.Talked, last.Talked) || len(k.Talked)+len(last.Talked) == 0 {
		return last
	}
	if err := store.SaveWhole(s.cfg.Data, talkedName, k); err != nil {
		s.log.Error("for how long extensions have talked outside is not kept", "err", err)
		return last
	}
	return k
}

func talkOf(state exchange.OutsideState, now time.Time) keptTalk {
	k := keptTalk{Day: now.UTC().Format(time.DateOnly), Talked: map[string]float64{}}
	for _, a := range state.Accounts {
		if a.Minutes > 0 {
			k.Talked[a.User] = a.Minutes
		}
	}
	return k
}
