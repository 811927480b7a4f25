package app

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"onhook/media"
)

// Errors of mailboxes.
var (
	// ErrMailboxFull: the mailbox has as many messages, or as many bytes of them, as it may.
	ErrMailboxFull = errors.New("app: the mailbox is full")
	// ErrNoMessage: there is no such message.
	ErrNoMessage = errors.New("app: there is no such message")
)

// A Message is one that a caller left.
type Message struct {
	ID      string    `json:"id"`
	Mailbox string    `json:"mailbox"`
	Call    string    `json:"call"` // the call's record
	Caller  string    `json:"caller,omitempty"`
	Name    string    `json:"name,omitempty"`
	At      time.Time `json:"at"`
	Length  int64     `json:"length_ms"`
	Bytes   int64     `json:"bytes"` // of its sound
	Heard   bool      `json:"heard"`
}

// MailboxLimits bound a mailbox.
type MailboxLimits struct {
	Messages int   // 0: no bound
	Bytes    int64 // of all its sound; 0: no bound
}

// Mailboxes keep messages in files: for each mailbox a folder, for each message
// ID.wav and ID.json. A message is there once its ID.json is: both are written
// beside their names, reach the disk and are renamed, so that a crash leaves a
// whole message or none. It may be used from anywhere; what counts and lists is
// answered from memory.
type Mailboxes struct {
	dir string

	mu      sync.Mutex
	boxes   map[string]*box
	changed func(mailbox string)
}

// A box is what is known of one mailbox.
type box struct {
	files    sync.Mutex // one writer at a time
	messages []Message  // oldest first
	bytes    int64
	promised int // messages being written, and their bytes
	owed     int64
}

// OpenMailboxes reads what is in the folder, which is made if it is missing.
// What a crash left unfinished is removed; notes name what could not be read and
// stays where it is.
func OpenMailboxes(dir string) (m *Mailboxes, notes []string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, err
	}
	m = &Mailboxes{dir: dir, boxes: map[string]*box{}}
	folders, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, f := range folders {
		name, ok := mailboxOf(f.Name())
		if !ok || !f.IsDir() {
			notes = append(notes, filepath.Join(dir, f.Name())+" is no mailbox")
			continue
		}
		b, odd, err := readBox(filepath.Join(dir, f.Name()))
		if err != nil {
			return nil, notes, err
		}
		notes = append(notes, odd...)
		m.boxes[name] = b
	}
	return m, notes, nil
}

// OnChange sets who is told that the messages of a mailbox have changed; before
// any are. It must not wait.
func (m *Mailboxes) OnChange(f func(mailbox string)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.changed = f
}

// folderOf is the folder of a mailbox. Names begin with a dot at most by
// mistake, and must not lead elsewhere.
func (m *Mailboxes) folderOf(name string) string {
	if rest, dot := strings.CutPrefix(name, "."); dot {
		name = "%2E" + rest
	}
	return filepath.Join(m.dir, name)
}

