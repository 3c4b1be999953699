package render

import (
	"fmt"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// Value returns a value of the language as "terraform output" and "terraform console" show it: as an expression, over
// several lines if it has parts. Sensitive values, which are marked, become "(sensitive value)", and unknown ones
// "(known after apply)".
func Value(v cty.Value) string {
	var b strings.Builder
	writeValue(&b, v, 0)
	return b.String()
}

func writeValue(b *strings.Builder, v cty.Value, indent int) {
	ty := v.Type()
	switch {
	case v.IsMarked():
		b.WriteString("(sensitive value)")
	case !v.IsKnown():
		b.WriteString("(known after apply)")
	case v.IsNull():
		b.WriteString(nullOf(ty))
	case ty == cty.String:
		b.WriteString(stringValue(v.AsString(), indent))
	case ty == cty.Number:
		b.WriteString(v.AsBigFloat().Text('f', -1))
	case ty == cty.Bool:
		fmt.Fprint(b, v.True())
	case ty.IsListType(), ty.IsSetType(), ty.IsMapType():
		fmt.Fprintf(b, "to%s(", kindOf(ty))
		writeElements(b, v, indent)
		b.WriteByte(')')
	case v.CanIterateElements():
		writeElements(b, v, indent)
	default: // a capsule, which no expression of the language returns
		b.WriteString(ty.FriendlyName())
	}
}

// kindOf returns the name of a kind of collection, as in the functions tolist, toset and tomap.
func kindOf(ty cty.Type) string {
	switch {
	case ty.IsListType():
		return "list"
	case ty.IsSetType():
		return "set"
	}
	return "map"
}

// nullOf returns a null with its type.
func nullOf(ty cty.Type) string {
	switch {
	case ty == cty.DynamicPseudoType:
		return "null"
	case ty.IsPrimitiveType():
		return "to" + ty.FriendlyName() + "(null)"
	case ty.IsCollectionType():
		return fmt.Sprintf("to%s(null) /* of %s */", kindOf(ty), ty.ElementType().FriendlyName())
	}
	return fmt.Sprintf("null /* %s */", ty.FriendlyName())
}

func writeElements(b *strings.Builder, v cty.Value, indent int) {
	keyed := v.Type().IsObjectType() || v.Type().IsMapType()
	open, end, after := "[", "]", ","
	if keyed {
		open, end, after = "{", "}", ""
	}
	b.WriteString(open)
	for it := v.ElementIterator(); it.Next(); {
		key, element := it.Element()
		b.WriteString("\n" + strings.Repeat(" ", indent+2))
		if keyed {
			b.WriteString(quote(key.AsString()) + " = ")
		}
		writeValue(b, element, indent+2)
		b.WriteString(after)
	}
	if v.LengthInt() > 0 {
		b.WriteString("\n" + strings.Repeat(" ", indent))
	}
	b.WriteString(end)
}

// stringValue returns a string in quotes, or as a heredoc if it has several lines and each can be shown as it is.
func stringValue(s string, indent int) string {
	lines := strings.Split(s, "\n")
	if len(lines) == 1 {
		return quote(s)
	}
	delimiter := "EOT"
	for i := 0; i < len(lines); i++ {
		switch line := lines[i]; {
		case Escape(strings.ReplaceAll(line, "\t", " ")) != strings.ReplaceAll(line, "\t", " "):
			return quote(s)
		case strings.TrimSpace(line) == delimiter:
			delimiter, i = delimiter+"_", -1 // from the start
		}
	}
	operator, margin := "<<", "\n"+strings.Repeat(" ", indent)
	if indent > 0 {
		operator = "<<-"
	}
	return operator + delimiter + margin + strings.Join(lines, margin) + margin + delimiter
}
