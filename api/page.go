package api

// style is that of the pages: the reader's own colours and fonts.
const style = `:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h2{margin-top:2.5rem}
h3{font-size:1rem;margin:1.5rem 0 .2rem}
code{font:.92em ui-monospace,monospace;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:.3rem 0}
dt,dd{margin:0}
@media(max-width:40rem){dl{grid-template-columns:1fr}dd{margin-left:1rem}}
`

// pages are templates: docs and problems.
const pages = `{{define "head"}}<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{{.}}</title>
<link rel="stylesheet" href="/docs.css">
</head>
<body>
<h1>{{.}}</h1>
{{end}}
{{define "problems"}}{{template "head" "Problems that the onhook API reports"}}
{{range .}}
<h2 id="{{.Code}}">{{.Title}}</h2>
<p><code>{{.Code}}</code>, HTTP status {{.Status}}</p>
<p>{{.Why}}</p>
<p>What to do: {{.Remedy}}</p>
{{end}}
<p><a href="/problems">All problems</a>, <a href="/docs">the API</a></p>
</body>
</html>
{{end}}
{{define "docs"}}{{template "head" "The onhook API"}}
<p>Version {{.Version}}. For programs: <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1). Errors: <a href="/problems">problems</a> (RFC 9457).</p>
<p>A key goes into the header <code>Authorization: Bearer KEY</code>; <code>onhook keys add NAME --scope SCOPE</code> makes one.
Scopes: {{range $i, $s := .Scopes}}{{if $i}}, {{end}}<code>{{$s}}</code>{{end}}.
POST takes an <code>Idempotency-Key</code>: a repetition with the same key gets the same answer and does nothing.</p>
{{range .Groups}}
<h2>{{.Name}}</h2>
{{range .Operations}}
<h3><code>{{.Method}} {{.Path}}</code></h3>
<p>{{.Summary}}.{{if .Scope}} Scope <code>{{.Scope}}</code>.{{else}} No key is needed.{{end}}{{if .Answers}} Answers: <code>{{.Answers}}</code>.{{end}}</p>
{{if .Description}}<p>{{.Description}}</p>{{end}}
{{if .Parameters}}<dl>
{{range .Parameters}}<dt><code>{{.Name}}</code> ({{.In}})</dt><dd>{{.Doc}}</dd>
{{end}}</dl>{{end}}
{{end}}
{{end}}
</body>
</html>
{{end}}`
