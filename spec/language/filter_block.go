package language

// filterBlocks returns the blocks that apply to the topics that match a filter.
func filterBlocks() []Block {
	filter := Argument{
		Name: "filter", Type: "string", Required: true,
		Doc:    "an MQTT topic filter",
		Limits: "does not begin with `$`",
	}
	only := Argument{
		Name: "broker", Type: "string", Default: "the only broker",
		Doc: "which broker's topics: `broker.NAME`",
	}
	every := only
	every.Default = "every broker"
	return []Block{
		{
			Type: "exclusive", Labels: []string{"name"}, RootOnly: true,
			Doc: "A live message that matches and is not declared is deleted. The filters of two such blocks must " +
				"not overlap.",
			Arguments: []Argument{
				filter,
				{
					Name: "except", Type: "list of strings",
					Doc:    "filters of topics that are left alone",
					Limits: "no declared topic may match",
				},
				only,
			},
		},
		{
			Type: "protect", Labels: []string{"name"},
			Doc: "No message that matches may be deleted, even after its block was removed: a plan that would " +
				"delete one is an error.",
			Arguments: []Argument{filter, every},
		},
		{
			Type: "removed", RootOnly: true,
			Doc: "The records of topics that match are dropped from the state, and the broker is left alone. No " +
				"declared topic may match.",
			Arguments: []Argument{filter, only},
		},
		{
			Type: "schema", Labels: []string{"name"},
			Doc: "Every declared message whose topic matches must have a JSON payload that fulfils the schema, in " +
				"addition to its own `schema`.",
			Arguments: []Argument{
				filter,
				{
					Name: "schema", Type: "string", Required: true,
					Doc:    "a JSON Schema (2020-12 or a draft before it)",
					Limits: "refers to nothing outside of itself",
				},
				every,
			},
		},
	}
}
