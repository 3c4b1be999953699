package language

// Rule describes a block with a condition.
func Rule(typ, doc string) Block {
	return Block{Type: typ, Doc: doc, Arguments: []Argument{
		{Name: "condition", Type: "bool", Required: true, Hidden: true, Doc: "true if all is well"},
		{Name: "error_message", Type: "string", Required: true, Hidden: true, Doc: "says what is wrong and how to fix it"},
	}}
}
