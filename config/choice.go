package config

// A choice is a text that is one of a few words.
type choice interface{ choices() []string }

// A Driver is a kind of database.
type Driver string

// SQLite is the only driver of this version.
const SQLite Driver = "sqlite"

func (Driver) choices() []string { return []string{string(SQLite)} }

// OnDiskFull is what happens to calls while the disk is full.
type OnDiskFull string

// The values of OnDiskFull.
const (
	Refuse   OnDiskFull = "refuse"
	Continue OnDiskFull = "continue"
)

func (OnDiskFull) choices() []string { return []string{string(Refuse), string(Continue)} }

// A LogLevel is how serious a line of the log is.
type LogLevel string

func (LogLevel) choices() []string { return []string{"debug", "info", "warn", "error"} }

// A LogFormat is how a line of the log looks.
type LogFormat string

func (LogFormat) choices() []string { return []string{"text", "json"} }

// A Strategy is the order in which the members of a group ring.
type Strategy string

// The values of Strategy.
const (
	Together Strategy = "together"
	InTurn   Strategy = "in_turn"
)

func (Strategy) choices() []string { return []string{string(Together), string(InTurn)} }

// A TransferRight is by whose rights strangers whom a route calls may transfer.
type TransferRight string

// ByCaller is the TransferRight of routes whose strangers have the caller's rights.
const ByCaller TransferRight = "caller"

func (TransferRight) choices() []string { return []string{"nobody", string(ByCaller)} }

// A Watch is what others may know of an extension's calls.
type Watch string

func (Watch) choices() []string { return []string{"details", "state", "nobody"} }

// A QueueStrategy says which of the free agents a caller of a queue is offered to.
type QueueStrategy string

func (QueueStrategy) choices() []string {
	return []string{"longest_idle", "round_robin", "ring_all", "fewest_calls"}
}

// A Transport is how a trunk is reached. Empty: as RFC 3263 finds it.
type Transport string

func (Transport) choices() []string { return []string{"udp", "tcp"} }
