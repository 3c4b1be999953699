package spec

import (
	"cmp"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/language"
)

const (
	defaultLockLease = time.Minute
	leastLockLease   = 2 * time.Second // a shorter one would take a slow answer for a lost lock
	mostLockLease    = time.Hour
)

// backendArguments returns the names of the arguments of a backend type, or nil if there is
// no such type.
func backendArguments(typ string) []string {
	for _, b := range language.Find("retainctl", "").Blocks {
		if b.Kind == typ {
			return b.Names()
		}
	}
	return nil
}

// backend reads the backend block, or returns the default if block is nil. The overrides are
// the values of -backend-config, which CI passes.
func (mod *moduleInstance) backend(block *hcl.Block, overrides []string) Backend {
	b := Backend{Type: "local"}
	attrs := mod.overrides(overrides)
	if block != nil {
		b.Type, b.Range = block.Labels[0], block.DefRange
		if backendArguments(b.Type) == nil {
			types := language.Kinds(language.Find("retainctl", "").Blocks, "backend")
			mod.sink.Add(diag.Errorf(&block.LabelRanges[0], "Unknown backend type",
				"There is no backend %q.%s The types are %s.",
				b.Type, diag.DidYouMean(b.Type, slices.Values(types)), diag.OneOf(types)))
			return b
		}
		given, diags := block.Body.JustAttributes()
		mod.sink.Add(diags...)
		maps.Copy(given, attrs)
		attrs = given
	}
	mod.arguments(attrs, &b.Range).backend(&b)
	return b
}

// overrideFlag and an argument's name stand for the file in which the argument is.
const overrideFlag = "-backend-config="

// overrides returns the values of -backend-config as the arguments of a block.
func (mod *moduleInstance) overrides(given []string) hcl.Attributes {
	attrs := hcl.Attributes{}
	for _, arg := range given {
		name, value, ok := strings.Cut(arg, "=")
		if !ok || name == "" {
			mod.sink.Add(diag.Errorf(nil, "Invalid -backend-config", "-backend-config takes NAME=VALUE."))
			continue
		}
		at := hcl.Range{Filename: overrideFlag + name, Start: hcl.InitialPos, End: hcl.InitialPos}
		attrs[name] = &hcl.Attribute{Name: name, Expr: hcl.StaticExpr(cty.StringVal(value), at), Range: at, NameRange: at}
	}
	return attrs
}

func (a *arguments) backend(b *Backend) {
	known := backendArguments(b.Type)
	for _, name := range slices.Sorted(maps.Keys(a.attrs)) {
		if !slices.Contains(known, name) {
			a.sink.Add(diag.Errorf(&a.attrs[name].NameRange, "Unsupported argument",
				"The %s backend has no argument %q.%s Its arguments: %s.",
				b.Type, name, a.instead(name, known), strings.Join(slices.Sorted(slices.Values(known)), ", ")))
		}
	}
	b.Settings = backendDecoders[b.Type](a)
}

// backendDecoders read the arguments of each backend type. A test holds their keys
// to the types that the language describes.
var backendDecoders = map[string]func(*arguments) BackendSettings{
	"local": (*arguments).local,
	"s3":    (*arguments).s3,
	"http":  (*arguments).http,
}

func (a *arguments) local() BackendSettings {
	s := &LocalSettings{Path: a.nonEmpty("path", DefaultStatePath)}
	if path := a.attrs["path"]; path != nil {
		s.Flagged = path.Range.Filename == overrideFlag+"path" // no file of a configuration has such a name
	}
	return s
}

// instead returns what to write instead of an unsupported argument: for one of Terraform's,
// or for a misspelt one.
func (a *arguments) instead(name string, known []string) string {
	switch name {
	case "dynamodb_table", "dynamodb_endpoint":
		return " The lock is an object beside the state, so no table is needed."
	case "endpoints":
		return " Write endpoint = \"https://...\"."
	case "assume_role":
		return " Write role_arn, and external_id and session_name if they are needed."
	case "access_key", "secret_key":
		return " Credentials do not belong in a configuration. Set profile or role_arn, or AWS_ACCESS_KEY_ID and " +
			"AWS_SECRET_ACCESS_KEY."
	}
	return diag.DidYouMean(name, slices.Values(known))
}

func (a *arguments) s3() BackendSettings {
	s := &S3Settings{
		Bucket:       a.nonEmpty("bucket", ""),
		Key:          strings.TrimPrefix(a.nonEmpty("key", ""), "/"),
		Region:       a.shown("region"),
		Profile:      a.shown("profile"),
		RoleARN:      a.shown("role_arn"),
		ExternalID:   a.shown("external_id"),
		SessionName:  a.shown("session_name"),
		KMSKeyID:     a.shown("kms_key_id"),
		Encrypt:      a.is("encrypt"),
		UsePathStyle: a.is("use_path_style"),
		SkipChecksum: a.is("skip_s3_checksum"),
		LockLease:    cmp.Or(a.duration("lock_lease"), defaultLockLease),
	}
	var err error
	if s.Endpoint, err = ParseAWSEndpoint(a.shown("endpoint")); err != nil {
		a.invalid("endpoint", "%s.", diag.Sentence(err))
	}
	if value, given := a.plain("use_lockfile", cty.Bool); given && value.False() {
		a.invalid("use_lockfile", "The state is always locked. Use -lock=false to run one command without a lock.")
	}
	if s.LockLease < leastLockLease || s.LockLease > mostLockLease {
		a.invalid("lock_lease",
			"lock_lease is how long a lock remains if its holder dies: from %s to %s.", leastLockLease, mostLockLease)
	}
	return s
}

// http reads the backend "http". Without an unlock_address, a lock is released at the
// address where it was taken.
func (a *arguments) http() BackendSettings {
	s := &HTTPSettings{
		Address:       a.webAddress("address"),
		LockAddress:   a.webAddress("lock_address"),
		UnlockAddress: a.webAddress("unlock_address"),
		UpdateMethod:  a.method("update_method", "POST"),
		LockMethod:    a.method("lock_method", "LOCK"),
		UnlockMethod:  a.method("unlock_method", "UNLOCK"),
		Username:      a.text("username"),
		Password:      a.text("password"),

		SkipCertVerification: a.is("skip_cert_verification"),
	}
	s.UnlockAddress = cmp.Or(s.UnlockAddress, s.LockAddress)
	return s
}

func (a *arguments) method(name, fallback string) string {
	method := strings.ToUpper(a.nonEmpty(name, fallback))
	if strings.Trim(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		a.invalid(name, "%s is an HTTP method, such as %s.", name, fallback)
	}
	return method
}

// webAddress reads a URL that errors show. It returns nil if it is not given or wrong.
func (a *arguments) webAddress(name string) *url.URL {
	text := a.nonEmpty(name, "")
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		// The error of url.Parse may repeat a password.
		err = errors.New("it cannot be understood as an address; write https://HOST/PATH")
	case u.User != nil:
		err = errors.New("the address is shown in errors, so it cannot hold a user name or password. Use the " +
			"arguments username and password")
	}
	if err != nil {
		a.invalid(name, "%s.", diag.Sentence(err))
		return nil
	}
	return u
}
