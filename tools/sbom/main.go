// Sbom reads what "go version -m" says of a program and writes its bill of
// materials in the CycloneDX 1.5 form (https://cyclonedx.org/docs/1.5/json/).
//
//	go version -m bin/onhook | sbom > bin/sbom.cdx.json
package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// A bill is a bill of materials, as far as the linker knows.
type bill struct {
	Format      string      `json:"bomFormat"`
	Spec        string      `json:"specVersion"`
	Version     int         `json:"version"`
	Serial      string      `json:"serialNumber"`
	Metadata    metadata    `json:"metadata"`
	Components  []component `json:"components"`
	Description []property  `json:"properties,omitempty"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Type    string `json:"type"`
	Ref     string `json:"bom-ref"`
	Name    string `json:"name"`
	Version string `json:"version"`
	PURL    string `json:"purl"`
	Hashes  []hash `json:"hashes,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func main() {
	if err := write(os.Stdout, os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

// write makes the bill of what is read. The same program has the same bill.
func write(to io.Writer, from io.Reader) error {
	b := bill{Format: "CycloneDX", Spec: "1.5", Version: 1}
	sum := sha256.New()
	lines := bufio.NewScanner(io.TeeReader(from, sum))
	for lines.Scan() {
		f := strings.Split(lines.Text(), "\t")
		switch {
		case len(f) == 1 && strings.Contains(f[0], ": go"):
			_, version, _ := strings.Cut(f[0], ": go")
			b.Components = append(b.Components, module("std", version, ""))
		case len(f) >= 4 && f[1] == "mod":
			b.Metadata.Component = module(f[2], f[3], "")
			b.Metadata.Component.Type = "application"
		case len(f) >= 4 && f[1] == "dep":
			b.Components = append(b.Components, module(f[2], f[3], at(f, 4)))
		case len(f) >= 4 && f[1] == "=>" && len(b.Components) > 0:
			b.Components[len(b.Components)-1] = module(f[2], f[3], at(f, 4))
		case len(f) >= 3 && f[1] == "build":
			name, value, _ := strings.Cut(f[2], "=")
			b.Description = append(b.Description, property{"go:build:" + name, value})
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	if b.Metadata.Component.Name == "" {
		return fmt.Errorf("this is not what go version -m says of a program: it has no line mod")
	}
	id := sum.Sum(nil)
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80 // RFC 9562 section 5.8
	b.Serial = fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:16])
	enc := json.NewEncoder(to)
	enc.SetIndent("", "  ")
	return enc.Encode(b)
}

func at(f []string, i int) string {
	if i < len(f) {
		return f[i]
	}
	return ""
}

// module is one module; h1 is its hash as go.sum has it: SHA-256 of the list of its files.
func module(path, version, h1 string) component {
	purl := "pkg:golang/" + path + "@" + version
	c := component{Type: "library", Ref: purl, Name: path, Version: version, PURL: purl}
	if text, ok := strings.CutPrefix(h1, "h1:"); ok {
		if raw, err := base64.StdEncoding.DecodeString(text); err == nil {
			c.Hashes = []hash{{"SHA-256", hex.EncodeToString(raw)}}
		}
	}
	return c
}
