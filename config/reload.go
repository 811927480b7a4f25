package config

import "reflect"

// NeedsRestart gives the keys whose change from c to next takes effect only when the
// server is started again; everything else can be taken over while calls are up.
func (c *Config) NeedsRestart(next *Config) []string {
	return changedKeys(reflect.ValueOf(c).Elem(), reflect.ValueOf(next).Elem(), "")
}

func changedKeys(a, b reflect.Value, path string) (keys []string) {
	for i := range a.NumField() {
		field := a.Type().Field(i)
		name := field.Tag.Get("yaml")
		switch {
		case name == "" || name == "-":
		case isSection(field.Type):
			keys = append(keys, changedKeys(a.Field(i), b.Field(i), path+name+".")...)
		case field.Tag.Get("restart") == "yes" && !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()):
			keys = append(keys, path+name)
		}
	}
	return keys
}
