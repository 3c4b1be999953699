package render

import (
	"encoding/base64"
	"unicode/utf8"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
)

// FormatVersion is the version of the JSON documents. A minor version adds fields; a major one may break readers.
// docs/plan-json.md describes the documents, and docs/plan.schema.json is their JSON Schema.
const FormatVersion = "1.0"

// providerName is written where Terraform's documents name a provider.
const providerName = "retainctl"

// jsonPlan and the types below are separate from those of the program, so that no change inside the program changes the
// documents.
type jsonPlan struct {
	FormatVersion   string       `json:"format_version"`
	Timestamp       string       `json:"timestamp,omitempty"`
	Applyable       bool         `json:"applyable"`
	Complete        bool         `json:"complete"`
	Errored         bool         `json:"errored"`
	ResourceChanges []jsonChange `json:"resource_changes"`
	ResourceDrift   []jsonChange `json:"resource_drift,omitempty"`
	Retainctl       jsonOwn      `json:"retainctl"`
}

type jsonChange struct {
	Address       string     `json:"address"`
	ModuleAddress string     `json:"module_address,omitempty"`
	Mode          string     `json:"mode"`
	Type          string     `json:"type"`
	Name          string     `json:"name"`
	Index         any        `json:"index,omitempty"`
	ProviderName  string     `json:"provider_name"`
	Change        jsonValues `json:"change"`
	ActionReason  string     `json:"action_reason,omitempty"`
}

type jsonValues struct {
	Actions         []string       `json:"actions"`
	Before          *jsonMessage   `json:"before"`
	After           *jsonMessage   `json:"after"`
	AfterUnknown    struct{}       `json:"after_unknown"`
	BeforeSensitive any            `json:"before_sensitive"`
	AfterSensitive  any            `json:"after_sensitive"`
	Importing       *jsonImporting `json:"importing,omitempty"`
}

type jsonImporting struct {
	ID string `json:"id"`
}

// jsonMessage has the names of the configuration language: each field in the table of package mqtt is a member here.
// The state's lines have the same members, but in another order, and they write an empty payload and hidden correlation
// data differently.
type jsonMessage struct {
	Broker          string         `json:"broker"`
	Topic           string         `json:"topic"`
	QoS             int            `json:"qos"`
	Payload         *string        `json:"payload,omitempty"`
	PayloadBase64   *string        `json:"payload_base64,omitempty"`
	ContentType     string         `json:"content_type,omitempty"`
	PayloadFormat   string         `json:"payload_format_indicator,omitempty"`
	UserProperties  []jsonProperty `json:"user_properties,omitempty"`
	ResponseTopic   string         `json:"response_topic,omitempty"`
	CorrelationData string         `json:"correlation_data,omitempty"`
	Expiry          uint32         `json:"message_expiry,omitempty"`
}

type jsonProperty struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func messageJSON(broker string, m *mqtt.Message) *jsonMessage {
	if m == nil {
		return nil
	}
	out := &jsonMessage{
		Broker: broker, Topic: m.Topic, QoS: int(m.QoS),
		ContentType: m.ContentType, ResponseTopic: m.ResponseTopic, Expiry: m.Expiry,
	}
	if m.PayloadFormat != mqtt.UnspecifiedBytes {
		out.PayloadFormat = m.PayloadFormat.String()
	}
	for _, p := range m.UserProperties {
		out.UserProperties = append(out.UserProperties, jsonProperty(p))
	}
	if len(m.CorrelationData) > 0 {
		out.CorrelationData = unlessRedacted(string(m.CorrelationData), func(s string) string {
			return base64.StdEncoding.EncodeToString([]byte(s))
		})
	}
	if utf8.Valid(m.Payload) {
		text := string(m.Payload)
		out.Payload = &text
	} else {
		encoded := base64.StdEncoding.EncodeToString(m.Payload)
		out.PayloadBase64 = &encoded
	}
	return out
}

