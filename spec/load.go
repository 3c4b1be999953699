package spec

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/bounds"
	"github.com/retainctl/retainctl/spec/functions"
	"github.com/retainctl/retainctl/spec/sensitive"
)

// Inputs are what an invocation adds to the files of a folder.
type Inputs struct {
	Vars          []VarArg // -var and -var-file in the order given: the later wins
	Env           []string // as os.Environ gives it; RETAINCTL_VAR_name sets a variable
	BackendConfig []string // -backend-config=K=V, each
	Version       string   // of this program, for required_version; "" is not checked

	// EvalBrokers has broker arguments evaluated. Without it (-refresh=false)
	// Settings stay nil, and variables that only broker blocks use may be unset.
	EvalBrokers bool

	// BackendOnly has nothing evaluated but the backend block: the folder is that of
	// an earlier configuration, whose data files need not be there.
	BackendOnly bool

	// Preset are the variables of a saved plan, by name. They override all else.
	Preset map[string]cty.Value

	made *bounds.Budget // nil: the usual one
}

// VarArg is one -var=NAME=VALUE or one -var-file=FILE: one of the two is set.
type VarArg struct{ Set, File string }

// Load reads, evaluates and checks the configuration of a folder. The files are
// for a diagnostic writer, which shows lines of them. The Config is nil if and
// only if the diagnostics have errors.
func Load(dir string, in Inputs) (*Config, map[string]*hcl.File, hcl.Diagnostics) {
	l := newLoader(dir, in)
	config := l.load()
	if l.diags.HasErrors() {
		config = nil
	}
	files := l.files()
	withinFiles(l.diags, files)
	return config, files, inOrder(functions.WithoutStacks(l.diags))
}

type loader struct {
	dir    string
	in     Inputs
	root   *functions.Sandbox
	made   *bounds.Budget
	parser *hclparse.Parser
	decl   *declarations
	known  map[string]*declarations // module folders that were read; nil where one cannot be used
	full   bool                     // too many of them
	hide   []string                 // files of which no line may be shown
	diags  hcl.Diagnostics
}

func newLoader(dir string, in Inputs) *loader {
	made := in.made
	if made == nil {
		made = bounds.NewBudget(bounds.MaxMade)
	}
	return &loader{dir: dir, in: in, made: made, parser: hclparse.NewParser(), known: map[string]*declarations{}}
}

// load goes stage by stage. A stage whose input is broken is not begun: what it
// would report follows from what has been reported.
func (l *loader) load() *Config {
	e := l.evaluator()
	if l.root != nil {
		defer l.root.Close()
	}
	if e == nil {
		return nil
	}
	config := &Config{}
	if l.in.BackendOnly {
		e.settings(config, l.in.BackendConfig)
	} else {
		e.everything()
		config = l.config(e)
	}
	l.report(e.diagnostics()...)
	if e.poisoned && !l.diags.HasErrors() {
		l.report(errorf(nil, "Value not known", "A value of this configuration could not be computed, and no reason was found. Nothing is planned, since a message would be missing. Please report this with the configuration."))
	}
	return config
}

// evaluator reads the files and gives what evaluates them; nil where they cannot be
// read.
func (l *loader) evaluator() *evaluator {
	root, err := functions.OpenSandbox(l.dir)
	if err != nil {
		l.report(errorf(nil, "Configuration folder not readable", "%s. Name a folder that holds *.retain.hcl files.", sentence(err)))
		return nil
	}
	l.root = root
	bodies := l.parseRoot()
	if l.diags.HasErrors() {
		return nil
	}
	if l.report(checkVersion(bodies, l.in.Version)...); l.diags.HasErrors() {
		return nil
	}
	l.decl = declare(bodies, ".")
	l.report(l.decl.diags...)
	if !l.in.BackendOnly {
		l.modules(l.decl, nil)
	}
	e := newEvaluator(l.decl, functions.New(root, ".", l.made), l.in.EvalBrokers)
	l.variables(e)
	return e
}

func (l *loader) config(e *evaluator) *Config {
	c := &Config{}
	e.settings(c, l.in.BackendConfig)
	c.Brokers = e.brokers(l.root.Dir())
	c.Messages = e.messages()
	c.Exclusives, c.Protects, c.Removed = e.scopes.exclusives, e.scopes.protects, e.scopes.removed
	c.Variables = e.variables()
	c.Outputs = e.rootOutputs()
	c.Failed = e.failed
	return c
}

func (l *loader) report(diags ...*hcl.Diagnostic) { l.diags = append(l.diags, diags...) }

