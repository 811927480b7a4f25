package store

import "time"

// An Account is an extension that was made beside the configuration file. Its
// hashes (RFC 7616 section 3.4.2) are worth as much as the password, which is kept
// nowhere.
type Account struct {
	Name      string    `json:"name"`
	Display   string    `json:"display,omitempty"`
	Realm     string    `json:"realm"` // that the hashes are of
	SHA256    string    `json:"sha256"`
	MD5       string    `json:"md5"`
	Voicemail bool      `json:"voicemail,omitempty"`
	Groups    []string  `json:"groups,omitempty"` // ring groups that it is a member of
	CreatedAt time.Time `json:"created_at"`
}

// accountsName is the file that a data folder keeps them in.
const accountsName = "accounts.json"

// LoadAccounts reads the accounts of a data folder, in the order in which they were made.
func LoadAccounts(folder string) (all []Account, err error) {
	err = LoadWhole(folder, accountsName, &all, "the extensions that were made by the API are gone")
	return all, err
}

// SaveAccounts puts them on the disk in one piece, readable by their owner alone.
func SaveAccounts(folder string, all []Account) error {
	return SaveWhole(folder, accountsName, all)
}
