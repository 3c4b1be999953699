package render

import "testing"

func TestFormats(t *testing.T) {
	for _, tt := range []struct{ what, got, want string }{
		{"the flag", FormatChoice(), "text|json|markdown|html"},
		{"an error", FormatNames(), "text, json, markdown or html"},
		{"what is shortened", FormatTitles(true, "and"), "text and markdown"},
		{"what is whole", FormatTitles(false, "and"), "JSON and HTML"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s names %q, want %q", tt.what, tt.got, tt.want)
		}
	}
	for _, name := range []string{"", "TEXT", "yaml"} {
		if _, ok := FormatNamed(name); ok || Format(name).Shortens() {
			t.Errorf("there is a format %q", name)
		}
		if State(nil, Format(name), nil) == nil || Plan(nil, Format(name), nil, PlanOptions{}) == nil {
			t.Errorf("something is written as %q", name)
		}
	}
	for _, f := range Formats() {
		if same, ok := FormatNamed(string(f)); !ok || same != f {
			t.Errorf("%s is not known by its name", f)
		}
	}
}
