package spec

import "testing"

func TestFormat(t *testing.T) {
	const want = "message \"m\" {\n  qos     = 1\n  payload = \"x\"\n}\n"
	got, _, diags := Format([]byte("message \"m\" {\nqos=1\n  payload   = \"x\"\n}\n"), "m.retain.hcl")
	if diags.HasErrors() || string(got) != want {
		t.Errorf("%v\n%s", diags, got)
	}
	for _, broken := range append(bombs(), "message {", "a = \"") {
		if got, file, diags := Format([]byte(broken), "m.retain.hcl"); got != nil || file == nil || !diags.HasErrors() {
			t.Errorf("%.40q gives %.40q, %v, %v", broken, got, file, diags)
		}
	}
}
