package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"onhook/config"
	"onhook/digest"
)

// credentialsName is the file in the data folder that holds the hashes of generated passwords.
const credentialsName = "credentials.json"

// firstConfig is the built-in system with generated passwords: made and
// returned once, kept as hashes (RFC 7616 HA1) in the data folder.
func firstConfig(data string) (*config.Config, map[string]string, error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, nil, err
	}
	path := filepath.Join(data, credentialsName)
	kept := map[string]config.HA1{}
	raw, err := os.ReadFile(path)
	switch {
	case err == nil:
		if err := json.Unmarshal(raw, &kept); err != nil {
			return nil, nil, errors.New(path + ": " + err.Error() + "; remove the file for new passwords")
		}
	case !errors.Is(err, os.ErrNotExist):
		return nil, nil, err
	}
	fresh := map[string]string{}
	cfg, err := config.Default(func(user string) config.Secret {
		fresh[user] = rand.Text()[:16]
		return config.Secret(fresh[user])
	})
	if err != nil {
		return nil, nil, err
	}
	cfg.Data = data
	changed := false
	for i := range cfg.Users {
		u := &cfg.Users[i]
		if h, ok := kept[u.Name]; ok {
			u.HA1, u.Password = h, ""
			delete(fresh, u.Name)
			continue
		}
		changed = true
		kept[u.Name] = config.HA1{
			SHA256: config.Hash(digest.HA1(digest.SHA256, u.Name, cfg.Realm(), fresh[u.Name])),
			MD5:    config.Hash(digest.HA1(digest.MD5, u.Name, cfg.Realm(), fresh[u.Name])),
		}
	}
	if !changed {
		return cfg, fresh, nil
	}
	raw, err = json.MarshalIndent(kept, "", "  ")
	if err != nil {
		return nil, nil, err
	}
	return cfg, fresh, os.WriteFile(path, append(raw, '\n'), 0o600)
}
