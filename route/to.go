package route

// To leads a caller to a destination as a rule would, without a number to match: for
// applications that send callers on. A text that is no destination is a number.
func (t *Table) To(at Moment, caller Caller, text string) Plan {
	d, err := ParseDestination(text)
	if err != nil {
		return t.Plan(at, caller, text)
	}
	if !d.Literal() {
		return refuse(-1, InvalidNumberFormat, "%q names a group of a pattern, and there is none here", text)
	}
	w := &walk{table: t, caller: caller, at: at}
	r := &rule{}
	steps, refusal := w.destination(r, d.Kind, template{{text: d.Text, group: -1}}, "", nil)
	return Plan{Rule: -1, Steps: steps, Refusal: refusal, Hours: w.hours, Why: w.why}
}
