package spec

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"unicode/utf8"

	"github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/ianaindex"
)

func encodingFunctions() map[string]function.Function {
	return map[string]function.Function{
		"base64decode":     ofStrings(base64Decode, "str"),
		"base64encode":     ofStrings(base64Encode, "str"),
		"base64gzip":       ofStrings(base64Gzip, "str"),
		"csvdecode":        stdlib.CSVDecodeFunc,
		"jsondecode":       shallow(stdlib.JSONDecodeFunc, tooDeepJSON),
		"jsonencode":       jsonEncode(),
		"textdecodebase64": ofStrings(textDecodeBase64, "source", "encoding"),
		"textencodebase64": ofStrings(textEncodeBase64, "string", "encoding"),
		"urlencode":        ofStrings(urlEncode, "str"),
		"yamldecode":       shallow(yaml.YAMLDecodeFunc, tooDeepYAML),
		"yamlencode":       yaml.YAMLEncodeFunc,
	}
}

func base64Encode(s ...string) (string, error) {
	return base64.StdEncoding.EncodeToString([]byte(s[0])), nil
}

func base64Decode(s ...string) (string, error) {
	data, err := base64.StdEncoding.DecodeString(s[0])
	if err != nil {
		return "", fmt.Errorf("failed to decode base64 data: %w", err)
	}
	if !utf8.Valid(data) {
		return "", errors.New("the result of decoding is not valid UTF-8, and a string holds nothing else; payload_base64 takes the encoded form")
	}
	return string(data), nil
}

// base64Gzip flushes before it closes: Terraform does, and a payload whose bytes
// depend on the tool is an update of every message.
func base64Gzip(s ...string) (string, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(s[0]))
	if err := errors.Join(err, w.Flush(), w.Close()); err != nil {
		return "", fmt.Errorf("compress: %w", err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

func textEncodeBase64(s ...string) (string, error) {
	enc, name, err := encodingOf(s[1])
	if err != nil {
		return "", err
	}
	data, err := enc.NewEncoder().Bytes([]byte(s[0]))
	if err != nil {
		return "", function.NewArgErrorf(0, "the given string contains characters that cannot be represented in %s", name)
	}
	return base64.StdEncoding.EncodeToString(data), nil
}

func textDecodeBase64(s ...string) (string, error) {
	enc, name, err := encodingOf(s[1])
	if err != nil {
		return "", err
	}
	data, err := base64.StdEncoding.DecodeString(s[0])
	if err != nil {
		return "", function.NewArgErrorf(0, "the given value is no base64: %w", err)
	}
	text, err := enc.NewDecoder().Bytes(data)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
		return "", function.NewArgErrorf(0, "the given string contains symbols that are not defined for %s", name)
	}
	return string(text), nil
}

func encodingOf(name string) (encoding.Encoding, string, error) {
	enc, err := ianaindex.IANA.Encoding(name)
	if err != nil || enc == nil {
		return nil, "", function.NewArgErrorf(1, "%q is not a supported IANA encoding name or alias; UTF-8, UTF-16LE and ISO-8859-1 are", name)
	}
	official, err := ianaindex.IANA.Name(enc)
	if err != nil {
		official = name
	}
	return enc, official, nil
}

func urlEncode(s ...string) (string, error) { return url.QueryEscape(s[0]), nil }

// shallow gives a decoder that refuses documents nested so deeply that decoding
// them would use up the stack, which no error can report.
func shallow(decode function.Function, tooDeep func(doc string) bool) function.Function {
	return function.New(&function.Spec{
		Params: decode.Params(),
		Type: func(args []cty.Value) (cty.Type, error) {
			if args[0].IsKnown() && tooDeep(args[0].AsString()) {
				return cty.NilType, function.NewArgErrorf(0, "the document nests too deeply to be decoded")
			}
			return decode.ReturnTypeForValues(args)
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return decode.Call(args) },
	})
}

// tooDeepJSON counts the brackets outside strings.
func tooDeepJSON(doc string) bool {
	depth, inString := 0, false
	for i := 0; i < len(doc); i++ {
		switch c := doc[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '[' || c == '{':
			if depth++; depth > maxDepth {
				return true
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return false
}

// tooDeepYAML bounds the depth from above, since only a YAML parser knows what is
// a string: brackets of flow style, and in block style the characters before a
// line's first word, each of which may open a level ("- - - x").
func tooDeepYAML(doc string) bool {
	depth, indent := 0, 0
	for i := 0; i < len(doc); i++ {
		switch c := doc[i]; c {
		case '\n':
			indent = 0
			continue
		case ' ', '-', '?', ':', '\t':
			if indent >= 0 {
				indent++
			}
			continue
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(depth-1, 0)
		}
		if depth > maxYAMLDepth || indent > maxYAMLDepth {
			return true
		}
		indent = -1
	}
	return indent > maxYAMLDepth
}

// maxYAMLDepth is above maxDepth because tooDeepYAML counts too much.
const maxYAMLDepth = 2000
