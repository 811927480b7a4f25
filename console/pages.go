package console

// allPages are the pages of the console, in the order of the navigation.
func allPages() []page {
	return append(
		[]page{
			livePage(),
			callsPage(), saveFilterAction(), callPage(),
			dashboardPage(), queuesPage(), wallboardPage(), agentAction(), hoursPage(), hoursAction(), trunksPage(), trunkAction(), usersPage(), voicemailPage(), markAction(), sourcesPage(),
			webhooksPage(), webhookPage(), addWebhookAction(), rotateAction(), webhookAction(), replayAction(),
			referencePage(), auditPage(), settingsPage(), addKeyAction(), removeKeyAction(), reloadAction(),
		},
		append(userActions(), commandActions()...)...,
	)
}
