package config

import (
	"fmt"
	"strconv"
	"strings"
)

// Outside bounds what extensions may cost.
type Outside struct {
	Home      string   `yaml:"home" doc:"The code of this country, such as +49. Then numbers of other countries (+ or 00 before them) are refused but for those in abroad. Empty: every country may be called."`
	Abroad    []string `yaml:"abroad" doc:"Numbers of other countries that may be called all the same, or their beginnings with a * behind them, such as +43*; * is every one."`
	Premium   []string `yaml:"premium" default:"+979*, +870*, +878*, +881*, +882*, +883*, 0900*, 1900*, +1900*" doc:"Numbers that are never called: of high price, by satellite."`
	Always    []string `yaml:"always" default:"110, 112, 911, 999, 000" doc:"Numbers that are called whatever this section says: emergency numbers."`
	Calls     int      `yaml:"calls" default:"0" min:"0" max:"100000" doc:"Calls of one extension at the same time. 0: no limit."`
	PerMinute int      `yaml:"per_minute" default:"0" min:"0" max:"100000" doc:"New calls of one extension in a minute. 0: no limit."`
	Minutes   int      `yaml:"minutes" default:"0" min:"0" max:"1440000" doc:"Minutes of talk of one extension in a day (UTC), over restarts too. A call that is up is not ended by it: see timers.max_call. 0: no limit."`
}

// outside checks the numbers, and warns of a system whose passwords are worth stealing.
func (c *checker) outside() {
	o := &c.config.Outside
	if digits := strings.TrimPrefix(o.Home, "+"); o.Home != "" && (digits == o.Home || digits == "" || len(digits) > 4 || strings.Trim(digits, "0123456789") != "" || digits[0] == '0') {
		c.report("outside.home", strconv.Quote(o.Home), "+ and the code of a country, such as +49")
	}
	if len(o.Abroad) > 0 && o.Home == "" {
		c.report("outside.abroad", "numbers without home", "home, the code of this country")
	}
	c.numbers("outside.abroad", o.Abroad)
	c.numbers("outside.premium", o.Premium)
	c.numbers("outside.always", o.Always)
	if len(c.config.Trunks) > 0 && len(c.config.Users) > 0 && o.Home == "" && len(c.config.Policies.Outgoing) == 0 {
		c.config.Warnings = append(c.config.Warnings, fmt.Sprintf("%s: outside.home is not given and policies.outgoing bars nothing: whoever gets hold of a password can call every country by the trunks", c.config.file))
	}
}