// configSuffixes end the names of a configuration's files.
var configSuffixes = []string{".retain.hcl", ".retain.json"}

// parseRoot reads the files of the root module.
func (l *loader) parseRoot() []hcl.Body {
	names := l.list(configSuffixes...)
	if len(names) == 0 && !l.diags.HasErrors() {
		l.report(errorf(nil, "No configuration files",
			"The folder %s has no file whose name ends in .retain.hcl or .retain.json. Create main.retain.hcl, for example with\n\n"+
				"  message \"hello\" {\n    payload = \"Hello, world\"\n  }\n\nor name another folder with -chdir=DIR.", l.dir))
	}
	return l.parse(".", names)
}

// parse reads the files of a module, whose folder is relative to the root.
func (l *loader) parse(dir string, names []string) []hcl.Body {
	var bodies []hcl.Body
	for _, name := range names {
		src, err := l.root.ReadFile(dir, name)
		name = path.Join(dir, name)
		if err != nil {
			l.report(errorf(nil, "Configuration file not readable", "%s.", sentence(err)))
			continue
		}
		if f := l.parseFile(src, name); f != nil {
			bodies = append(bodies, f.Body)
		}
	}
	return bodies
}

// parseFile parses one file in the syntax that its name says.
func (l *loader) parseFile(src []byte, name string) *hcl.File {
	json := strings.HasSuffix(name, ".json")
	d := bounds.Source(src, name, json)
	if json && d == nil {
		d = checkJSONText(src, name)
	}
	if d != nil {
		l.parser.AddFile(name, &hcl.File{Bytes: src})
		l.report(d)
		return nil
	}
	parse := l.parser.ParseHCL
	if json {
		parse = l.parser.ParseJSON
	}
	f, diags := parse(src, name)
	l.report(diags...)
	if diags.HasErrors() {
		return nil
	}
	if body, ok := f.Body.(*hclsyntax.Body); ok {
		sensitive.KeepKeyMarks(body)
		l.made.Guard(body)
	}
	return f
}

// list gives the folder's files with one of the suffixes, by name. Hidden files
// are an editor's.
func (l *loader) list(suffixes ...string) []string {
	names, err := l.root.List(".")
	if err != nil {
		l.report(errorf(nil, "Configuration folder not readable", "%s.", sentence(err)))
	}
	return withSuffix(names, suffixes...)
}

func withSuffix(names []string, suffixes ...string) []string {
	return slices.DeleteFunc(names, func(name string) bool {
		matches := func(suffix string) bool { return strings.HasSuffix(name, suffix) }
		return name[0] == '.' || !slices.ContainsFunc(suffixes, matches)
	})
}

// files are the sources, without those whose lines may hold secrets.
func (l *loader) files() map[string]*hcl.File {
	files := l.parser.Files()
	for _, name := range l.hide {
		delete(files, name)
	}
	return files
}

// errorf makes an error of a place, which may be nil.
func errorf(at *hcl.Range, summary, format string, args ...any) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(format, args...), Subject: at}
}

// warnf makes a warning of a place.
func warnf(at *hcl.Range, summary, format string, args ...any) *hcl.Diagnostic {
	d := errorf(at, summary, format, args...)
	d.Severity = hcl.DiagWarning
	return d
}

// sentence spells an error as the beginning of a sentence.
func sentence(err error) string { return capital(err.Error()) }

// withinFiles cuts places to their files: the JSON scanner gives an unclosed
// string an end beyond the last byte, and a diagnostic writer cuts lines by it.
func withinFiles(diags hcl.Diagnostics, files map[string]*hcl.File) {
	for _, d := range diags {
		if d.Subject == nil || files[d.Subject.Filename] == nil {
			continue
		}
		at, size := *d.Subject, len(files[d.Subject.Filename].Bytes)
		at.End.Byte = min(at.End.Byte, size)
		at.Start.Byte = min(at.Start.Byte, at.End.Byte)
		d.Subject = &at
		if d.Context != nil && d.Context.End.Byte > size {
			d.Context = nil
		}
	}
}

// inOrder sorts diagnostics as a reader goes through the files: those without a
// place first.
func inOrder(diags hcl.Diagnostics) hcl.Diagnostics {
	slices.SortStableFunc(diags, func(a, b *hcl.Diagnostic) int {
		var x, y hcl.Range
		if a.Subject != nil {
			x = *a.Subject
		}
		if b.Subject != nil {
			y = *b.Subject
		}
		return cmp.Or(cmp.Compare(x.Filename, y.Filename), cmp.Compare(x.Start.Byte, y.Start.Byte))
	})
	return diags
}
