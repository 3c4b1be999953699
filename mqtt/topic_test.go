package mqtt

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestCheckTopic(t *testing.T) {
	tests := map[string]bool{
		"a": true, "a/b": true, "/": true, "/a": true, "a/": true, "a//b": true, "Ä b/ü": true, "a/$b": true, // 4.7.1: empty levels are legal
		"":  false,                                           // MQTT-4.7.3-1
		"+": false, "a/#": false, "a+": false, "a/b#": false, // MQTT-4.7.1: no wildcard in a name
		"a\x00b": false,             // MQTT-4.7.3-2
		"a\xff":  false,             // MQTT-1.5.4-1
		"$SYS/x": false, "$": false, // 4.7.2
		strings.Repeat("a", 65535): true, strings.Repeat("a", 65536): false, strings.Repeat("é", 32768): false, // MQTT-4.7.3-3
	}
	for topic, want := range tests {
		if err := CheckTopic(topic); (err == nil) != want {
			t.Errorf("CheckTopic(%.20q) = %v", topic, err)
		}
	}
}

func TestCheckFilter(t *testing.T) {
	tests := map[string]bool{
		"a": true, "#": true, "+": true, "a/#": true, "+/a/+": true, "/#": true, "/+": true, "$SYS/#": true, "+/#": true, "//": true,
		"": false, "a\x00": false, "\xff": false, strings.Repeat("a", 65536): false,
		"a/#/b": false, "#/": false, "a#": false, "a/b#": false, "##": false, // MQTT-4.7.1-1
		"a+": false, "+a/b": false, "a/++": false, "+#": false, // MQTT-4.7.1-2
	}
	for filter, want := range tests {
		if err := CheckFilter(filter); (err == nil) != want {
			t.Errorf("CheckFilter(%.20q) = %v", filter, err)
		}
	}
}

func TestMatch(t *testing.T) {
	tests := []struct {
		filter  string
		matches []string
		not     []string
	}{
		{"a/b", []string{"a/b"}, []string{"a", "a/b/c", "A/b", "a/B", "a/b/", "/a/b"}},
		{"a/#", []string{"a", "a/", "a/b", "a/b/c"}, []string{"ab", "b/a", "/a"}},
		{"#", []string{"a", "a/b", "/", "/a"}, []string{"$SYS", "$SYS/a"}},
		{"+", []string{"a"}, []string{"a/b", "/a", "a/", "$SYS"}},
		{"/+", []string{"/a", "/"}, []string{"a", "/a/b"}},
		{"+/+", []string{"/a", "a/b", "/"}, []string{"a", "$SYS/a"}},
		{"a/+/c", []string{"a/b/c", "a//c"}, []string{"a/c", "a/b/d", "a/b/c/d"}},
		{"+/#", []string{"a", "a/b"}, []string{"$SYS/a"}},
		{"a/+/#", []string{"a/b", "a/b/c", "a/"}, []string{"a"}},
		{"$SYS/#", []string{"$SYS", "$SYS/a"}, []string{"SYS/a"}},
		{"$SYS/+", []string{"$SYS/a"}, []string{"$SYS"}},
	}
	for _, tt := range tests {
		for _, topic := range tt.matches {
			if !Match(tt.filter, topic) {
				t.Errorf("%q does not match %q", tt.filter, topic)
			}
		}
		for _, topic := range tt.not {
			if Match(tt.filter, topic) {
				t.Errorf("%q matches %q", tt.filter, topic)
			}
		}
	}
}

// naiveMatch compares the split levels as 4.7.1 describes.
func naiveMatch(filter, topic string) bool {
	f, t := strings.Split(filter, "/"), strings.Split(topic, "/")
	if t[0] != "" && t[0][0] == '$' && (f[0] == "+" || f[0] == "#") {
		return false
	}
	if f[len(f)-1] == "#" {
		f = f[:len(f)-1]
		if len(t) < len(f) {
			return false
		}
		t = t[:len(f)]
	}
	return slices.EqualFunc(f, t, func(f, t string) bool { return f == "+" || f == t })
}

func FuzzMatch(f *testing.F) {
	for _, seed := range [][2]string{{"a/#", "a"}, {"#", "$a"}, {"+/b", "/b"}, {"a/+/#", "a/b/c"}, {"+", "a/"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, filter, topic string) {
		if CheckFilter(filter) != nil || topic == "" {
			return
		}
		if got, want := Match(filter, topic), naiveMatch(filter, topic); got != want {
			t.Errorf("Match(%q, %q) = %v", filter, topic, got)
		}
	})
}

// filters draws filters of up to four levels over a small alphabet.
func filters() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		levels := rapid.SliceOfN(rapid.SampledFrom([]string{"", "a", "b", "$a", "+"}), 0, 3).Draw(t, "levels")
		if len(levels) == 0 || rapid.Bool().Draw(t, "hash") {
			levels = append(levels, "#")
		}
		return strings.Join(levels, "/")
	}).Filter(func(s string) bool { return s != "" })
}

// topicsUpTo returns every topic of up to that many levels over a small alphabet.
func topicsUpTo(levels int) []string {
	alphabet := []string{"", "a", "b", "$a"}
	all, last := slices.Clone(alphabet), alphabet
	for range levels - 1 {
		var next []string
		for _, topic := range last {
			for _, level := range alphabet {
				next = append(next, topic+"/"+level)
			}
		}
		all, last = append(all, next...), next
	}
	return all[1:] // the first is empty
}

func TestOverlap(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"a/#", "a", true}, {"a/#", "+/b/c", true}, {"a/+", "+/b", true}, {"a/+/c", "a/b", false}, {"a/b", "a/c", false},
		{"#", "$SYS/#", false}, {"+/a", "$SYS/a", false}, {"$SYS/+", "$SYS/#", true}, {"+", "/#", false}, {"+", "/", false}, {"+/+", "/", true}, {"+/#", "/#", true},
	}
	for _, tt := range tests {
		if Overlap(tt.a, tt.b) != tt.want || Overlap(tt.b, tt.a) != tt.want {
			t.Errorf("Overlap(%q, %q) is not %v", tt.a, tt.b, tt.want)
		}
	}
}

func TestOverlapsIfATopicMatchesBoth(t *testing.T) {
	topics := topicsUpTo(4)
	rapid.Check(t, func(t *rapid.T) {
		a, b := filters().Draw(t, "a"), filters().Draw(t, "b")
		want := slices.ContainsFunc(topics, func(topic string) bool { return Match(a, topic) && Match(b, topic) })
		if Overlap(a, b) != want || Overlap(b, a) != want {
			t.Fatalf("Overlap(%q, %q) = %v", a, b, Overlap(a, b))
		}
	})
}
