package console

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"strings"
)

//go:embed pages/*.html dist/console.js dist/console.css dist/icon.svg
var files embed.FS

// assetsPath is where scripts and styles are. Their names hold a hash of what
// they are, so that browsers keep them and never use an old one.
const assetsPath = "/assets/"

// assets are the files that pages load.
type assets struct {
	script, style string // addresses
	byName        map[string]asset
}

type asset struct {
	media string
	body  []byte
}

// load reads what is built in.
func (a *assets) load() error {
	a.byName = map[string]asset{}
	add := func(name, media string) (string, error) {
		body, err := files.ReadFile("dist/" + name)
		if err != nil {
			return "", err
		}
		sum := sha256.Sum256(body)
		base, ext, _ := strings.Cut(name, ".")
		path := assetsPath + base + "." + hex.EncodeToString(sum[:6]) + "." + ext
		a.byName[path] = asset{media, body}
		a.byName[assetsPath+name] = asset{media, body}
		return path, nil
	}
	var err error
	if a.script, err = add("console.js", "text/javascript; charset=utf-8"); err != nil {
		return err
	}
	if a.style, err = add("console.css", "text/css; charset=utf-8"); err != nil {
		return err
	}
	_, err = add("icon.svg", "image/svg+xml")
	return err
}

func (a *assets) serve(w http.ResponseWriter, r *http.Request) {
	f, found := a.byName[r.URL.Path]
	if !found || r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.NotFound(w, r)
		return
	}
	if strings.Count(r.URL.Path, ".") > 1 {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		w.Header().Set("Cache-Control", "no-cache")
	}
	w.Header().Set("Content-Type", f.media)
	_, _ = w.Write(f.body) // the browser has gone if this fails
}
