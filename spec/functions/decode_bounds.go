package functions

import (
	"errors"
	"fmt"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/retainctl/retainctl/spec/bounds"
)

// bounded returns a decoder that refuses documents which would use up the stack or
// the memory: Go recovers from neither, so a file in a pull request would end the
// process.
func bounded(decode function.Function, check func(doc string) error) function.Function {
	return function.New(&function.Spec{
		Params: decode.Params(),
		Type: func(args []cty.Value) (cty.Type, error) {
			if args[0].IsKnown() {
				if err := check(args[0].AsString()); err != nil {
					return cty.NilType, function.NewArgError(0, err)
				}
			}
			return decode.ReturnTypeForValues(args)
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return decode.Call(args) },
	})
}

// boundJSON counts the brackets outside strings.
func boundJSON(doc string) error {
	depth, inString := 0, false
	for i := 0; i < len(doc); i++ {
		switch c := doc[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '[' || c == '{':
			if depth++; depth > bounds.MaxDepth {
				return fmt.Errorf("the document nests more than %d levels deep", bounds.MaxDepth)
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return nil
}

// maxYAMLDepth is above bounds.MaxDepth because boundYAML counts too much.
const maxYAMLDepth = 2000

// boundYAML bounds the depth from above, since only a YAML parser knows what is a
// string: brackets of flow style, and in block style the characters before a
// line's first word, each of which may open a level ("- - - x").
func boundYAML(doc string) error {
	depth, indent, leading := 0, 0, true
	for i := 0; i < len(doc); i++ {
		switch doc[i] {
		case '\n':
			indent, leading = 0, true
			continue
		case ' ', '-', '?', ':', '\t':
			if leading {
				indent++
			}
		case '[', '{':
			depth, leading = depth+1, false
		case ']', '}':
			depth, leading = max(depth-1, 0), false
		default:
			leading = false
		}
		if depth > maxYAMLDepth || indent > maxYAMLDepth {
			return fmt.Errorf("the document nests more than %d levels deep", maxYAMLDepth)
		}
	}
	return boundAliases(doc)
}

// maxExpanded is how large a YAML document may become once its aliases are replaced by
// what they name.
const maxExpanded = 64 << 20

// boundAliases bounds that size from above. Thirty lines of aliases to the line
// before ("billion laughs") are 2^30 values.
//
// An alias can only name a node that has ended, so a node is at most what is
// between its anchor and the first alias to it.
func boundAliases(doc string) error {
	type node struct{ start, size int }
	nodes := map[string]*node{}
	total := 0 // what the document so far becomes
	for i := 0; i < len(doc); i++ {
		total++
		if c := doc[i]; c != '&' && c != '*' || i > 0 && isAnchorByte(doc[i-1]) {
			continue
		}
		name := anchorName(doc[i+1:])
		if doc[i] == '&' {
			nodes[name] = &node{start: total}
		} else if n := nodes[name]; n != nil {
			if n.size == 0 {
				n.size = total - n.start
			}
			total += n.size
		}
		if total > maxExpanded+len(doc) {
			return errors.New("the document's aliases stand for too much: written out, it may be larger than 64 MiB")
		}
	}
	return nil
}

func anchorName(s string) string {
	for i := range len(s) {
		if !isAnchorByte(s[i]) {
			return s[:i]
		}
	}
	return s
}

func isAnchorByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}
