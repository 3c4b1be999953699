package spec

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// DefaultStatePath is where the local backend keeps the state, below the root.
const DefaultStatePath = "retain.state.json"

// backendArguments are the arguments of each backend type, with the names that
// Terraform gives them.
func backendArguments(typ string) map[string]cty.Type {
	switch typ {
	case "local":
		return map[string]cty.Type{"path": cty.String}
	case "s3":
		return map[string]cty.Type{
			"bucket": cty.String, "key": cty.String, "region": cty.String, "endpoint": cty.String,
			"profile": cty.String, "role_arn": cty.String, "kms_key_id": cty.String,
			"encrypt": cty.Bool, "use_path_style": cty.Bool, "skip_s3_checksum": cty.Bool,
		}
	case "http":
		return map[string]cty.Type{
			"address": cty.String, "update_method": cty.String,
			"lock_address": cty.String, "lock_method": cty.String,
			"unlock_address": cty.String, "unlock_method": cty.String,
			"username": cty.String, "password": cty.String, "skip_cert_verification": cty.Bool,
		}
	}
	return nil
}

// backend reads the backend block, or what stands for it where there is none.
// The overrides are those of -backend-config, which CI gives.
func (e *evaluator) backend(block *hcl.Block, overrides []string) Backend {
	b := Backend{Type: "local", Body: map[string]cty.Value{}}
	attrs := e.overrides(overrides)
	if block != nil {
		b.Type, b.Range = block.Labels[0], block.DefRange
		if backendArguments(b.Type) == nil {
			types := []string{"local", "s3", "http"}
			e.tally.add(errorf(&block.LabelRanges[0], "Unknown backend type", "There is no backend %q.%s The types are %s.", b.Type, didYouMean(b.Type, slices.Values(types)), oneOf(types)))
			return b
		}
		given, diags := block.Body.JustAttributes()
		e.tally.add(diags...)
		maps.Copy(given, attrs)
		attrs = given
	}
	a := arguments{e: e, t: &e.tally, attrs: attrs, at: &b.Range, ctx: e.scope("", expressions(attrs)...)}
	a.backend(&b)
	return b
}

// overrides reads -backend-config as the arguments of a block.
func (e *evaluator) overrides(given []string) hcl.Attributes {
	attrs := hcl.Attributes{}
	for _, arg := range given {
		name, value, ok := strings.Cut(arg, "=")
		if !ok || name == "" {
			e.tally.add(errorf(nil, "Invalid -backend-config", "-backend-config takes NAME=VALUE."))
			continue
		}
		at := hcl.Range{Filename: "-backend-config=" + name, Start: hcl.InitialPos, End: hcl.InitialPos}
		attrs[name] = &hcl.Attribute{Name: name, Expr: hcl.StaticExpr(cty.StringVal(value), at), Range: at, NameRange: at}
	}
	return attrs
}

func (a *arguments) backend(b *Backend) {
	known := backendArguments(b.Type)
	for _, name := range slices.Sorted(maps.Keys(a.attrs)) {
		want, takes := known[name]
		if !takes {
			a.e.tally.add(errorf(&a.attrs[name].NameRange, "Unsupported argument", "The %s backend has no argument %q.%s Its arguments: %s.", b.Type, name, didYouMean(name, maps.Keys(known)), strings.Join(slices.Sorted(maps.Keys(known)), ", ")))
		} else if b.Type != "local" {
			a.keep(name, want, b.Body)
		}
	}
	if b.Type == "local" {
		b.Local = &LocalSettings{Path: a.filled("path", DefaultStatePath)}
	}
}

// keep reads an argument that may be sensitive into body.
func (a *arguments) keep(name string, want cty.Type, body map[string]cty.Value) {
	if value, given := a.get(name, want); given {
		body[name], _ = value.Unmark()
	}
}
