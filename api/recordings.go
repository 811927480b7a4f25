package api

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"onhook/config"
	"onhook/exchange"
)

// Recordings keep what the parties of calls said; media.Archive has it.
type Recordings interface {
	Open(id string) (*os.File, error)
}

// RecordingTold is the answer to a command for a recording.
type RecordingTold struct {
	ID    string `json:"id"`
	State string `json:"state" doc:"recording or paused"`
}

type recordingInput struct {
	ID     string `path:"id" maxLength:"64" doc:"the call's id"`
	Action string `path:"action" enum:"start,stop" doc:"start begins a recording or goes on with one; stop leaves out what follows"`
}

func (s *Server) registerRecordings(a huma.API) {
	wav := form{"wav", "audio/wav", binarySchema()}
	o := op(a, "GET", "/v1/calls/{id}/recording", "get-recording", "Calls", config.RecordingsRead,
		"Download the recording of a call, of one that is up as far as it is written: the caller left, who was called right")
	huma.Register(a, produces(o, wav), func(_ context.Context, in *callID) (*huma.StreamResponse, error) {
		f, err := s.openRecording(in.ID)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(ctx huma.Context) {
			defer f.Close()
			serveFile(ctx, f, wav.media, fileName(in.ID)+".wav")
		}}, nil
	})
	huma.Register(a, op(a, "POST", "/v1/calls/{id}/recording/{action}", "tell-recording", "Calls", config.CallsControl, "Start or stop the recording of a call in which two parties talk"),
		func(ctx context.Context, in *recordingInput) (*body[RecordingTold], error) {
			on := in.Action == "start"
			switch err := s.Exchange.Record(ctx, in.ID, on, by(ctx)); {
			case errors.Is(err, exchange.ErrNotRecorded):
				return nil, newProblem("not_recorded", err.Error())
			case err != nil:
				return nil, fail(err)
			}
			state := "paused"
			if on {
				state = "recording"
			}
			return &body[RecordingTold]{RecordingTold{in.ID, state}}, nil
		})
}

func (s *Server) openRecording(id string) (*os.File, error) {
	if s.Recordings == nil {
		return nil, newProblem("recording_not_found", "No calls are recorded here.")
	}
	f, err := s.Recordings.Open(id)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, newProblem("recording_not_found", "There is no recording of this call.")
	}
	return f, fail(err)
}

// serveFile answers with a file, or with the part of it that is asked for (RFC 9110 section 14).
func serveFile(ctx huma.Context, f *os.File, media, name string) {
	r, w := humago.Unwrap(ctx)
	i, err := f.Stat()
	if err != nil {
		writeProblem(w, newProblem("internal", "The file cannot be read."))
		return
	}
	// As long as the slowest line takes that it is meant for: 32 kB a second, the rate of the sound itself.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTime + time.Duration(i.Size()/32000)*time.Second)) // a writer of a test has none
	w.Header().Set("Content-Type", media)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	http.ServeContent(w, r, name, i.ModTime(), f)
}
