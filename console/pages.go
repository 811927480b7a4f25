package console

// allPages are the pages of the console, in the order of the navigation.
func allPages() []page {
	return []page{
		livePage(), hangUpAction(),
		callsPage(), saveFilterAction(), callPage(), transferAction(),
		dashboardPage(), queuesPage(), wallboardPage(), agentAction(), trunksPage(), trunkAction(), usersPage(), sourcesPage(),
		referencePage(), settingsPage(), addKeyAction(), removeKeyAction(), reloadAction(),
	}
}
