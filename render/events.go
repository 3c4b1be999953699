package render

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/apply"
	"github.com/retainctl/retainctl/plan"
)

// uiVersion is the version of Terraform's machine-readable UI whose event types are used.
const uiVersion = "1.2"

// Events writes one JSON object a line, with the event types of Terraform's machine-readable UI, so that its readers
// can read this. Errors of writing are kept for Err.
type Events struct {
	encoder *json.Encoder
	now     func() time.Time
	err     error // the first failed write
}

// NewEvents returns a stream to w and writes its version event. now is the clock for the timestamps.
func NewEvents(w io.Writer, version string, now func() time.Time) *Events {
	encoder := json.NewEncoder(safeJSON{w})
	encoder.SetEscapeHTML(false)
	e := &Events{encoder: encoder, now: now}
	e.emit(event{
		Level: "info", Message: "retainctl " + version, Type: "version",
		Retainctl: version, UI: uiVersion,
	})
	return e
}

// Err returns the first error of writing, or nil.
func (e *Events) Err() error { return e.err }

type event struct {
	Level      string                `json:"@level"`
	Message    string                `json:"@message"`
	Module     string                `json:"@module"`
	Timestamp  string                `json:"@timestamp"`
	Retainctl  string                `json:"retainctl,omitempty"`
	UI         string                `json:"ui,omitempty"`
	Change     *eventChange          `json:"change,omitempty"`
	Changes    *eventCounts          `json:"changes,omitempty"`
	Hook       *eventHook            `json:"hook,omitempty"`
	Diagnostic *jsonDiagnostic       `json:"diagnostic,omitempty"`
	Backup     *eventBackup          `json:"backup,omitempty"`
	Outputs    map[string]jsonOutput `json:"outputs,omitempty"`
	Type       string                `json:"type"`
}

type eventResource struct {
	Addr            string `json:"addr"`
	Module          string `json:"module"`
	Resource        string `json:"resource"`
	ImpliedProvider string `json:"implied_provider"`
	ResourceType    string `json:"resource_type"`
	ResourceName    string `json:"resource_name"`
	ResourceKey     any    `json:"resource_key"`
}

type eventChange struct {
	Resource  eventResource  `json:"resource"`
	Action    string         `json:"action"`
	Importing *jsonImporting `json:"importing,omitempty"`
	Reasons   []string       `json:"reasons"`
	Broker    string         `json:"broker"`
	Topic     string         `json:"topic"`
}

type eventCounts struct {
	Add       int    `json:"add"`
	Change    int    `json:"change"`
	Import    int    `json:"import"`
	Remove    int    `json:"remove"`
	Forget    int    `json:"forget"`
	Operation string `json:"operation"`
	Token     string `json:"token,omitempty"`
}

type eventHook struct {
	Resource eventResource `json:"resource"`
	Action   string        `json:"action"`
	IDKey    string        `json:"id_key"`
	IDValue  string        `json:"id_value"`
	Outcome  string        `json:"outcome,omitempty"`
	Error    string        `json:"error,omitempty"`

	Conflict *eventConflict `json:"conflict,omitempty"`
}

// eventConflict is both sides of a conflict. A side without a message is null.
type eventConflict struct {
	PlannedOn *jsonMessage `json:"planned_on"`
	Live      *jsonMessage `json:"live"`
}

func (e *Events) emit(v event) {
	v.Module = "retainctl.ui"
	v.Timestamp = e.now().UTC().Format("2006-01-02T15:04:05.000000Z")
	if err := e.encoder.Encode(v); err != nil && e.err == nil {
		e.err = err
	}
}

// Plan writes a planned_change event for each change, a resource_drift event for each message that a refresh-only plan
// accepts, a diagnostic for each warning and refusal, and the change_summary.
func (e *Events) Plan(p *plan.Plan) {
	for i := range p.Changes {
		c := &p.Changes[i]
		change := eventOf(c)
		if c.Action == plan.Import {
			change.Importing = &jsonImporting{ID: c.Key.Topic}
		}
		message := addressOf(c) + ": Plan to " + change.Action
		e.emit(event{Level: "info", Message: message, Type: "planned_change", Change: change})
	}
	for i := range p.Drift {
		c := outsideChange(p.Drift[i])
		message := addressOf(&c) + " " + driftOutcome(&c)
		e.emit(event{Level: "info", Message: message, Type: "resource_drift", Change: eventOf(&c)})
	}
	// Failed checks were written as diagnostics when the configuration was loaded.
	for _, n := range planNotices(p, plan.WarnCheck) {
		e.notice(n)
	}
	message := planLine(p.Counts())
	if p.Mode == plan.RefreshOnly {
		message = driftCount(len(p.Drift))
	}
	e.summary(message, p.Counts(), "plan", p.Token())
}

