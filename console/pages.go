package console

// allPages are the pages of the console, in the order of the navigation.
func allPages() []page {
	return append(
		[]page{
			livePage(),
			callsPage(), saveFilterAction(), callPage(),
		},
		commandActions()...,
	)
}
