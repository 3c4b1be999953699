package spec

import (
	"context"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/functions"
)

// Load reads, evaluates and checks the configuration in a folder. The Config is nil if and only
// if the diagnostics have errors; otherwise the diagnostics are warnings. The files, by name,
// are for a diagnostic writer, which shows lines of them. Files that may hold sensitive values
// are not among them, so the ranges of some diagnostics have no file.
func Load(dir string, in Inputs) (*Config, map[string]*hcl.File, hcl.Diagnostics) {
	l := newLoader(dir, in)
	config := l.load()
	if l.Diags.HasErrors() {
		config = nil
	}
	files := l.shownFiles()
	diag.WithinFiles(l.Diags, files)
	return config, files, diag.InOrder(functions.WithoutStacks(l.Diags))
}

// loader loads one configuration.
type loader struct {
	inputReader
	dir string
}

func newLoader(dir string, in Inputs) *loader {
	if in.Work == nil {
		in.Work = NewWork(context.Background())
	}
	return &loader{inputReader: inputReader{Source: declare.NewSource(nil, in.Work), in: in}, dir: dir}
}

// load runs stage by stage. A stage does not begin if its input is broken, because it would
// only report consequences of what has been reported.
func (l *loader) load() *Config {
	mod := l.rootModule()
	if l.Root != nil {
		defer l.Root.Close()
	}
	if mod == nil {
		return nil
	}
	config := &Config{}
	if l.in.BackendOnly {
		mod.settings(config, l.in.BackendConfig)
	} else {
		all := mod.everything()
		mod.checkNormal(l.Source)
		config = l.config(all)
	}
	if d := mod.ended(); d != nil {
		l.Report(d)
		return nil
	}
	l.Report(mod.diagnostics()...)
	if mod.sawUnknown && !l.Diags.HasErrors() {
		l.Report(diag.Errorf(nil, "Value not known",
			"A value of this configuration could not be computed, and no reason was found. Nothing is planned, "+
				"because a message would be missing. Please report this with the configuration."))
	}
	return config
}

// rootModule reads the files and the variables and returns the root module, with nothing else
// evaluated yet. It returns nil if the files cannot be read.
func (l *loader) rootModule() *moduleInstance {
	root, err := functions.OpenSandbox(l.dir)
	if err != nil {
		l.Report(diag.Errorf(nil, "Configuration folder not readable",
			"%s. Name a folder with *.retain.hcl files.", diag.Sentence(err)))
		return nil
	}
	l.Root = root
	if l.decl = declare.Read(l.Source, l.dir, l.in.Version, l.in.BackendOnly); l.decl == nil {
		return nil
	}
	mod := newRun(l.decl, functions.New(root, ".", l.in.Work), l.in.Work, l.in.EvalBrokers)
	l.variables(mod)
	return mod
}

// config returns the evaluated configuration, with the settings of the root module.
func (l *loader) config(all *evaluated) *Config {
	c := &Config{}
	all.root.settings(c, l.in.BackendConfig)
	c.Brokers = all.root.brokerBlocks(l.Root.Dir())
	c.Messages = all.messages()
	c.Exclusives, c.Protects, c.Removed = all.filters.exclusives, all.filters.protects, all.filters.removed
	c.Variables = all.root.variables()
	c.Outputs = all.rootOutputs()
	c.Failed = all.failed
	return c
}

// shownFiles returns the files, without those whose lines may hold secrets.
func (l *loader) shownFiles() map[string]*hcl.File {
	files := l.Source.Files()
	for _, name := range l.hide {
		delete(files, name)
	}
	return files
}