func eventOf(c *plan.Change) *eventChange {
	own := ownChange(c)
	return &eventChange{
		Resource: resourceOf(c), Action: own.Action, Reasons: own.Reasons,
		Broker: c.Broker, Topic: c.Key.Topic,
	}
}

func (e *Events) summary(message string, n plan.Counts, operation, token string) {
	e.emit(event{Level: "info", Message: message, Type: "change_summary", Changes: &eventCounts{
		Add: n.Create, Change: n.Update, Import: n.Import, Remove: n.Delete, Forget: n.Forget,
		Operation: operation, Token: token,
	}})
}

// Outputs writes an outputs event with all outputs, sensitive ones without their values. The type of a sensitive output
// is hidden too, because that of an object has the names of its attributes.
func (e *Events) Outputs(outputs []Output) {
	all := map[string]jsonOutput{}
	for _, o := range outputs {
		one, err := o.json()
		if err != nil && e.err == nil {
			e.err = err
		}
		if o.Sensitive {
			one.Type, one.Value = json.RawMessage(`"dynamic"`), nil
		}
		all[o.Name] = one
	}
	e.emit(event{Level: "info", Message: fmt.Sprintf("Outputs: %d", len(all)), Type: "outputs", Outputs: all})
}

// Apply writes the events of a run. It learns of a change when the change is finished, so the apply_start event and the
// one of the end are written together.
func (e *Events) Apply(v apply.Event) {
	switch v := v.(type) {
	case apply.Progressed:
		e.finished(v.Result)
	case apply.Ended:
		for _, n := range reportNotices(v.Report) {
			e.notice(n)
		}
		e.summary(reportLine(v.Report, Style{}), doneCounts(v.Report), "apply", "")
	}
}

func (e *Events) finished(r apply.Result) {
	if r.Change == nil {
		return
	}
	address := addressOf(r.Change)
	hook := eventHook{
		Resource: resourceOf(r.Change), Action: actionNames[r.Change.Action],
		IDKey: "topic", IDValue: r.Change.Key.Topic,
	}
	start := hook
	message := address + ": " + startTexts[r.Change.Action]
	e.emit(event{Level: "info", Message: message, Type: "apply_start", Hook: &start})
	if r.Outcome == apply.Done {
		message = address + ": " + completeTexts[r.Change.Action]
		e.emit(event{Level: "info", Message: message, Type: "apply_complete", Hook: &hook})
		return
	}
	hook.Outcome = string(r.Outcome)
	if r.Outcome == apply.Conflicted {
		hook.Conflict = &eventConflict{
			PlannedOn: messageJSON(r.Change.Broker, r.Change.Before),
			Live:      messageJSON(r.Change.Broker, r.Live),
		}
	}
	message = fmt.Sprintf("%s: not done (%s)", address, r.Outcome)
	if r.Err != nil {
		hook.Error = r.Err.Error()
		message += ": " + Escape(hook.Error)
	}
	e.emit(event{Level: "error", Message: message, Type: "apply_errored", Hook: &hook})
}

// startTexts and completeTexts are Terraform's words for the start and the end of an action.
var (
	startTexts = map[plan.Action]string{
		plan.Create: "Creating...", plan.Update: "Modifying...", plan.Delete: "Destroying...",
		plan.Import: "Importing...", plan.Forget: "Forgetting...",
	}
	completeTexts = map[plan.Action]string{
		plan.Create: "Creation complete", plan.Update: "Modifications complete", plan.Delete: "Destruction complete",
		plan.Import: "Import complete", plan.Forget: "Forgotten",
	}
)

// Diagnostics writes a diagnostic event for each diagnostic. files is as for the function Diagnostics.
func (e *Events) Diagnostics(files map[string]*hcl.File, diags hcl.Diagnostics) {
	for _, d := range diags {
		e.diagnostic(diagnosticJSON(files, d))
	}
}

// Error writes a diagnostic event for an error that has no place in a file.
func (e *Events) Error(summary, detail string) {
	e.notice(notice{severityError, summary, detail})
}

func (e *Events) notice(n notice) {
	severity := n.severity
	if severity == severityNote { // readers of Terraform's events know two severities
		severity = severityWarning
	}
	e.diagnostic(jsonDiagnostic{Severity: strings.ToLower(severity), Summary: n.summary, Detail: n.detail})
}

func (e *Events) diagnostic(d jsonDiagnostic) {
	level, word := "error", severityError
	if d.Severity == "warning" {
		level, word = "warn", severityWarning
	}
	e.emit(event{Level: level, Message: word + ": " + Escape(d.Summary), Type: "diagnostic", Diagnostic: &d})
}

func resourceOf(c *plan.Change) eventResource {
	module := c.Module()
	return eventResource{
		Addr: c.Address, Module: module,
		Resource:        strings.TrimPrefix(strings.TrimPrefix(c.Address, module), "."),
		ImpliedProvider: providerName, ResourceType: "message", ResourceName: c.Name, ResourceKey: indexValue(c.Index),
	}
}
