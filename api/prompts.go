package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"onhook/app"
	"onhook/config"
)

// A Shelf keeps prompts that are made here: app.MadePrompts is one.
type Shelf interface {
	List() ([]app.MadePrompt, error)
	Path(name string) (string, error)
	Set(name string, pcm []int16) (made bool, err error)
	Delete(name string) error
}

// Prompts are the prompts that were made here.
type Prompts struct {
	Prompts []app.MadePrompt `json:"prompts"`
}

type promptName struct {
	Name string `path:"name" maxLength:"64" doc:"the prompt: letters, digits, - and _"`
}

type promptInput struct {
	Name    string `path:"name" maxLength:"64" doc:"the prompt: letters, digits, - and _"`
	RawBody []byte `contentType:"audio/wav"`
}

type promptKept struct {
	Status int
}

func (s *Server) registerPrompts(a huma.API) {
	sound := form{"wav", "audio/wav", binarySchema()}
	huma.Register(a, op(a, "GET", "/v1/prompts", "list-prompts", "Prompts", config.SystemRead, "List the prompts that were made here"),
		func(context.Context, *none) (*body[Prompts], error) {
			list, err := s.Shelf.List()
			return &body[Prompts]{Prompts{listed(list)}}, fail(err)
		})
	huma.Register(a, produces(op(a, "GET", "/v1/prompts/{name}", "get-prompt", "Prompts", config.SystemRead, "Read the sound of a prompt as WAV"), sound),
		func(_ context.Context, in *promptName) (*huma.StreamResponse, error) {
			path, err := s.Shelf.Path(in.Name)
			if err != nil {
				return nil, failPrompt(in.Name, err)
			}
			return sendFile(path, in.Name), nil
		})
	put := op(a, "PUT", "/v1/prompts/{name}", "set-prompt", "Prompts", config.ConfigWrite, "Keep a prompt: WAV, 8 kHz, at most three minutes")
	put.Description = "It can be played from then on by its name, by commands and by applications. A file of the folder prompts.folder that has the name comes before it, the built-in prompt of the name after it."
	put.MaxBodyBytes, put.DefaultStatus = maxSound, http.StatusNoContent
	huma.Register(a, put, s.setPrompt)
	huma.Register(a, op(a, "DELETE", "/v1/prompts/{name}", "delete-prompt", "Prompts", config.ConfigWrite, "Delete a prompt that was made here"),
		func(_ context.Context, in *promptName) (*struct{}, error) {
			return nil, failPrompt(in.Name, s.Shelf.Delete(in.Name))
		})
}

func (s *Server) setPrompt(_ context.Context, in *promptInput) (*promptKept, error) {
	pcm, err := readSound(in.RawBody)
	if err != nil {
		return nil, err
	}
	made, err := s.Shelf.Set(in.Name, pcm)
	if err != nil {
		return nil, failPrompt(in.Name, err)
	}
	if made {
		return &promptKept{http.StatusCreated}, nil
	}
	return &promptKept{http.StatusNoContent}, nil
}

// failPrompt makes a problem of an error of a Shelf.
func failPrompt(name string, err error) error {
	switch {
	case errors.Is(err, app.ErrNoPrompt):
		return newProblem("prompt_not_found", "No prompt "+name+" was made here.")
	case errors.Is(err, app.ErrPromptName):
		return invalid("path.name", err.Error())
	case errors.Is(err, app.ErrTooManyPrompts):
		return newProblem("too_many_prompts", err.Error())
	}
	return fail(err)
}
