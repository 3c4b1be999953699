// Package spec turns a folder of HCL files into a Config: the retained message that each topic
// must hold, on which broker, with all expressions evaluated.
//
// Mistakes of the author are returned as hcl.Diagnostics: all of them, each with its range.
// Package spec never prints, and never connects to a broker or a state store. It reads files
// only below the configuration's folder, because plans run on untrusted pull requests, and it
// bounds the time and memory of an evaluation for the same reason.
//
// It is built in layers, each a package that does not depend on the later ones: addrs,
// sensitive and diag (addresses, secrets, diagnostics), bounds and functions (what expressions
// may compute), language (the table of blocks), declare (the declarations in the files). This
// package computes the values: Load reads the inputs, everything.go evaluates each module
// instance, and the decoders turn evaluated arguments into the types of config.go.
package spec

import (
	"net/url"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec/language"
)

// DefaultStatePath is the path of the local backend's file, relative to the configuration's
// folder.
const DefaultStatePath = language.DefaultStatePath

// EnvPrefix is the prefix of the environment variables that set variables.
const EnvPrefix = "RETAINCTL_VAR_"

// Config is an evaluated configuration. With Inputs.BackendOnly, only MaxDeletes and Backend are
// set.
type Config struct {
	MaxDeletes *Threshold // nil if max_deletes is not set: the caller's default applies
	Backend    Backend
	Brokers    []Broker      // in the order of declaration; never empty: without a block, embedded.default
	Messages   []Message     // in the order of modules, blocks and instances; no topic of a broker twice
	Exclusives []Exclusive   // on one broker, no two match the same topic
	Protects   []FilterBlock // no message that one matches may be deleted
	Removed    []FilterBlock // records that one matches are dropped from the state
	Variables  []Variable    // of the root module, by name; those without a value are missing
	Outputs    []Output      // of the root module, by name
	Failed     []Failed      // assertions of check blocks, which are in the diagnostics as warnings too
}

// Threshold is a limit on deletes: a number, or a percentage of the managed messages.
type Threshold struct {
	Number  int  // 0 to 2^31-1; 0 to 100 for a percentage
	Percent bool // Number is a percentage
}

// Backend is a backend block: it says where the state is kept.
type Backend struct {
	Type     string          // "local", "s3" or "http"; "local" if no block is declared
	Settings BackendSettings // of that type
	Range    hcl.Range       // of the block's header; zero if no block is declared
}

// BackendSettings is one of *LocalSettings, *S3Settings and *HTTPSettings.
type BackendSettings interface{ backendSettings() }

// LocalSettings are the arguments of a backend "local" block.
type LocalSettings struct {
	Path    string // relative to the configuration's folder, or absolute; never ""
	Flagged bool   // the path was given with -backend-config
}

// S3Settings are the arguments of a backend "s3" block. A string is "" if the argument is not
// given. Bucket and Key may be "" too: CI passes them with -backend-config, and only to the
// commands that need a state.
type S3Settings struct {
	Bucket, Key, Region              string
	Endpoint                         *url.URL // nil for AWS's own
	Profile                          string
	RoleARN, ExternalID, SessionName string
	KMSKeyID                         string
	Encrypt                          bool
	UsePathStyle                     bool
	SkipChecksum                     bool
	LockLease                        time.Duration // 2 s to 1 h; one minute by default
}

// HTTPSettings are the arguments of a backend "http" block. Address may be nil, like the
// bucket of S3Settings. LockAddress and UnlockAddress are nil if the state is not locked.
type HTTPSettings struct {
	Address, LockAddress, UnlockAddress    *url.URL // http or https, without user information
	UpdateMethod, LockMethod, UnlockMethod string   // never ""; POST, LOCK and UNLOCK by default
	Username, Password                     string   // "" for none
	SkipCertVerification                   bool
}

func (*LocalSettings) backendSettings() {}
func (*S3Settings) backendSettings()    {}
func (*HTTPSettings) backendSettings()  {}

