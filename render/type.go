package render

import (
	"maps"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// Type returns a type as "type(...)" shows it in Terraform's console, over several lines if it has parts.
func Type(ty cty.Type) string {
	var b strings.Builder
	writeType(&b, ty, 0)
	return b.String()
}

func writeType(b *strings.Builder, ty cty.Type, indent int) {
	line := func(text string) {
		b.WriteString("\n" + strings.Repeat(" ", indent+4) + text)
	}
	switch {
	case ty == cty.DynamicPseudoType:
		b.WriteString("dynamic")
	case ty.IsCollectionType():
		element := ty.ElementType()
		b.WriteString(kindOf(ty) + "(")
		if element.IsPrimitiveType() || element == cty.DynamicPseudoType {
			writeType(b, element, indent)
			b.WriteString(")")
			return
		}
		line("")
		writeType(b, element, indent+4)
		b.WriteString(",\n" + strings.Repeat(" ", indent) + ")")
	case ty.IsObjectType():
		attributes := ty.AttributeTypes()
		if len(attributes) == 0 {
			b.WriteString("object({})")
			return
		}
		b.WriteString("object({")
		for _, name := range slices.Sorted(maps.Keys(attributes)) {
			line(name + ": ")
			writeType(b, attributes[name], indent+4)
			b.WriteString(",")
		}
		b.WriteString("\n" + strings.Repeat(" ", indent) + "})")
	case ty.IsTupleType():
		if len(ty.TupleElementTypes()) == 0 {
			b.WriteString("tuple([])")
			return
		}
		b.WriteString("tuple([")
		for _, element := range ty.TupleElementTypes() {
			line("")
			writeType(b, element, indent+4)
			b.WriteString(",")
		}
		b.WriteString("\n" + strings.Repeat(" ", indent) + "])")
	default:
		b.WriteString(ty.FriendlyName())
	}
}
