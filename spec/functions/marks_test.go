package functions

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/sensitive"
)

// marked has calls of every function of the language, each with one sensitive argument, for
// every parameter. s, n, b, l, ln, lb, m, o, c and t are a sensitive string, number, bool, list of
// strings, of numbers and of bools, map, object, CIDR prefix and time; ll and lm are a list and a
// map with one sensitive element.
var marked = map[string][]string{
	"abs":              {`abs(n)`},
	"alltrue":          {`alltrue(lb)`, `alltrue([b, true])`},
	"anytrue":          {`anytrue(lb)`, `anytrue([b, false])`},
	"base64decode":     {`base64decode(b64)`},
	"base64encode":     {`base64encode(s)`},
	"base64gzip":       {`base64gzip(s)`},
	"base64sha256":     {`base64sha256(s)`},
	"base64sha512":     {`base64sha512(s)`},
	"basename":         {`basename(s)`},
	"ceil":             {`ceil(n)`},
	"chomp":            {`chomp(s)`},
	"chunklist":        {`chunklist(l, 1)`, `chunklist(ll, 1)`, `chunklist(["a"], n)`},
	"cidrhost":         {`cidrhost(c, 1)`, `cidrhost("10.0.0.0/8", n)`},
	"cidrnetmask":      {`cidrnetmask(c)`},
	"cidrsubnet":       {`cidrsubnet(c, 1, 1)`, `cidrsubnet("10.0.0.0/8", n, 1)`, `cidrsubnet("10.0.0.0/8", 8, n)`},
	"cidrsubnets":      {`cidrsubnets(c, 1)`, `cidrsubnets("10.0.0.0/8", n)`},
	"coalesce":         {`coalesce(s, "a")`, `coalesce(null, s)`},
	"coalescelist":     {`coalescelist(l, ["a"])`, `coalescelist([], l)`},
	"compact":          {`compact(l)`, `compact(ll)`},
	"concat":           {`concat(l, ["a"])`, `concat(["a"], ll)`},
	"contains":         {`contains(l, "a")`, `contains(ll, "a")`, `contains(["a"], s)`},
	"csvdecode":        {`csvdecode(csv)`},
	"dirname":          {`dirname(s)`},
	"distinct":         {`distinct(l)`, `distinct(ll)`},
	"element":          {`element(l, 0)`, `element(ll, 1)`, `element(["a"], n)`},
	"endswith":         {`endswith(s, "a")`, `endswith("a", s)`},
	"file":             {`file(f)`},
	"filebase64":       {`filebase64(f)`},
	"filebase64sha256": {`filebase64sha256(f)`},
	"filebase64sha512": {`filebase64sha512(f)`},
	"fileexists":       {`fileexists(f)`},
	"filemd5":          {`filemd5(f)`},
	"fileset":          {`fileset(".", f)`, `fileset(dot, "*")`},
	"filesha1":         {`filesha1(f)`},
	"filesha256":       {`filesha256(f)`},
	"filesha512":       {`filesha512(f)`},
	"flatten":          {`flatten([l, ["a"]])`, `flatten([[s], "a"])`},
	"floor":            {`floor(n)`},
	"format":           {`format("%s", s)`, `format(s)`, `format("%s %d", "a", n)`},
	"formatdate":       {`formatdate("YYYY", t)`, `formatdate(s2, "2020-01-01T00:00:00Z")`},
	"formatlist":       {`formatlist("%s", l)`, `formatlist("%s", ll)`, `formatlist(s, [])`, `formatlist("%s %s", ["a"], s)`},
	"indent":           {`indent(2, s)`, `indent(n, "a\nb")`},
	"index":            {`index(l, "hunter2")`, `index(["a", s], "a")`, `index(["hunter2"], s)`},
	"join":             {`join(",", l)`, `join(",", ll)`, `join(s, ["a", "b"])`, `join(s, ["a"])`},
	"jsondecode":       {`jsondecode(json)`},
	"jsonencode":       {`jsonencode(s)`, `jsonencode([s])`, `jsonencode({ a = { b = s } })`, `jsonencode(o)`, `jsonencode({ a = lm })`},
	"keys":             {`keys(m)`},
	"length":           {`length(l)`, `length(m)`, `length(s)`},
	"log":              {`log(n, 10)`, `log(10, n)`},
	"lookup":           {`lookup(m, "a", "b")`, `lookup({ a = s }, "a", "b")`, `lookup({ a = "x" }, s, "b")`, `lookup({}, "a", s)`},
	"lower":            {`lower(s)`},
	"matchkeys": {`matchkeys(l, ["a"], ["a"])`, `matchkeys(["a"], l, ["hunter2"])`,
		`matchkeys(["a"], ["hunter2"], l)`, `matchkeys([s], ["a"], ["a"])`},
	"max":             {`max(n, 1)`, `max(1, n)`, `max(ln...)`},
	"md5":             {`md5(s)`},
	"merge":           {`merge(m, { b = 1 })`, `merge({ b = 1 }, { a = s })`},
	"min":             {`min(n, 1)`},
	"one":             {`one(l)`, `one([s])`, `one(toset([s]))`},
	"parseint":        {`parseint(num, 10)`, `parseint("1", n)`},
	"pow":             {`pow(n, 2)`, `pow(2, n)`},
	"range":           {`range(n)`, `range(1, n)`, `range(1, 9, n)`},
	"regex":           {`regex(s, "hunter2")`, `regex("h.*", s)`, `regex("(h)(.*)", s)`},
	"regexall":        {`regexall(s, "a")`, `regexall("z", s)`, `regexall("h.*", s)`},
	"replace":         {`replace(s, "a", "b")`, `replace("a", s, "b")`, `replace("a", "a", s)`, `replace(s, "/h/", "b")`},
	"reverse":         {`reverse(l)`, `reverse(ll)`},
	"sensitive":       {`sensitive("a")`, `sensitive(s)`},
	"setintersection": {`setintersection(l, ["hunter2"])`, `setintersection(["a"], [s])`},
	"setproduct":      {`setproduct(l, ["a"])`, `setproduct(["a"], [s])`, `setproduct([], l)`},
	"setsubtract":     {`setsubtract(l, ["a"])`, `setsubtract(["a"], [s])`},
	"setunion":        {`setunion(l, ["a"])`, `setunion(["a"], [s])`},
	"sha1":            {`sha1(s)`},
	"sha256":          {`sha256(s)`},
	"sha512":          {`sha512(s)`},
	"signum":          {`signum(n)`},
	"slice":           {`slice(l, 0, 1)`, `slice(ll, 1, 2)`, `slice(["a", "b", "c"], 0, n)`},
	"sort":            {`sort(l)`, `sort(ll)`},
	"split":           {`split(",", s)`, `split(s, "a")`},
	"startswith":      {`startswith(s, "a")`, `startswith("a", s)`},
	"strcontains":     {`strcontains(s, "a")`, `strcontains("a", s)`},
	"strrev":          {`strrev(s)`},
	"substr":          {`substr(s, 0, 1)`, `substr("abcdef", n, 1)`, `substr("abcdef", 0, n)`},
	"sum":             {`sum(ln)`, `sum([n, 1])`},
	"templatefile": {`templatefile("greeting.tpl", { name = s })`, `templatefile("greeting.tpl", sensitive({ name = "a" }))`,
		`templatefile(tpl, { name = "a" })`},
	"templatestring":   {`templatestring(local.template, { n = s })`, `templatestring(text, { n = "a" })`},
	"textdecodebase64": {`textdecodebase64(b64, "UTF-8")`, `textdecodebase64("YQ==", enc)`},
	"textencodebase64": {`textencodebase64(s, "UTF-8")`, `textencodebase64("a", enc)`},
	"timeadd":          {`timeadd(t, "1h")`, `timeadd("2020-01-01T00:00:00Z", dur)`},
	"timecmp":          {`timecmp(t, "2020-01-01T00:00:00Z")`, `timecmp("2020-01-01T00:00:00Z", t)`},
	"title":            {`title(s)`},
	"tobool":           {`tobool(b)`},
	"tolist":           {`tolist(l)`, `tolist([s])`, `tolist(toset([s]))`},
	"tomap":            {`tomap(m)`, `tomap({ a = s })`},
	"tonumber":         {`tonumber(num)`, `tonumber(n)`},
	"toset":            {`toset(l)`, `toset(["a", s])`},
	"tostring":         {`tostring(n)`, `tostring(b)`},
	"transpose":        {`transpose({ a = l })`, `transpose({ a = [s] })`},
	"trim":             {`trim(s, "a")`, `trim("a", s)`},
	"trimprefix":       {`trimprefix(s, "a")`, `trimprefix("a", s)`},
	"trimspace":        {`trimspace(s)`},
	"trimsuffix":       {`trimsuffix(s, "a")`, `trimsuffix("a", s)`},
	"try":              {`try(s, "a")`, `try(tonumber("x"), s)`},
	"upper":            {`upper(s)`},
	"urlencode":        {`urlencode(s)`},
	"uuidv5":           {`uuidv5("dns", s)`},
	"values":           {`values(m)`, `values({ a = s })`},
	"yamldecode":       {`yamldecode(yaml)`},
	"yamlencode":       {`yamlencode(s)`, `yamlencode({ a = [s] })`, `yamlencode(o)`},
	"zipmap":           {`zipmap(l, ["a"])`, `zipmap(["a"], l)`, `zipmap(["a"], [s])`},
	"rsadecrypt":       nil, // needs a key pair, see TestRSADecrypt
}

