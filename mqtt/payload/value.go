package payload

// Value is a value of a document, for code that writes the document in another language.
type Value struct{ n *node }

// Root returns the document's object or array.
func (d Doc) Root() Value { return Value{&d.root} }

// Kind returns '{', '[', '"', '0' for a number, 't', 'f' or 'n'.
func (v Value) Kind() byte { return v.n.kind() }

// Name returns the decoded key of an object's member.
func (v Value) Name() string { return v.n.name }

// Text returns a string, decoded.
func (v Value) Text() string { return v.n.text }

// Raw returns the value as compact JSON, with numbers as they were spelled.
func (v Value) Raw() string { return v.n.json() }

// Values returns the members of an object or the elements of an array, in order.
func (v Value) Values() []Value {
	all := make([]Value, len(v.n.kids))
	for i := range v.n.kids {
		all[i] = Value{&v.n.kids[i]}
	}
	return all
}
