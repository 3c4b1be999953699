package cli_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// canary is a secret that was planted in one field, and the forms in which it might appear in an
// output.
type canary struct {
	name, value string
	forms       map[string][]byte
}

// shortestForm is the shortest encoded form that is searched for. A shorter one would be found in any
// digest.
const shortestForm = 5

func newCanary(name, value string) canary {
	c := canary{name, value, map[string][]byte{}}
	c.add("plain", value)
	// A value that is printed line by line, or cut off after some columns, is a leak too.
	for i, line := range strings.Split(value, "\n") {
		c.add(fmt.Sprintf("line %d", i), line)
	}
	if len(value) > 24 {
		c.add("beginning", value[:20])
		c.add("end", value[len(value)-20:])
	}
	return c
}

// add adds a part of the secret in every encoding.
func (c *canary) add(part, text string) {
	put := func(form, encoded string) {
		if len(encoded) >= shortestForm || form == "" && len(encoded) >= 4 {
			c.forms[part+form] = []byte(encoded)
		}
	}
	put("", text)
	put(" %q", unquoted(strconv.Quote(text)))
	put(" %+q", unquoted(strconv.QuoteToASCII(text)))
	put(" %q of %q", unquoted(strconv.Quote(unquoted(strconv.Quote(text)))))
	asJSON, _ := json.Marshal(text)
	put(" JSON", unquoted(string(asJSON)))
	again, _ := json.Marshal(unquoted(string(asJSON)))
	put(" JSON in JSON", unquoted(string(again)))
	put(" HTML", html.EscapeString(text))
	put(" URL", url.QueryEscape(text))
	put(" path", url.PathEscape(text))
	put(" hex", hex.EncodeToString([]byte(text)))
	put(" HEX", strings.ToUpper(hex.EncodeToString([]byte(text))))
	put(" bytes", strings.Trim(fmt.Sprint([]byte(text)), "[]"))
	for offset := range 3 {
		put(fmt.Sprintf(" base64 at %d", offset), base64Core(base64.StdEncoding, text, offset))
		put(fmt.Sprintf(" base64url at %d", offset), base64Core(base64.URLEncoding, text, offset))
	}
}

func unquoted(s string) string { return s[1 : len(s)-1] }

// base64Core returns the characters that a text always has in base64 if it begins at an offset within
// three bytes.
func base64Core(e *base64.Encoding, text string, offset int) string {
	encoded := e.EncodeToString([]byte(strings.Repeat("\x00", offset) + text))
	from, to := (offset*8+5)/6, (offset+len(text))*8/6
	return encoded[from:to]
}

// search looks for canaries, and counts the places that it searched.
type search struct {
	leak     func(format string, args ...any)
	canaries []canary
	places   int
	bytes    int64
	seen     map[string][]byte // files, with the content that was searched last
}

func (s *search) forms() (n int) {
	for _, c := range s.canaries {
		n += len(c.forms)
	}
	return n
}

// text searches a text that was printed or stored, and what is decoded from it.
func (s *search) text(place string, data []byte) {
	s.places++
	s.bytes += int64(len(data))
	layers := append([][]byte{data}, decoded(data)...)
	for _, c := range s.canaries {
		for _, layer := range layers {
			if form, at := c.in(layer); at >= 0 {
				s.leak("%s shows the canary %s (%s): ...%q...", place, c.name, form, layer[max(0, at-80):min(len(layer), at+80)])
				break
			}
		}
	}
}

// in returns the form in which the canary is in data, and its offset, which is -1 if it is not.
func (c *canary) in(data []byte) (form string, at int) {
	for form, encoded := range c.forms {
		if at := bytes.Index(data, encoded); at >= 0 {
			return form, at
		}
	}
	return "", -1
}

// decoded returns the strings of the JSON documents that are lines of data, and what those strings are
// in base64.
func decoded(data []byte) (found [][]byte) {
	var all []byte
	for _, line := range bytes.Split(data, []byte("\n")) {
		var doc any
		if len(line) > 0 && (line[0] == '{' || line[0] == '[') && json.Unmarshal(line, &doc) == nil {
			all = append(all, stringsOf(doc)...)
		}
	}
	if len(all) > 0 {
		found = append(found, all)
	}
	return found
}

func stringsOf(doc any) (all []byte) {
	switch doc := doc.(type) {
	case string:
		all = append(append(all, doc...), 0)
		for _, e := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
			if data, err := e.DecodeString(doc); err == nil {
				all = append(append(all, data...), 0)
			}
		}
		var inner any
		if len(doc) > 1 && (doc[0] == '{' || doc[0] == '[') && json.Unmarshal([]byte(doc), &inner) == nil {
			all = append(all, stringsOf(inner)...)
		}
	case []any:
		for _, v := range doc {
			all = append(all, stringsOf(v)...)
		}
	case map[string]any:
		for k, v := range doc {
			all = append(append(all, k...), 0)
			all = append(all, stringsOf(v)...)
		}
	}
	return all
}

// folder searches every file of a folder except those that canaries are planted in.
func (s *search) folder(t *testing.T, step, dir string, planted ...string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		if slices.Contains(planted, name) {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if before, there := s.seen[name]; !there || !bytes.Equal(before, data) {
			s.text(step+": the name of "+name, []byte(name))
			s.text(step+": "+name, data)
			s.seen[name] = data
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestCanarySearchFinds checks that the search finds a canary in every encoding.
func TestCanarySearchFinds(t *testing.T) {
	value := "sec-\"q\"\nline two of it <&> ünï"
	for _, form := range []func(string) string{
		func(s string) string { return s }, strconv.Quote, html.EscapeString, url.QueryEscape,
		func(s string) string { return base64.StdEncoding.EncodeToString([]byte("ab" + s)) },
		func(s string) string { return base64.StdEncoding.EncodeToString([]byte("a" + s + "b")) },
		func(s string) string { return hex.EncodeToString([]byte(s)) },
		func(s string) string { b, _ := json.Marshal(map[string]string{"a": s}); return string(b) },
		func(s string) string { b, _ := json.Marshal(map[string][]byte{"a": []byte(s)}); return string(b) },
		func(s string) string { return strings.Split(s, "\n")[1] },
	} {
		leaks := 0
		s := search{leak: func(string, ...any) { leaks++ }, canaries: []canary{newCanary("c", value)}}
		s.text("place", []byte("before "+form(value)+" after\n"))
		if leaks == 0 {
			t.Errorf("not found in %q", form(value))
		}
	}
}
