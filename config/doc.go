// Package config is the configuration file: its types, defaults, checks and its
// own documentation.
//
// The file is YAML and strict: an unknown key is an error, and so is a key that
// this version does not support yet. All errors are reported at once, each with
// file, line, column, what stands there, what should, and the nearest valid word.
//
// Nouns:
//
//   - Config and the types of its sections (RTP, Timers, User, Trunk ...): the values, with
//     their defaults and documentation in the struct tags.
//   - Error and Errors: what is wrong, where.
//   - Listen, Ports, Size, HostPort, HA1, Secret: one type a sort of value.
//
// Parse reads bytes, Load a file with the password files that it names, Default
// makes the system that runs without a file, Reference writes the documentation.
//
// The parser is goccy/go-yaml's, for the positions of its nodes; the walk over them
// is ours, since strict decoders stop at the first error. Anchors, aliases, tags
// and includes are refused: a configuration is what it says in its place.
//
// It opens no socket and starts nothing; nothing here reads the environment. Only
// exchange, api and cmd import it: every other package has options of its own.
package config
