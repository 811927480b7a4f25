package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"onhook/config"
	"onhook/exchange"
)

// People are the extensions beside what the Exchange knows of them. All methods may
// be called from any goroutine; a change is on the disk and in force when they return.
type People interface {
	// Cards tells where each extension comes from.
	Cards() map[string]Card
	// Change changes an extension: ErrNoUser, ErrUserInFile, or a UserError.
	Change(ctx context.Context, name string, c UserChange, by string) error
	// Add makes an extension and gives its password: ErrUserExists, or a UserError.
	Add(ctx context.Context, name string, c Card, display, by string) (password string, err error)
	// Remove takes an extension away, with its registrations, settings and mailbox: ErrNoUser, ErrUserInFile.
	Remove(ctx context.Context, name, by string) error
	// Password gives an extension a new password, and takes its registrations away: ErrNoUser, ErrUserInFile.
	Password(ctx context.Context, name, by string) (password string, err error)
}

// Errors of People.
var (
	ErrNoUser     = errors.New("no extension has this name")
	ErrUserExists = errors.New("the name is taken")
	ErrUserInFile = errors.New("the extension stands in the configuration file")
)

// A UserError says why an extension cannot be so.
type UserError struct {
	Field string // of the request
	Why   string
}

// Error names the field too.
func (e *UserError) Error() string { return e.Field + ": " + e.Why }

// A Card is what is known of an extension beside its state.
type Card struct {
	Source    string     `json:"source" enum:"config,api" doc:"config: the configuration file names it; api: it was made here, and can be changed and removed here"`
	Voicemail bool       `json:"voicemail" doc:"it has a mailbox"`
	Groups    []string   `json:"groups,omitempty" doc:"ring groups that it is a member of: policies give them rights"`
	CreatedAt *time.Time `json:"created_at,omitempty" doc:"of one that was made here"`
}

// A UserChange is what is to change of an extension.
type UserChange struct {
	Display   *string
	Voicemail *bool
	Groups    *[]string
	// What its owner can set by codes. Null: as the configuration says.
	DND                                 Optional[bool]
	Always, Busy, NoAnswer, Unreachable Optional[string]
}

// Owned reports whether something is to change that a configuration file says of its extensions.
func (c *UserChange) Owned() bool { return c.Display != nil || c.Voicemail != nil || c.Groups != nil }

// A User is an extension and where it can be reached.
type User struct {
	exchange.Extension
	Card
	Registered bool `json:"registered" doc:"it can be called"`
	Contacts   int  `json:"contacts" doc:"how many devices it is registered with"`
}

// Users are all extensions.
type Users struct {
	Users []User `json:"users"`
}

// A NewUser is an extension that was made, with the password that is shown this once.
type NewUser struct {
	User
	Password string `json:"password" doc:"shown this once: only hashes are kept"`
}

type userName struct {
	Name string `path:"name" maxLength:"64" doc:"the extension"`
}

type addUserInput struct {
	Body struct {
		Name      string   `json:"name" minLength:"1" maxLength:"64" doc:"the number or name that it registers and is dialled by: letters, digits and - _ . + * #"`
		Display   string   `json:"display,omitempty" maxLength:"64" doc:"the name shown to others"`
		Voicemail bool     `json:"voicemail,omitempty" doc:"it gets a mailbox"`
		Groups    []string `json:"groups,omitempty" maxItems:"64" doc:"ring groups of the configuration that it is to be a member of"`
	}
}

type madeUser struct {
	Status   int
	Location string `header:"Location"`
	Body     NewUser
}

type changeUserInput struct {
	Name string `path:"name" maxLength:"64" doc:"the extension"`
	Body struct {
		DND     Optional[bool] `json:"dnd,omitempty" doc:"do not disturb; null: as the configuration says"`
		Forward struct {
			Always      Optional[string] `json:"always,omitempty" doc:"all calls"`
			Busy        Optional[string] `json:"busy,omitempty" doc:"calls that find it busy"`
			NoAnswer    Optional[string] `json:"no_answer,omitempty" doc:"calls that are not answered"`
			Unreachable Optional[string] `json:"unreachable,omitempty" doc:"calls that reach no phone"`
		} `json:"forward,omitempty" doc:"where its calls go: a number that it may dial, voicemail, or a destination such as queue:support; empty: nowhere else; null: as the configuration says"`
		Display   *string   `json:"display,omitempty" maxLength:"64" doc:"of an extension that was made here"`
		Voicemail *bool     `json:"voicemail,omitempty" doc:"likewise"`
		Groups    *[]string `json:"groups,omitempty" maxItems:"64" doc:"likewise: all groups that it is to be a member of"`
	}
}

// NewPassword is a password that is shown this once.
type NewPassword struct {
	Name     string `json:"name"`
	Password string `json:"password" doc:"shown this once: only hashes are kept"`
}

