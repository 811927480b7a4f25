package config

import (
	"reflect"
	"time"

	"onhook/route"
)

// Default is the system that runs without a configuration file: on loopback by UDP
// and TCP, with three extensions, a group of them and an echo test. The passwords
// are the caller's to make; password is asked for each extension by its name.
func Default(password func(user string) Secret) (*Config, error) {
	c := &Config{file: "(built in)", at: make(positions)}
	if err := applyDefaults(reflect.ValueOf(c).Elem()); err != nil {
		return nil, err
	}
	for _, u := range []User{{Name: "100", Display: "Alice"}, {Name: "101", Display: "Bob"}, {Name: "102", Display: "Carol"}} {
		u.Password, u.Video, u.Fax = password(u.Name), true, true
		c.Users = append(c.Users, u)
	}
	c.Groups = []Group{{Name: "200", Members: []string{"100", "101", "102"}, Strategy: Together, Ring: 20 * time.Second}}
	c.Routes = []Route{{Match: "600", To: []route.Destination{{Kind: route.ToEcho}}}}
	check := checker{config: c}
	check.all()
	if err := check.errors.asError(); err != nil {
		return nil, err
	}
	return c, nil
}
