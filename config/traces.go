package config

import "net/url"

// Traces are what is sent to a collector of OpenTelemetry.
type Traces struct {
	URL           string `yaml:"url" restart:"yes" doc:"Where the traces of calls are sent by OTLP/HTTP in JSON, such as http://127.0.0.1:4318/v1/traces. Empty: nowhere."`
	Authorization Secret `yaml:"authorization" restart:"yes" doc:"The header Authorization of each request, such as Bearer and a token."`
	Numbers       bool   `yaml:"numbers" default:"false" restart:"yes" doc:"Traces say who called whom, and at which address."`
}

func (c *checker) traces() {
	if u, err := url.Parse(c.config.Traces.URL); c.config.Traces.URL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "") {
		c.report("traces.url", "no http address", "an address such as http://127.0.0.1:4318/v1/traces")
	}
}
