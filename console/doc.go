// Package console is the web console: pages over the API for people.
//
// It knows nothing that the API does not say. A page asks the API's own handlers
// in this process (Server.read) and has them do what a button stands for
// (Server.do), so that rights, checks and the audit are in one place; the browser
// follows the API's events by the same session. Pages are rendered by
// html/template and work without scripts; islands of TypeScript (islands/) make
// them live and quick. What is built of those and of style/ is kept in dist/:
// go -C tools/assets run . makes it anew.
//
// # How a page is added
//
// One file queues.go, with its handler, and one template pages/queues.html:
//
//	func queuesPage() page {
//		return page{pattern: "GET /queues", file: "queues", nav: "Queues", key: "q", icon: "queue", show: (*Server).queues}
//	}
//
//	func (s *Server) queues(r *http.Request) (*view, error) {
//		var got app.FloorState
//		if err := s.read(r, "/v1/queues", &got); err != nil {
//			return nil, err // a problem of the API becomes a page by itself
//		}
//		return &view{Title: "Queues", Data: got}, nil
//	}
//
// and a line in allPages (pages.go), whose order is that of the navigation. The
// template defines "main" and gets the view; {{template "empty" (say "No queue is
// configured" "Add one under queues: in the configuration.")}} and the other
// parts are in pages/parts.html, the functions in funcs.go.
//
// A button that does something is a form that posts to a route of its own:
//
//	page{pattern: "POST /queues/agents/{name}/{action}", act: (*Server).tellAgent}
//
// whose handler calls Server.do and says where to go on. A region that is to
// keep itself up to date is <section id="agents" data-live="call.started call.ended"
// data-every="10">: on these events of the API, and every so many seconds, the
// page is fetched again and what changed in the region is replaced, rows by
// their id attribute. Times are written by {{when .StartedAt}}, durations by
// {{span .TalkMS}}; a table is <table class="table" data-rows> with a link of
// class "row" in each row for j, k and Enter. There is no inline style and no
// inline script: the policy of every page forbids them. A width that comes from
// data is an attribute of SVG.
//
// Nouns: Server, Passwords, sessions, page, view.
package console
