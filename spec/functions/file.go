package functions

import (
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// files are the files that the functions of one module may read.
type files struct {
	root  *Sandbox
	dir   string
	texts *sync.Map // name to string: for_each reads one schema for every device
}

func (f files) read(name string) ([]byte, error) {
	data, err := f.root.ReadFile(f.dir, name)
	if err != nil {
		return nil, function.NewArgError(0, err)
	}
	return data, nil
}

// text reads a file as a string, which is UTF-8.
func (f files) text(name string) (string, error) {
	if known, ok := f.texts.Load(name); ok {
		return known.(string), nil
	}
	data, err := f.read(name)
	if err != nil {
		return "", err
	}
	if !utf8.Valid(data) {
		return "", fmt.Errorf("%s is not valid UTF-8; filebase64 reads it for payload_base64, and filemd5, filesha256 and the like hash it", name)
	}
	text, _ := f.texts.LoadOrStore(name, string(data))
	return text.(string), nil
}

func (f files) functions() map[string]function.Function {
	all := map[string]function.Function{
		"file":       ofStrings(func(s ...string) (string, error) { return f.text(s[0]) }, "path"),
		"filebase64": f.spelled(base64.StdEncoding.EncodeToString),
		"fileexists": f.exists(),
		"fileset":    f.set(),
	}
	for name, sum := range digests() {
		if rest, ok := strings.CutPrefix(name, "base64"); ok {
			all["filebase64"+rest] = f.spelled(sum)
		} else {
			all["file"+name] = f.spelled(sum)
		}
	}
	return all
}

// spelled returns a function that reads a file and returns its bytes as spell spells them.
func (f files) spelled(spell func([]byte) string) function.Function {
	return ofStrings(func(s ...string) (string, error) {
		data, err := f.read(s[0])
		if err != nil {
			return "", err
		}
		return spell(data), nil
	}, "path")
}

func (f files) exists() function.Function {
	return function.New(&function.Spec{
		Params:       stringParams([]string{"path"}),
		Type:         function.StaticReturnType(cty.Bool),
		RefineResult: notNull,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			is, err := f.root.Exists(f.dir, args[0].AsString())
			if err != nil {
				return cty.NilVal, function.NewArgError(0, err)
			}
			return cty.BoolVal(is), nil
		},
	})
}

func (f files) set() function.Function {
	return function.New(&function.Spec{
		Params:       stringParams([]string{"path", "pattern"}),
		Type:         function.StaticReturnType(cty.Set(cty.String)),
		RefineResult: notNull,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			names, err := f.root.Glob(f.dir, args[0].AsString(), args[1].AsString())
			if err != nil {
				return cty.NilVal, err
			}
			if len(names) == 0 {
				return cty.SetValEmpty(cty.String), nil
			}
			set := make([]cty.Value, len(names))
			for i, name := range names {
				set[i] = cty.StringVal(name)
			}
			return cty.SetVal(set), nil
		},
	})
}
