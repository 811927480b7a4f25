package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"onhook/media"
)

// The ends of file names in a mailbox.
const (
	soundEnd      = ".wav"
	aboutEnd      = ".json"
	unfinishedEnd = ".new"
)

// readBox reads the folder of a mailbox. What was being written when the server
// ended goes: a name that is not yet the right one, and sound of which nothing is said.
func readBox(dir string) (b *box, notes []string, err error) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	b = &box{}
	known := map[string]bool{greetingName: true}
	for _, f := range list {
		id, about := strings.CutSuffix(f.Name(), aboutEnd)
		if !about {
			continue
		}
		msg, err := readAbout(filepath.Join(dir, f.Name()))
		known[id+soundEnd] = true // what cannot be read is not thrown away either
		if err == nil && msg.ID != id {
			err = fmt.Errorf("got the message %q, want %q", msg.ID, id)
		}
		if err != nil {
			notes = append(notes, fmt.Sprintf("%s: %v", filepath.Join(dir, f.Name()), err))
			continue
		}
		b.messages = append(b.messages, msg)
		b.bytes += msg.Bytes
	}
	for _, f := range list {
		name := f.Name()
		if strings.HasSuffix(name, unfinishedEnd) || strings.HasSuffix(name, soundEnd) && !known[name] {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				notes = append(notes, err.Error())
			}
		}
	}
	slices.SortFunc(b.messages, func(x, y Message) int { return strings.Compare(x.ID, y.ID) })
	return b, notes, nil
}

// maxAbout bounds what is said of a message, in bytes.
const maxAbout = 64 << 10

func readAbout(path string) (msg Message, err error) {
	f, err := os.Open(path)
	if err != nil {
		return msg, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxAbout))
	if err != nil {
		return msg, err
	}
	return msg, json.Unmarshal(text, &msg)
}

// writeMessage puts the sound on the disk, then what is said of it, which makes it a message.
func writeMessage(dir string, msg Message, pcm []int16) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	sound := filepath.Join(dir, msg.ID+soundEnd)
	if err := writeSound(dir, msg.ID+soundEnd, pcm); err != nil {
		return err
	}
	if err := writeAbout(dir, msg); err != nil {
		return errors.Join(err, os.Remove(sound))
	}
	return nil
}

func writeAbout(dir string, msg Message) error {
	text, err := json.Marshal(msg)
	if err != nil {
		return err
	}
	return writeFile(dir, msg.ID+aboutEnd, func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
}

func writeSound(dir, name string, pcm []int16) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return writeFile(dir, name, func(w io.Writer) error {
		return media.WriteWAV(w, media.Audio{Channels: 1, Samples: pcm}, media.WAVPCM)
	})
}

// writeFile writes a file beside its name, brings it to the disk and renames it:
// under its name there is a whole file or none.
func writeFile(dir, name string, write func(io.Writer) error) error {
	path := filepath.Join(dir, name)
	f, err := os.OpenFile(path+unfinishedEnd, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(path+unfinishedEnd, path)
	}
	if err != nil {
		_ = os.Remove(path + unfinishedEnd) // the error is the one above
		return err
	}
	return syncFolder(dir)
}

// syncFolder brings the names in a folder to the disk.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if e := d.Close(); err == nil {
		err = e
	}
	return err
}

// removeMessage removes first what makes it a message.
func removeMessage(dir, id string) error {
	if err := os.Remove(filepath.Join(dir, id+aboutEnd)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Remove(filepath.Join(dir, id+soundEnd)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return syncFolder(dir)
}

// longestSound bounds a message or greeting that is read, in samples: an hour.
const longestSound = 3600 * 8000

func readClip(path string) (media.Source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	a, err := media.ReadWAV(f, longestSound)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return media.NewClip(a.Mono()), nil
}
