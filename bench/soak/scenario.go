package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// domain is what the server is called in the scenarios: what stands between it and sipp has another address.
const domain = "soak.example"

// answeredScenario writes sipp's own caller to a file, with the server's domain in its addresses.
func answeredScenario(dir string) (string, error) {
	text, err := exec.Command("sipp", "-sd", "uac").Output()
	if len(text) == 0 {
		return "", fmt.Errorf("sipp -sd uac: %w", err) // it exits with a code of its own though it has printed it
	}
	const whom = "[service]@[remote_ip]:[remote_port]"
	if !strings.Contains(string(text), whom) {
		return "", fmt.Errorf("sipp's own caller calls nobody at %s", whom)
	}
	// RFC 3581: what stands between has changed the port, so responses have to go to where requests came from.
	own := strings.NewReplacer(whom, "[service]@"+domain, ";branch=", ";rport;branch=").Replace(string(text))
	file := filepath.Join(dir, "answered.xml")
	return file, os.WriteFile(file, []byte(own), 0o600)
}

// refusedScenario is a call to a number that is none.
const refusedScenario = `<?xml version="1.0" encoding="UTF-8"?>
<scenario name="refused">
  <send retrans="500"><![CDATA[

INVITE sip:[service]@soak.example SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];rport;branch=[branch]
From: <sip:caller@[local_ip]:[local_port]>;tag=[pid]r[call_number]
To: <sip:[service]@soak.example>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:caller@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Length: 0

]]></send>
  <recv response="100" optional="true"/>
  <recv response="404"/>
  <send><![CDATA[

ACK sip:[service]@soak.example SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];rport;branch=[branch-1]
From: <sip:caller@[local_ip]:[local_port]>;tag=[pid]r[call_number]
To: <sip:[service]@soak.example>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
  <timewait milliseconds="4000"/>
</scenario>
`