// unmarking lists the functions that report or remove marks, and those that always fail.
var unmarking = []string{
	"abspath", "bcrypt", "can", "ephemeralasnull", "issensitive", "list", "map", "nonsensitive", "pathexpand",
	"plantimestamp", "timestamp", "uuid",
}

func markContext(t *testing.T) *hcl.EvalContext {
	ctx := functionContext(t)
	secret := func(v cty.Value) cty.Value { return v.Mark(sensitive.Mark) }
	text := func(s string) cty.Value { return secret(cty.StringVal(s)) }
	s := text("hunter2")
	maps.Copy(ctx.Variables, map[string]cty.Value{
		"s": s, "s2": text("YYYY"), "n": secret(cty.NumberIntVal(2)), "b": secret(cty.True), "num": text("7"),
		"l": secret(cty.ListVal([]cty.Value{cty.StringVal("hunter2")})), "ln": secret(cty.ListVal([]cty.Value{cty.NumberIntVal(2)})),
		"lb": secret(cty.ListVal([]cty.Value{cty.True})), "m": secret(cty.MapVal(map[string]cty.Value{"a": cty.StringVal("hunter2")})),
		"o":  secret(cty.ObjectVal(map[string]cty.Value{"a": cty.StringVal("hunter2")})),
		"ll": cty.ListVal([]cty.Value{cty.StringVal("a"), s}), "lm": cty.MapVal(map[string]cty.Value{"a": s, "b": cty.StringVal("b")}),
		"c": text("10.0.0.0/8"), "t": text("2020-01-01T00:00:00Z"), "dur": text("1h"), "b64": text("aHVudGVyMg=="), "enc": text("UTF-8"),
		"csv": text("a,b\n1,hunter2"), "json": text(`{"a":["hunter2"]}`), "yaml": text("a: [hunter2]"),
		"f": text("greeting.tpl"), "dot": text("."), "tpl": text("greeting.tpl"), "text": text("hunter2 ${n}"),
	})
	return ctx
}

