package cli

// commands returns the command table. The commands that describe other commands get a table of
// those.
func commands() table {
	all := table{
		planCommand(), applyCommand(), destroyCommand(),
		validateCommand(), fmtCommand(), showCommand(),
		importCommand(),
		stateListCommand(), stateShowCommand(), stateRemoveCommand(), statePullCommand(), stateRebindCommand(),
		statePushCommand(), stateMigrateCommand(),
		restoreCommand(),
		forceUnlockCommand(),
		consoleCommand(),
		outputCommand(),
		brokerCommand(), initCommand(), versionCommand(),
		completionCommand(),
		schemaCommand(),
	}
	return append(all, manCommand(all), completeCommand(all))
}
