package console

// allPages are the pages of the console, in the order of the navigation.
func allPages() []page {
	return []page{
		livePage(), hangUpAction(),
		callsPage(), saveFilterAction(), callPage(), transferAction(),
	}
}
