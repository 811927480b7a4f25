package config

import (
	"errors"
	"fmt"
	"os"
	"reflect"

	yaml "github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// MaxFile is the size of the largest file that is read, in bytes.
const MaxFile = 1 << 20

// Parse reads a configuration; name is the file's, for the errors. It opens no
// file: where password_file is given, Password stays empty. The error is of type
// Errors and holds everything that is wrong.
func Parse(name string, data []byte) (*Config, error) {
	c := &Config{file: name, at: make(positions)}
	if err := applyDefaults(reflect.ValueOf(c).Elem()); err != nil {
		return nil, Errors{{File: name, Got: "a default that cannot be read", Want: err.Error()}}
	}
	root, err := syntax(name, data)
	if err != nil {
		return nil, err
	}
	w := walk{file: name, at: c.at}
	if root != nil {
		w.value(root, reflect.ValueOf(c).Elem(), spot{})
	}
	check := checker{config: c, errors: w.errors}
	check.all()
	if err := check.errors.asError(); err != nil {
		return nil, err
	}
	return c, nil
}

// syntax gives the root of the one document in data, nil where there is nothing.
func syntax(name string, data []byte) (root ast.Node, err error) {
	fail := func(at position, got, want string) (ast.Node, error) {
		return nil, Errors{{File: name, Line: at.line, Column: at.column, Got: got, Want: want}}
	}
	if len(data) > MaxFile {
		return fail(position{}, fmt.Sprintf("a file of %d bytes", len(data)), fmt.Sprintf("at most %d", MaxFile))
	}
	// A fault of the parser must not end a server that reads its file again.
	defer func() {
		if r := recover(); r != nil {
			root, err = fail(position{}, "something that is not YAML", fmt.Sprintf("a YAML file (the parser gave up: %v)", r))
		}
	}()
	tokens := lexer.Tokenize(string(data))
	if at, got, want := tooMuch(tokens); got != "" {
		return fail(at, got, want)
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		var bad yaml.Error
		if errors.As(err, &bad) {
			return fail(tokenPlace(bad.GetToken()), "something that is not YAML", "a YAML file: "+bad.GetMessage())
		}
		return fail(position{}, "something that is not YAML", "a YAML file: "+err.Error())
	}
	var bodies []ast.Node
	for _, doc := range file.Docs {
		if _, comment := doc.Body.(*ast.CommentGroupNode); doc.Body != nil && !comment {
			bodies = append(bodies, doc.Body)
		}
	}
	switch len(bodies) {
	case 0:
		return nil, nil
	case 1:
		return bodies[0], nil
	}
	return fail(place(bodies[1]), "a second document", "one document: leave out the line ---")
}

func tokenPlace(tk *token.Token) position {
	if tk == nil || tk.Position == nil {
		return position{}
	}
	return position{tk.Position.Line, tk.Position.Column}
}

// Load reads a configuration from a file, and the passwords from the files that it
// names. Errors in the content are of type Errors.
func Load(path string) (*Config, error) {
	data, mode, err := readFile(path, MaxFile)
	if err != nil {
		return nil, fmt.Errorf("the configuration cannot be read: %w", err)
	}
	c, err := Parse(path, data)
	if err != nil {
		return nil, err
	}
	if mode&0o077 != 0 && c.hasSecrets() {
		c.Warnings = append(c.Warnings, fmt.Sprintf(
			"%s holds passwords and can be read by others (mode %04o): chmod 600 %s", path, mode, path))
	}
	if err := c.readPasswords(path); err != nil {
		return nil, err
	}
	return c, nil
}

// readFile reads a regular file of at most so many bytes.
func readFile(path string, limit int64) ([]byte, os.FileMode, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%s is not a regular file", path)
	}
	if info.Size() > limit {
		return nil, 0, fmt.Errorf("%s has %d bytes, at most %d are read", path, info.Size(), limit)
	}
	data, err := os.ReadFile(path)
	return data, info.Mode().Perm(), err
}
