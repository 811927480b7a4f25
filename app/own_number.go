package app

// An OwnNumber tells extensions the number of the phone that they hold.
type OwnNumber struct{ Library *Library }

// Run says the caller's number, twice, and hangs up.
func (o *OwnNumber) Run(s Session) error {
	number := "say:" + s.Info().User
	if s.Info().User == "" {
		number = "say:" + s.Info().Caller
	}
	return serve(s, o.Library, nil, "number", number, number)
}
