package api

import "github.com/prometheus/client_golang/prometheus"

// CountLostLines has the metrics tell how many lines the log did not take: a log
// whose disk is full cannot say so itself. It is called once.
func (m *Metrics) CountLostLines(lost func() uint64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Namespace: "onhook", Name: "log_lines_lost_total", Help: "Lines that the log did not take: its disk is full, or whoever reads it is behind.",
	}, func() float64 { return float64(lost()) }))
}
