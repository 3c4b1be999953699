package language

// scopeBlocks are those that speak of the topics that match a filter.
func scopeBlocks() []Block {
	filter := Argument{Name: "filter", Type: "string", Required: true, Doc: "an MQTT topic filter", Limits: "does not begin with `$`; not sensitive"}
	only := Argument{Name: "broker", Type: "string", Default: "the only broker", Doc: "which broker's topics: `broker.NAME`"}
	every := only
	every.Default = "every broker"
	return []Block{
		{
			Type: "exclusive", Labels: []string{"name"}, RootOnly: true,
			Doc: "A live message that matches and that nothing declares is deleted. Filters of two such blocks do not overlap.",
			Arguments: []Argument{
				filter,
				{Name: "except", Type: "list of strings", Doc: "filters of what is left alone", Limits: "no declared topic matches one"},
				only,
			},
		},
		{
			Type: "protect", Labels: []string{"name"},
			Doc:       "Nothing that matches may be deleted, even when its block is gone: a plan that would is an error.",
			Arguments: []Argument{filter, every},
		},
		{
			Type: "removed", RootOnly: true,
			Doc:       "What the state records there is forgotten, and the broker is left alone. No declared topic may match.",
			Arguments: []Argument{filter, only},
		},
		{
			Type: "schema", Labels: []string{"name"},
			Doc: "Every declared topic that matches must hold a JSON document that fulfils the schema, whoever declares it, and beside a `schema` of its own.",
			Arguments: []Argument{
				filter,
				{Name: "schema", Type: "string", Required: true, Doc: "a JSON Schema (2020-12 or a draft before it)", Limits: "refers to nothing outside of itself"},
				every,
			},
		},
	}
}