// Broker is a broker block.
type Broker struct {
	Type     string         // "mqtt", "aws_iot" or "embedded"
	Name     string         // the block's label, unique across all types
	Settings BrokerSettings // of that type; nil if Inputs.EvalBrokers is not set
	Range    hcl.Range      // of the block's header; zero for the default broker
}

// BrokerSettings is one of *MQTTSettings, *AWSIoTSettings and *EmbeddedSettings.
type BrokerSettings interface {
	// destination returns the place that the arguments lead to, or "" if they do not show it.
	destination() string
}

// MQTTSettings are the arguments of a broker "mqtt" block. A string is "" if the argument is
// not given.
type MQTTSettings struct {
	Address                   MQTTAddress
	Username, Password, Token string // at most one of Password and Token
	CAFile, CertFile, KeyFile string // absolute paths
	ServerName                string
	ALPN                      []string
	ClientID                  string
	Protocol                  string        // "auto", "5" or "3.1.1"
	Kind                      string        // one of language.MQTTKinds
	Connections               int           // 0 to 64; with 0, the broker client chooses
	Rate                      float64       // publishes a second; with 0, the broker client chooses
	Timeout                   time.Duration // of an answer; 30 s by default
}

// AWSIoTSettings are the arguments of a broker "aws_iot" block. A string is "" if the argument
// is not given.
type AWSIoTSettings struct {
	Region, Endpoint, Profile, RoleARN string  // Endpoint is valid for ParseAWSEndpoint
	Rate                               float64 // publishes a second; 0 for the account's quota
}

// EmbeddedSettings are the arguments of a broker "embedded" block.
type EmbeddedSettings struct {
	Path string // absolute; .retainctl/broker.db in the configuration's folder by default
	Root string // the configuration's folder
}

func (s *MQTTSettings) destination() string {
	if s.Address == (MQTTAddress{}) {
		return ""
	}
	return s.Address.Place()
}

func (*AWSIoTSettings) destination() string     { return "" }
func (s *EmbeddedSettings) destination() string { return s.Path }

// Message is one instance of a message block: a declared retained message. Its fields are
// within the limits of its broker's type.
type Message struct {
	mqtt.Message
	Address string    // message.NAME, message.NAME[0], module.M["a"].message.NAME["key"]
	Name    string    // the block's label
	Index   cty.Value // the instance's key: cty.NilVal, a number or a string
	Broker  string    // the name of its broker block

	Redaction         mqtt.Redaction // the parts that are sensitive
	OrderedProperties bool           // user_properties is a list: order and duplicates count
	CompareBytes      bool           // compare = "bytes": a payload in another JSON spelling differs
	RenewBefore       time.Duration  // before the expiry; 0: the plan only warns
	DependsOn         []string       // addresses without instance keys: message.NAME, module.M
	PreventDestroy    bool
	OnDestroy         string      // "delete" or "forget"
	IgnoreAbsent      bool        // absent = "ignore": once recorded, it is not created again when it is gone
	IgnoreFields      mqtt.Fields // whose live values are kept
	IgnoreLeaves      []string    // RFC 6901 pointers into a JSON payload, sorted; "*" is any one step
	Range             hcl.Range   // of the block's header
}

// Ignored returns what ignore_changes leaves to somebody else.
func (m *Message) Ignored() mqtt.Ignored {
	return mqtt.Ignored{Fields: m.IgnoreFields, Leaves: m.IgnoreLeaves}
}

// Variable is a variable of the root module with its value.
type Variable struct {
	Name      string
	Value     cty.Value // without marks, even if Sensitive is set
	Sensitive bool
	Range     hcl.Range // of the block's header
}

// Failed is an assertion of a check block that does not hold.
type Failed struct {
	Address string    // check.NAME, module.M["a"].check.NAME
	Message string    // its error_message
	Range   hcl.Range // of the condition
}

// Output is an output of the root module with its value.
type Output struct {
	Name      string
	Value     cty.Value // without marks, even if Sensitive is set
	Sensitive bool
	Range     hcl.Range // of the block's header
}
