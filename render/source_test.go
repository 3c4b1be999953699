package render

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/json"

	"github.com/retainctl/retainctl/mqtt"
)

// oneLine returns a generated configuration without a line break, and a warning about each of its n topics.
func oneLine(t *testing.T, n int) (map[string]*hcl.File, hcl.Diagnostics) {
	t.Helper()
	var src bytes.Buffer
	var diags hcl.Diagnostics
	src.WriteString(`{"message":{`)
	for i := range n {
		fmt.Fprintf(&src, `"m%d":{"payload":"%s","topic":`, i, strings.Repeat("é", 40))
		at := hcl.Pos{Line: 1, Column: src.Len(), Byte: src.Len()}
		fmt.Fprintf(&src, `"a b/%d"},`, i)
		end := hcl.Pos{Line: 1, Column: src.Len() - 2, Byte: src.Len() - 2}
		diags = append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagWarning, Summary: "Spaces", Detail: "No.",
			Subject: &hcl.Range{Filename: "main.retain.json", Start: at, End: end},
		})
	}
	src.WriteString(`"last":{}}}`)
	file, errs := json.Parse(src.Bytes(), "main.retain.json")
	if errs.HasErrors() {
		t.Fatal(errs)
	}
	return map[string]*hcl.File{"main.retain.json": file}, diags
}

// TestOneLineOfManyWarnings checks that the warnings are shown in bounded time and length.
func TestOneLineOfManyWarnings(t *testing.T) {
	files, diags := oneLine(t, 5000)
	start := time.Now()
	var text bytes.Buffer
	if err := Diagnostics(&text, files, diags, DiagnosticsOptions{}); err != nil {
		t.Fatal(err)
	}
	if text.Len() > 4000 || !strings.Contains(text.String(), `"topic":"a b/2"`) ||
		!strings.Contains(text.String(), "(and 4,997 more similar warnings elsewhere") {
		t.Errorf("%d bytes:\n%.4000s", text.Len(), text.String())
	}
	var doc bytes.Buffer
	if err := DiagnosticsJSON(&doc, files, diags[:500]); err != nil {
		t.Fatal(err)
	}
	if doc.Len() > 500*1500 || !strings.Contains(doc.String(), `\"topic\":\"a b/499\"`) {
		t.Errorf("%d bytes of JSON", doc.Len())
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %s", took)
	}
}

// TestSecretFarBefore checks that an error inside a long secret does not show it.
func TestSecretFarBefore(t *testing.T) {
	src := []byte(`{"broker":{"mqtt":{"b":{"password":"` + strings.Repeat("hunter2 ", 500) + `${nope}"}}}}`)
	file, errs := json.Parse(src, "main.retain.json")
	if errs.HasErrors() {
		t.Fatal(errs)
	}
	at := bytes.Index(src, []byte("nope"))
	d := &hcl.Diagnostic{Summary: "Wrong", Subject: &hcl.Range{
		Filename: "main.retain.json",
		Start:    hcl.Pos{Line: 1, Column: at, Byte: at},
		End:      hcl.Pos{Line: 1, Column: at + 4, Byte: at + 4},
	}}
	var text bytes.Buffer
	if err := Diagnostics(&text, map[string]*hcl.File{"main.retain.json": file}, hcl.Diagnostics{d}, DiagnosticsOptions{}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text.String(), "hunter2") || !strings.Contains(text.String(), mqtt.RedactedText) {
		t.Errorf("%s", text.String())
	}
}
