package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// foreignOpenAPI holds programs of others that read descriptions of APIs.
const foreignOpenAPI = "../tools/openapi"

// needOpenAPI skips a test without them.
func needOpenAPI(t *testing.T) (folder string) {
	t.Helper()
	folder, err := filepath.Abs(foreignOpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(folder, "node_modules", ".bin", "openapi-typescript")); err != nil {
		t.Skip("needs openapi-typescript: npm ci in tools/openapi")
	}
	return folder
}

// inFolder runs a program in a folder and gives what it says.
func inFolder(t *testing.T, folder string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir = folder
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestOpenAPIIsValidForOthers has a foreign validator read the description, and one that is broken.
func TestOpenAPIIsValidForOthers(t *testing.T) {
	t.Parallel()
	folder := needOpenAPI(t)
	api := start(t, "").api()
	text := api.read(200, "GET", "/openapi.json")
	check := func(text string) error {
		file := filepath.Join(t.TempDir(), "openapi.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		said, err := inFolder(t, folder, "node", "check.mjs", file)
		if err != nil {
			t.Logf("%s", said)
		}
		return err
	}
	if err := check(text); err != nil {
		t.Error("the description is not valid:", err)
	}
	var d map[string]any
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	delete(d, "info")
	broken, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	if check(string(broken)) == nil {
		t.Error("a description without info counts as valid")
	}
}

// TestAGeneratedClientMakesACall generates a client from the description, as users
// would, has its types checked, and lets it make and end a call between two phones.
func TestAGeneratedClientMakesACall(t *testing.T) {
	t.Parallel()
	work := generateClient(t, needOpenAPI(t))
	o := newOffice(t, "")
	api := o.api()
	var said bytes.Buffer
	client := exec.CommandContext(t.Context(), "node", "out/client.js", api.base, api.key, "100", "101")
	client.Dir, client.Stdout, client.Stderr = work, &said, &said
	o.must(client.Start())
	a := o.incoming("100")
	o.must(a.Answer(o.ctx))
	b := o.incoming("101")
	o.must(b.Answer(o.ctx))
	o.ended(a)
	o.ended(b)
	if err := client.Wait(); err != nil || strings.TrimSpace(said.String()) != "MANAGER_REQUEST" {
		t.Errorf("%v: %s", err, &said)
	}
	expected{"Call Ended", "MANAGER_REQUEST", "platform", "party", "", 200, 200}.check(t, o.record())
}

// generateClient makes a client in a folder of its own, and has its types checked.
func generateClient(t *testing.T, folder string) (work string) {
	t.Helper()
	work = t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Symlink(filepath.Join(folder, "node_modules"), filepath.Join(work, "node_modules")))
	for _, name := range []string{"client.ts", "tsconfig.json", "package.json"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		must(err)
		must(os.WriteFile(filepath.Join(work, name), text, 0o600))
	}
	must(os.WriteFile(filepath.Join(work, "openapi.json"), []byte(start(t, "").api().read(200, "GET", "/openapi.json")), 0o600))
	for _, step := range [][]string{
		{"node_modules/.bin/openapi-typescript", "openapi.json", "-o", "generated.d.ts"},
		{"node_modules/.bin/tsc", "-p", ".", "--outDir", "out"},
	} {
		if said, err := inFolder(t, work, step...); err != nil {
			t.Fatalf("%v: %v\n%s", step, err, said)
		}
	}
	must(os.WriteFile(filepath.Join(work, "out", "package.json"), []byte(`{"type":"module"}`), 0o600))
	return work
}