// The result of every function is sensitive if one of its arguments is.
func TestMarksSurviveEveryFunction(t *testing.T) {
	ctx := markContext(t)
	names := slices.Sorted(maps.Keys(ctx.Functions))
	for _, name := range names {
		name = strings.TrimPrefix(name, "core::") // the same function by another name
		if _, listed := marked[name]; !listed && !slices.Contains(unmarking, name) {
			t.Errorf("no call of %s with a sensitive argument is in this test", name)
		}
		for _, expr := range marked[name] {
			v, err := evaluate(ctx, expr)
			switch {
			case err != nil:
				t.Errorf("%s: %v", expr, err)
			case !sensitive.Is(v):
				t.Errorf("%s = %#v, which is not sensitive", expr, v)
			}
		}
	}
}

// The same holds for operators, templates and for expressions.
func TestMarksSurviveOperators(t *testing.T) {
	ctx := markContext(t)
	for _, expr := range []string{
		`"a${s}b"`, `"%{ if b }x%{ endif }"`, `"%{ for x in l }x%{ endfor }"`, `n + 1`, `-n`, `!b`,
		`s == "a"`, `"a" != s`, `n > 1`, `b && true`, `false || b`,
		`b ? "x" : "y"`, `true ? s : "y"`, `[for x in l : x]`, `[for x in l : "x"]`,
		`{ for k, v in m : k => v }`, `[for x in ["a"] : x if x == s]`,
		`{ for x in ll : x => 1 }`, `l[0]`, `m.a`, `m["a"]`, `o.a`, `l[*]`, `["a", "b", "c"][n]`, `[s]`, `{ a = s }`,
	} {
		v, err := evaluate(ctx, expr)
		switch {
		case err != nil && strings.Contains(err.Error(), "hunter2"):
			t.Errorf("%s shows the secret: %v", expr, err)
		case err == nil && !sensitive.Is(v):
			t.Errorf("%s = %#v, which is not sensitive", expr, v)
		}
	}
}