func (s *Server) registerUsers(a huma.API) {
	huma.Register(a, op(a, "GET", "/v1/users", "list-users", "Users", config.SystemRead, "List the extensions"),
		func(ctx context.Context, _ *none) (*body[Users], error) {
			list, err := s.users(ctx)
			return &body[Users]{Users{listed(list)}}, err
		})
	huma.Register(a, op(a, "GET", "/v1/users/{name}", "get-user", "Users", config.SystemRead, "Read one extension"),
		func(ctx context.Context, in *userName) (*body[User], error) {
			u, err := s.user(ctx, in.Name)
			return &body[User]{u}, err
		})
	o := op(a, "POST", "/v1/users", "add-user", "Users", config.UsersWrite, "Make an extension; its password is shown once. It can register at once")
	o.DefaultStatus = http.StatusCreated
	huma.Register(a, o, s.addUser)
	o = op(a, "PATCH", "/v1/users/{name}", "change-user", "Users", config.UsersWrite, "Change an extension: what is left out stays (JSON merge patch, RFC 7396)")
	o.Description = "dnd and forward are what its owner can set from the phone: they hold for extensions of the configuration file too, and a restart keeps them. The rest is for extensions that were made here."
	huma.Register(a, o, s.changeUser)
	huma.Register(a, op(a, "DELETE", "/v1/users/{name}", "remove-user", "Users", config.UsersWrite, "Take an extension away that was made here, with its registrations, settings and mailbox; calls that are up go on"),
		func(ctx context.Context, in *userName) (*struct{}, error) {
			return nil, failUser(in.Name, s.People.Remove(ctx, in.Name, by(ctx)))
		})
	huma.Register(a, op(a, "POST", "/v1/users/{name}/password", "renew-password", "Users", config.UsersWrite, "Give an extension that was made here a new password, shown once; its devices must register again with it"),
		func(ctx context.Context, in *userName) (*body[NewPassword], error) {
			p, err := s.People.Password(ctx, in.Name, by(ctx))
			return &body[NewPassword]{NewPassword{in.Name, p}}, failUser(in.Name, err)
		})
}

// users are all extensions with their devices.
func (s *Server) users(ctx context.Context) (out []User, err error) {
	list, err := s.Exchange.Users(ctx)
	if err != nil {
		return nil, fail(err)
	}
	bindings, err := s.Store.LoadBindings(s.now())
	if err != nil {
		return nil, fail(err)
	}
	contacts, cards := map[string]int{}, map[string]Card{}
	if s.People != nil {
		cards = s.People.Cards()
	}
	for i := range bindings {
		contacts[userOf(bindings[i].AOR)]++
	}
	for _, u := range list {
		n := contacts[u.Name]
		out = append(out, User{u, cards[u.Name], n > 0, n})
	}
	return out, nil
}

func (s *Server) user(ctx context.Context, name string) (User, error) {
	list, err := s.users(ctx)
	if err != nil {
		return User{}, err
	}
	i := slices.IndexFunc(list, func(u User) bool { return u.Name == name })
	if i < 0 {
		return User{}, failUser(name, ErrNoUser)
	}
	return list[i], nil
}

func (s *Server) addUser(ctx context.Context, in *addUserInput) (*madeUser, error) {
	b := &in.Body
	p := &paramReader{where: "body"}
	p.plain("display", b.Display)
	if err := p.problem(); err != nil {
		return nil, err
	}
	password, err := s.People.Add(ctx, b.Name, Card{Voicemail: b.Voicemail, Groups: b.Groups}, b.Display, by(ctx))
	if err != nil {
		return nil, failUser(b.Name, err)
	}
	u, err := s.user(ctx, b.Name)
	if err != nil {
		return nil, err
	}
	return &madeUser{Status: http.StatusCreated, Location: "/v1/users/" + url.PathEscape(b.Name), Body: NewUser{u, password}}, nil
}

func (s *Server) changeUser(ctx context.Context, in *changeUserInput) (*body[User], error) {
	b := &in.Body
	c := UserChange{
		Display: b.Display, Voicemail: b.Voicemail, Groups: b.Groups, DND: b.DND,
		Always: b.Forward.Always, Busy: b.Forward.Busy, NoAnswer: b.Forward.NoAnswer, Unreachable: b.Forward.Unreachable,
	}
	p := &paramReader{where: "body"}
	if b.Display != nil {
		p.plain("display", *b.Display)
	}
	if err := p.problem(); err != nil {
		return nil, err
	}
	if err := s.People.Change(ctx, in.Name, c, by(ctx)); err != nil {
		return nil, failUser(in.Name, err)
	}
	u, err := s.user(ctx, in.Name)
	return &body[User]{u}, err
}

// failUser makes a problem of an error of People.
func failUser(name string, err error) error {
	var bad *UserError
	switch {
	case errors.As(err, &bad):
		return invalid("body."+bad.Field, bad.Why)
	case errors.Is(err, ErrNoUser), errors.Is(err, exchange.ErrNotFound):
		return newProblem("user_not_found", "No extension has the name "+name+".")
	case errors.Is(err, ErrUserExists):
		return newProblem("user_exists", err.Error())
	case errors.Is(err, ErrUserInFile):
		return newProblem("user_in_configuration", "The configuration file names the extension "+name+".")
	}
	return fail(err)
}