// jsonOwn is the part of a plan's document that Terraform's format has no place for.
type jsonOwn struct {
	Version     string          `json:"version"`
	Mode        string          `json:"mode"`
	Token       string          `json:"token"`
	Lineage     string          `json:"lineage"`
	Serial      uint64          `json:"serial"`
	Summary     jsonSummary     `json:"summary"`
	Observation jsonObservation `json:"observation"`
	Brokers     []jsonBroker    `json:"brokers"`
	Refusals    []jsonRefusal   `json:"refusals"`
	Warnings    []jsonWarning   `json:"warnings"`
	Cost        []jsonCost      `json:"cost"`
	Protected   []jsonProtected `json:"protected"`
	Changes     []jsonOwnChange `json:"changes"`
	Drift       []jsonOwnChange `json:"drift,omitempty"`
}

var modeNames = map[plan.Mode]string{
	plan.Normal: "normal", plan.DestroyAll: "destroy", plan.RefreshOnly: "refresh-only", plan.Restore: "restore",
}

type jsonSummary struct {
	Import    int `json:"import"`
	Create    int `json:"create"`
	Update    int `json:"update"`
	Delete    int `json:"delete"`
	Forget    int `json:"forget"`
	NoOp      int `json:"no_op"`
	Cosmetic  int `json:"cosmetic"`
	Protected int `json:"protected"`
}

type jsonObservation struct {
	Refreshed bool     `json:"refreshed"`
	Complete  bool     `json:"complete"`
	Reasons   []string `json:"reasons"`
}

type jsonBroker struct {
	Name        string `json:"name"`
	Type        string `json:"type"`
	Identity    string `json:"identity"`
	Address     string `json:"address"`
	Description string `json:"description,omitempty"`
}

// jsonCost is what an apply uses of the quotas of one broker.
type jsonCost struct {
	Broker      string  `json:"broker"`
	Publishes   int     `json:"publishes"`
	Reads       int     `json:"reads"`
	Seconds     float64 `json:"seconds"`
	PublishRate float64 `json:"publish_rate"`
	Units       int     `json:"metered_units"`
	UnitBytes   int     `json:"metered_unit_bytes"`
}

// jsonProtected is an undeclared message that a protect block keeps.
type jsonProtected struct {
	Broker string `json:"broker"`
	Topic  string `json:"topic"`
	By     string `json:"by"`
}

type jsonRefusal struct {
	Kind    string        `json:"kind"`
	Fatal   bool          `json:"fatal"`
	Summary string        `json:"summary"`
	Topics  []jsonRefused `json:"topics"`
}

type jsonRefused struct {
	Broker   string       `json:"broker"`
	Topic    string       `json:"topic"`
	Address  string       `json:"address,omitempty"`
	File     string       `json:"file,omitempty"`
	Line     int          `json:"line,omitempty"`
	Cause    string       `json:"cause,omitempty"`
	Recorded *jsonMessage `json:"recorded,omitempty"`
	Live     *jsonMessage `json:"live,omitempty"`
	Planned  *jsonMessage `json:"planned,omitempty"`
}

type jsonWarning struct {
	Kind    string   `json:"kind"`
	Broker  string   `json:"broker,omitempty"`
	Summary string   `json:"summary"`
	Detail  string   `json:"detail"`
	Fields  []string `json:"fields,omitempty"`
	Topics  []string `json:"topics,omitempty"`
	Failed  []string `json:"failed,omitempty"`

	Idle []jsonIdle `json:"idle,omitempty"`
}

// jsonIdle is a block with protect or except filters that match nothing.
type jsonIdle struct {
	Address string   `json:"address"`
	Filters []string `json:"filters"`
	File    string   `json:"file"`
	Line    int      `json:"line"`
}

type jsonOwnChange struct {
	Address string   `json:"address"`
	Broker  string   `json:"broker"`
	Topic   string   `json:"topic"`
	Action  string   `json:"action"`
	Reasons []string `json:"reasons"`
	File    string   `json:"file"`
	Line    int      `json:"line"`
}
