package app

import (
	"sync"

	"onhook/media"
)

// Sound is a sound that the server makes itself: "ringback", the tone that a
// caller hears while another phone rings (425 Hz, 1 s in 5, as in most of
// Europe), and "hold", music. Another name is nil.
func Sound(name string) media.Source {
	switch name {
	case "ringback":
		return ringback()
	case "hold":
		return music()
	}
	return nil
}

const second = 8000 // samples

var ringback = sync.OnceValue(func() media.Source {
	return media.NewClip(append(media.Tone(second, 8000, 425), make([]int16, 4*second)...))
})

// chords are what the music on hold is made of: C, A minor, F, G, in Hz.
var chords = [4][3]float64{{261.63, 329.63, 392}, {220, 261.63, 329.63}, {174.61, 220, 261.63}, {196, 246.94, 293.66}}

// music is our own: a chord every two seconds, note by note.
var music = sync.OnceValue(func() media.Source {
	var all []int16
	for _, notes := range chords {
		bar := make([]int16, 2*second)
		for i, hz := range notes {
			// Each note begins a quarter of a second after the one before and fades away.
			from := i * second / 4
			for at, v := range media.Tone(2*second-from, 6000, hz) {
				left := float64(2*second-from-at) / float64(2*second)
				bar[from+at] = clip(int(bar[from+at]) + int(float64(v)*left))
			}
		}
		all = append(all, bar...)
	}
	return media.NewClip(all)
})

func clip(v int) int16 { return int16(max(-32768, min(32767, v))) }