// mailboxOf is the mailbox of a folder.
func mailboxOf(folder string) (string, bool) {
	if rest, dot := strings.CutPrefix(folder, "%2E"); dot {
		return "." + rest, true
	}
	return folder, folder != "" && !strings.ContainsAny(folder, `%/\`) && folder[0] != '.'
}

// box finds a mailbox, made if it is new; with the lock held.
func (m *Mailboxes) box(name string) *box {
	b := m.boxes[name]
	if b == nil {
		b = &box{}
		m.boxes[name] = b
	}
	return b
}

// List is the messages of a mailbox: new ones first, each oldest first.
func (m *Mailboxes) List(name string) []Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.boxes[name]
	if b == nil {
		return nil
	}
	out := slices.Clone(b.messages)
	slices.SortStableFunc(out, func(x, y Message) int {
		if x.Heard != y.Heard {
			if x.Heard {
				return 1
			}
			return -1
		}
		return cmp.Compare(x.ID, y.ID)
	})
	return out
}

// Count says how many messages of a mailbox are new and how many have been heard.
func (m *Mailboxes) Count(name string) (fresh, heard int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b := m.boxes[name]; b != nil {
		for i := range b.messages {
			if b.messages[i].Heard {
				heard++
			} else {
				fresh++
			}
		}
	}
	return fresh, heard
}

// Room tells whether a message of so many bytes may be added; the error is ErrMailboxFull.
func (m *Mailboxes) Room(name string, size int64, l MailboxLimits) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.box(name).room(size, l)
}

func (b *box) room(size int64, l MailboxLimits) error {
	if l.Messages > 0 && len(b.messages)+b.promised >= l.Messages || l.Bytes > 0 && b.bytes+b.owed+size > l.Bytes {
		return ErrMailboxFull
	}
	return nil
}

// wavHead is the length of a WAV file's head.
const wavHead = 44

// Add puts a message on the disk and returns it with its ID, once it is safe
// there. ErrMailboxFull, or what the disk said.
func (m *Mailboxes) Add(msg Message, pcm []int16, l MailboxLimits) (Message, error) {
	msg.Bytes = int64(2*len(pcm)) + wavHead
	msg.ID = newMessageID(msg.At)
	m.mu.Lock()
	b := m.box(msg.Mailbox)
	if err := b.room(msg.Bytes, l); err != nil {
		m.mu.Unlock()
		return msg, err
	}
	b.promised++
	b.owed += msg.Bytes
	m.mu.Unlock()

	b.files.Lock()
	err := writeMessage(m.folderOf(msg.Mailbox), msg, pcm)
	b.files.Unlock()

	m.mu.Lock()
	b.promised--
	b.owed -= msg.Bytes
	if err == nil {
		b.messages = append(b.messages, msg)
		b.bytes += msg.Bytes
	}
	m.mu.Unlock()
	if err != nil {
		return msg, fmt.Errorf("message for %s not stored: %w", msg.Mailbox, err)
	}
	m.tell(msg.Mailbox)
	return msg, nil
}

// newMessageID is a name that sorts by time and that nobody can guess.
func newMessageID(at time.Time) string {
	var r [8]byte
	rand.Read(r[:]) // never fails (crypto/rand)
	return at.UTC().Format("20060102-150405.000") + "-" + hex.EncodeToString(r[:])
}

func (m *Mailboxes) tell(name string) {
	m.mu.Lock()
	f := m.changed
	m.mu.Unlock()
	if f != nil {
		f(name)
	}
}

// SetHeard notes that a message has been heard.
func (m *Mailboxes) SetHeard(name, id string) error {
	_, err := m.Mark(name, id, true)
	return err
}

// Message is one message of a mailbox; ErrNoMessage.
func (m *Mailboxes) Message(name, id string) (Message, error) {
	for _, msg := range m.List(name) {
		if msg.ID == id {
			return msg, nil
		}
	}
	return Message{}, ErrNoMessage
}

// Mark notes whether a message has been heard, and gives it as it is then;
// ErrNoMessage, or what the disk said.
func (m *Mailboxes) Mark(name, id string, heard bool) (Message, error) {
	b, msg, err := m.hold(name, id)
	if err != nil {
		return msg, err
	}
	defer b.files.Unlock()
	if msg.Heard == heard {
		return msg, nil
	}
	msg.Heard = heard
	if err := writeAbout(m.folderOf(name), msg); err != nil {
		return msg, err
	}
	m.mu.Lock()
	for i := range b.messages {
		if b.messages[i].ID == id {
			b.messages[i].Heard = heard
		}
	}
	m.mu.Unlock()
	m.tell(name)
	return msg, nil
}

// Delete removes a message.
func (m *Mailboxes) Delete(name, id string) error {
	b, msg, err := m.hold(name, id)
	if err != nil {
		return err
	}
	defer b.files.Unlock()
	if err := removeMessage(m.folderOf(name), id); err != nil {
		return err
	}
	m.mu.Lock()
	b.messages = slices.DeleteFunc(b.messages, func(x Message) bool { return x.ID == id })
	b.bytes -= msg.Bytes
	m.mu.Unlock()
	m.tell(name)
	return nil
}

// hold finds a message and lets nobody else change its mailbox until b.files is unlocked; ErrNoMessage.
func (m *Mailboxes) hold(name, id string) (b *box, msg Message, err error) {
	m.mu.Lock()
	b = m.box(name)
	m.mu.Unlock()
	b.files.Lock()
	msg, ok := m.find(b, id)
	if !ok {
		b.files.Unlock()
		return nil, msg, ErrNoMessage
	}
	return b, msg, nil
}

func (m *Mailboxes) find(b *box, id string) (Message, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, msg := range b.messages {
		if msg.ID == id {
			return msg, true
		}
	}
	return Message{}, false
}

// Path is the WAV file of a message; ErrNoMessage.
func (m *Mailboxes) Path(name, id string) (string, error) {
	m.mu.Lock()
	b := m.boxes[name]
	m.mu.Unlock()
	if b == nil {
		return "", ErrNoMessage
	}
	if _, ok := m.find(b, id); !ok {
		return "", ErrNoMessage
	}
	return filepath.Join(m.folderOf(name), id+".wav"), nil
}

// Sound is what is heard of a message.
func (m *Mailboxes) Sound(name, id string) (media.Source, error) {
	path, err := m.Path(name, id)
	if err != nil {
		return nil, err
	}
	return readClip(path)
}

// greetingName is the file of a mailbox's own greeting.
const greetingName = "greeting.wav"

// Greeting is a mailbox's own greeting; nil: it has none.
func (m *Mailboxes) Greeting(name string) (media.Source, error) {
	src, err := readClip(filepath.Join(m.folderOf(name), greetingName))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return src, err
}

// GreetingPath is the WAV file of a mailbox's own greeting; ErrNoMessage: it has none.
func (m *Mailboxes) GreetingPath(name string) (string, error) {
	path := filepath.Join(m.folderOf(name), greetingName)
	_, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		err = ErrNoMessage
	}
	return path, err
}

// SetGreeting keeps a mailbox's own greeting; none is the usual one again.
func (m *Mailboxes) SetGreeting(name string, pcm []int16) error {
	m.mu.Lock()
	b := m.box(name)
	m.mu.Unlock()
	b.files.Lock()
	defer b.files.Unlock()
	if len(pcm) == 0 {
		err := os.Remove(filepath.Join(m.folderOf(name), greetingName))
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return err
	}
	return writeSound(m.folderOf(name), greetingName, pcm)
}
