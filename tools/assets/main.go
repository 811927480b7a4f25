// Command assets builds the console's scripts and styles: console/islands and
// console/style become console/dist, which is committed, so that onhook is built
// without it. It is a module of its own: the bundler is nothing that onhook needs.
//
//	go -C tools/assets run .          builds
//	go -C tools/assets run . -check   says whether what is committed is what would be built
package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// most is how large all that a page loads may be, in bytes, compressed.
const most = 150_000

func main() {
	check := flag.Bool("check", false, "change nothing; fail if the committed files are others")
	console := flag.String("console", "../../console", "the folder of the console")
	flag.Parse()
	if err := run(*console, *check); err != nil {
		fmt.Fprintln(os.Stderr, "assets:", err)
		os.Exit(1)
	}
}

func run(console string, check bool) error {
	files, err := build(console)
	if err != nil {
		return err
	}
	size := 0
	for name, body := range files {
		n, err := compressed(body)
		if err != nil {
			return err
		}
		size += n
		path := filepath.Join(console, "dist", name)
		if check {
			old, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if !bytes.Equal(old, body) {
				return fmt.Errorf("%s is not what its sources give: go -C tools/assets run .", path)
			}
			continue
		}
		if err := os.WriteFile(path, body, 0o644); err != nil {
			return err
		}
	}
	if size > most {
		return fmt.Errorf("%d bytes compressed, more than %d", size, most)
	}
	fmt.Printf("%d bytes compressed\n", size)
	return nil
}

// build bundles the scripts and the styles, by name.
func build(console string) (map[string][]byte, error) {
	root, err := filepath.Abs(console)
	if err != nil {
		return nil, err
	}
	r := api.Build(api.BuildOptions{
		EntryPoints:       []string{filepath.Join(root, "islands/console.ts"), filepath.Join(root, "style/console.css")},
		AbsWorkingDir:     root,
		Outdir:            "dist",
		EntryNames:        "[name]",
		Bundle:            true,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		Format:            api.FormatIIFE,
		Target:            api.ES2022,
		Charset:           api.CharsetUTF8,
		LegalComments:     api.LegalCommentsInline,
		LogLevel:          api.LogLevelSilent,
	})
	if len(r.Errors) > 0 {
		texts := api.FormatMessages(r.Errors, api.FormatMessagesOptions{Kind: api.ErrorMessage})
		return nil, fmt.Errorf("%s", strings.Join(texts, ""))
	}
	out := map[string][]byte{}
	for _, f := range r.OutputFiles {
		out[filepath.Base(f.Path)] = f.Contents
	}
	return out, nil
}

func compressed(body []byte) (int, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(body); err != nil {
		return 0, err
	}
	err := w.Close()
	return b.Len(), err
}
