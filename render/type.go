package render

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// TypeOf returns the type of a value as Type does. Types in a sensitive value are not shown: that of an object has the
// names of its attributes.
func TypeOf(v cty.Value) string { return Type(visibleType(v)) }

// hiddenType stands for the type of a sensitive value.
var hiddenType = cty.Capsule("(sensitive value)", reflect.TypeFor[struct{}]())

func visibleType(v cty.Value) cty.Type {
	ty := v.Type()
	switch {
	case v.IsMarked():
		return hiddenType
	case !v.ContainsMarked():
		return ty
	case ty.IsListType():
		return cty.List(hiddenType)
	case ty.IsMapType():
		return cty.Map(hiddenType)
	case ty.IsTupleType():
		var elements []cty.Type
		for it := v.ElementIterator(); it.Next(); {
			_, element := it.Element()
			elements = append(elements, visibleType(element))
		}
		return cty.Tuple(elements)
	case ty.IsObjectType():
		attributes := map[string]cty.Type{}
		for it := v.ElementIterator(); it.Next(); {
			name, attribute := it.Element()
			attributes[name.AsString()] = visibleType(attribute)
		}
		return cty.Object(attributes)
	}
	return hiddenType
}

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
