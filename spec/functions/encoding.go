package functions

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"unicode/utf8"

	"github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/ianaindex"
)

func encodingFunctions() map[string]function.Function {
	return map[string]function.Function{
		"base64decode":     stringFunction(base64Decode, "str"),
		"base64encode":     stringFunction(base64Encode, "str"),
		"base64gzip":       stringFunction(base64Gzip, "str"),
		"csvdecode":        stdlib.CSVDecodeFunc,
		"jsondecode":       checked(stdlib.JSONDecodeFunc, checkJSON),
		"jsonencode":       jsonEncode(),
		"textdecodebase64": stringFunction(textDecodeBase64, "source", "encoding"),
		"textencodebase64": stringFunction(textEncodeBase64, "string", "encoding"),
		"urlencode":        stringFunction(urlEncode, "str"),
		"yamldecode":       checked(yaml.YAMLDecodeFunc, checkYAML),
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
		return "", errors.New("the result of decoding is not valid UTF-8, as a string must be; payload_base64 takes the encoded form")
	}
	return string(data), nil
}

// base64Gzip flushes before it closes, as Terraform does: with other bytes, every such message
// that Terraform published would be updated.
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
		return "", function.NewArgErrorf(0, "the given value is not base64: %w", err)
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
		return nil, "", function.NewArgErrorf(1,
			"%q is not a supported IANA encoding name or alias; UTF-8, UTF-16LE and ISO-8859-1 are", name)
	}
	official, err := ianaindex.IANA.Name(enc)
	if err != nil {
		official = name
	}
	return enc, official, nil
}

func urlEncode(s ...string) (string, error) { return url.QueryEscape(s[0]), nil }
