package config

import (
	"fmt"
	"path/filepath"
	"strings"
)

// maxPasswordFile is the size of the largest password file that is read, in bytes.
const maxPasswordFile = 4096

// hasSecrets reports whether the file itself holds a password or a hash.
func (c *Config) hasSecrets() bool {
	for _, u := range c.Users {
		if u.Password != "" || u.HA1 != (HA1{}) || u.PIN != "" {
			return true
		}
	}
	for _, t := range c.Trunks {
		if t.Password != "" {
			return true
		}
	}
	for _, h := range c.Hooks {
		if h.Secret != "" {
			return true
		}
	}
	for _, h := range c.Webhooks {
		if h.Secret != "" || h.Former != "" {
			return true
		}
	}
	return c.Traces.Authorization != "" || len(c.API.Keys) > 0 || c.HEP.Key != ""
}

// readPasswords reads the files of the passwords of users and trunks and of the secrets of hooks.
func (c *Config) readPasswords(file string) error {
	var errs Errors
	read := func(path, name string, into *Secret) {
		if name == "" {
			return
		}
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(file), name)
		}
		data, mode, err := readFile(name, maxPasswordFile)
		line, _, _ := strings.Cut(string(data), "\n")
		*into = Secret(strings.TrimRight(line, "\r"))
		if err == nil && *into == "" {
			err = fmt.Errorf("the first line of %s is empty", name)
		}
		if err != nil {
			at := c.at.find(path)
			errs = append(errs, Error{
				File: c.file, Path: path, Line: at.line, Column: at.column,
				Got: fmt.Sprintf("%q", name), Want: "a file whose first line is the password or secret", Why: err.Error(),
			})
			return
		}
		if mode&0o077 != 0 {
			c.Warnings = append(c.Warnings, fmt.Sprintf("%s can be read by others (mode %04o): chmod 600 %s", name, mode, name))
		}
	}
	for i := range c.Users {
		read(fmt.Sprintf("users[%d].password_file", i), c.Users[i].PasswordFile, &c.Users[i].Password)
	}
	check := checker{config: c}
	for i := range c.Hooks {
		path := fmt.Sprintf("hooks[%d].secret_file", i)
		read(path, c.Hooks[i].SecretFile, &c.Hooks[i].Secret)
		if c.Hooks[i].SecretFile != "" {
			check.hookSecret(path, c.Hooks[i].Secret)
		}
	}
	for i := range c.Webhooks {
		path := fmt.Sprintf("webhooks[%d].secret_file", i)
		read(path, c.Webhooks[i].SecretFile, &c.Webhooks[i].Secret)
		if c.Webhooks[i].SecretFile != "" {
			check.hookSecret(path, c.Webhooks[i].Secret)
		}
	}
	errs = append(errs, check.errors...)
	for i := range c.Trunks {
		read(fmt.Sprintf("trunks[%d].password_file", i), c.Trunks[i].PasswordFile, &c.Trunks[i].Password)
	}
	return errs.asError()
}
