package app

// An OwnNumber tells extensions the number of the phone that they hold.
type OwnNumber struct{ Library *Library }

// Run says the caller's number, twice, and hangs up.
func (o *OwnNumber) Run(s Session) error {
	if err := s.Stage("menu"); err != nil {
		return err
	}
	if err := s.Answer(); err != nil {
		return refuseWithout(s, err)
	}
	number := "say:" + s.Info().User
	if s.Info().User == "" {
		number = "say:" + s.Info().Caller
	}
	return served(s, o.Library, nil, "number", number, number)
}
