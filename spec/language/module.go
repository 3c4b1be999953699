package language

// moduleBlocks returns the blocks that a configuration is composed with.
func moduleBlocks() []Block {
	return []Block{variableBlock(), localsBlock(), callBlock(), outputBlock(), checkBlock()}
}

func variableBlock() Block {
	return Block{
		Type: "variable", Labels: []string{"name"},
		Doc: "A value that is set from outside: `var.NAME`.",
		Arguments: []Argument{
			{
				Name: "type", Type: "type constraint", Default: "any",
				Doc: "`string`, `number`, `bool`, `list(...)`, `set(...)`, `map(...)`, `object({ ... })` with " +
					"`optional(...)`, `tuple([...])`, `any`",
			},
			{Name: "default", Type: "any", Doc: "the value if none is given; without a default, one must be given"},
			{Name: "description", Type: "literal string", Doc: "for the person who sets it"},
			{Name: "nullable", Type: "literal bool", Default: "true", Doc: "`false`: null means the default"},
			{
				Name: "sensitive", Type: "literal bool", Default: "false",
				Doc: "hide the value, and values made from it, wherever they would be shown or stored",
			},
		},
		Blocks: []Block{Rule("validation", "Must be true for a valid value.")},
	}
}

func localsBlock() Block {
	return Block{
		Type: "locals", Doc: "Names for expressions: `local.NAME`.",
		Others: "the value of `local.NAME`",
	}
}

func callBlock() Block {
	return Block{
		Type: "module", Labels: []string{"name"},
		Doc: "The configuration of another folder, once or for each element of a collection.",
		Arguments: []Argument{
			{
				Name: "source", Type: "literal string", Required: true,
				Doc:    "the folder, relative to this one: `\"./modules/room\"`",
				Limits: "begins with `./` or `../`, and stays below the configuration's folder",
			},
			{
				Name: "for_each", Type: "map, object or set of strings",
				Doc:    "one instance for each element; `each.key`, `each.value`",
				Limits: "not together with `count`",
			},
			{
				Name: "count", Type: "number",
				Doc:    "the number of instances; `count.index`",
				Limits: "a whole number, 0 or more",
			},
			{
				Name: "depends_on", Type: "list of references",
				Doc: "`message.NAME`, `module.NAME`: its messages are published after these, and deleted before them",
			},
		},
		Others: "the value of the module's variable of that name",
	}
}

func outputBlock() Block {
	return Block{
		Type: "output", Labels: []string{"name"},
		Doc: "A value for the caller of the module, `module.M.NAME`, or for `retainctl output`.",
		Arguments: []Argument{
			{
				Name: "value", Type: "any", Required: true, Hidden: true,
				Doc: "what the caller sees as `module.NAME.OUTPUT`, and what `retainctl output` prints of the root",
			},
			{Name: "description", Type: "literal string", Doc: "for the reader"},
			{
				Name: "sensitive", Type: "literal bool", Default: "false",
				Doc:    "hide the value",
				Limits: "required in the root module if the value is made from sensitive values",
			},
			{
				Name: "depends_on", Type: "list of references",
				Doc: "`message.NAME`, `module.NAME`: messages that use the output are published after these",
			},
		},
		Blocks: []Block{Rule("precondition", "Must be true before the value is used.")},
	}
}

func checkBlock() Block {
	return Block{
		Type: "check", Labels: []string{"name"},
		Doc:    "Says what should be true of the configuration. If it is not, the plan warns.",
		Blocks: []Block{Rule("assert", "One condition that should be true.")},
	}
}
