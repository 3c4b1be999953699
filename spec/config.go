// Package spec turns a folder of HCL files into a Config: which retained message
// every topic must hold, on which broker, with every expression evaluated.
//
// The author's mistakes come back as hcl.Diagnostics, all of them and each with
// its range; spec never prints and never talks to a broker or a state store. It
// reads files only below the configuration's root, since plans run on untrusted
// pull requests.
//
// It is built in layers, each a package that knows none of the later ones: addrs,
// sensitive and diag (how addresses, secrets and diagnostics are written), bounds and
// functions (what expressions may compute), language (the table of blocks), declare
// (what the files declare). This package computes the values: Load reads the inputs,
// everything.go evaluates each module instance, and the decoders turn arguments that
// are complete into the types of config.go.
package spec

import (
	"net/url"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec/language"
)

// DefaultStatePath is where the local backend keeps the state, below the root.
const DefaultStatePath = language.DefaultStatePath

// EnvPrefix begins the environment variables that set variables.
const EnvPrefix = "RETAINCTL_VAR_"

// Config is a whole configuration, evaluated.
type Config struct {
	MaxDeletes *Threshold
	Backend    Backend
	Brokers    []Broker // in the order of declaration; one embedded.default where no block stands
	Messages   []Message
	Exclusives []Exclusive // of one broker none overlaps another
	Protects   []Scope     // nothing within may be deleted
	Removed    []Scope     // what state holds within is forgotten
	Variables  []Variable
	Outputs    []Output // of the root module, by name
	Failed     []Failed // assertions of check blocks; the diagnostics warn of them too
}

// Threshold is a limit on deletes: a number, or a percentage of what is managed.
type Threshold struct {
	Number  int
	Percent bool
}

// Backend is a backend block: where state is kept.
type Backend struct {
	Type     string // "local", "s3", "http"
	Settings BackendSettings
	Range    hcl.Range
}

// BackendSettings is one of *LocalSettings, *S3Settings, *HTTPSettings.
type BackendSettings interface{ backendSettings() }

// LocalSettings are the arguments of a backend "local" block.
type LocalSettings struct {
	Path string // below the root, or absolute; default DefaultStatePath
}

// S3Settings are the arguments of a backend "s3" block. Bucket and Key may be
// empty: CI gives them with -backend-config where a state is needed.
type S3Settings struct {
	Bucket, Key, Region              string
	Endpoint                         *url.URL // nil for AWS's own
	Profile                          string
	RoleARN, ExternalID, SessionName string
	KMSKeyID                         string
	Encrypt                          bool
	UsePathStyle                     bool
	SkipChecksum                     bool
	LockLease                        time.Duration // default one minute
}

// HTTPSettings are the arguments of a backend "http" block. Address may be nil, as
// S3's bucket may be empty; LockAddress and UnlockAddress are nil for no locking.
type HTTPSettings struct {
	Address, LockAddress, UnlockAddress    *url.URL
	UpdateMethod, LockMethod, UnlockMethod string // POST, LOCK, UNLOCK
	Username, Password                     string
	SkipCertVerification                   bool
}

func (*LocalSettings) backendSettings() {}
func (*S3Settings) backendSettings()    {}
func (*HTTPSettings) backendSettings()  {}

// Broker is a broker block.
type Broker struct {
	Type     string // "mqtt", "aws_iot", "embedded"
	Name     string
	Settings BrokerSettings // nil where broker arguments are not evaluated
	Range    hcl.Range
}

// BrokerSettings is one of *MQTTSettings, *AWSIoTSettings, *EmbeddedSettings.
type BrokerSettings interface {
	destination() string // where the arguments lead, "" if they do not tell
}

// MQTTSettings are the arguments of a broker "mqtt" block.
type MQTTSettings struct {
	Address                   MQTTAddress
	Username, Password, Token string
	CAFile, CertFile, KeyFile string // absolute paths
	ServerName                string
	ALPN                      []string
	ClientID                  string
	Protocol                  string // "auto", "5", "3.1.1"
	Kind                      string // one of language.MQTTKinds
	Connections               int    // 0: the target chooses
	Rate                      float64
	Timeout                   time.Duration // default 30s
}

// AWSIoTSettings are the arguments of a broker "aws_iot" block.
type AWSIoTSettings struct {
	Region, Endpoint, Profile, RoleARN string
	Rate                               float64 // publishes a second; 0: the quota
}

// EmbeddedSettings are the arguments of a broker "embedded" block.
type EmbeddedSettings struct {
	Path string // absolute; default .retainctl/broker.db below the root
}

func (s *MQTTSettings) destination() string {
	if s.Address == (MQTTAddress{}) {
		return ""
	}
	return s.Address.Place()
}

func (*AWSIoTSettings) destination() string     { return "" }
func (s *EmbeddedSettings) destination() string { return s.Path }

// Message is one instance of a message block: a declared retained message.
type Message struct {
	mqtt.Message
	Address string    // message.NAME, message.NAME[0], module.M["a"].message.NAME["key"]
	Name    string    // the block's label
	Index   cty.Value // the instance's key: cty.NilVal, a number or a string
	Broker  string    // the name of its broker block

	Redaction         mqtt.Redaction
	OrderedProperties bool          // user_properties is a list: order and repeats count
	CompareBytes      bool          // compare = "bytes"
	RenewBefore       time.Duration // 0: warn only
	DependsOn         []string      // blocks and modules, without instance keys: message.NAME, module.M
	PreventDestroy    bool
	OnDestroy         string // "delete" or "forget"
	IgnoreFields      mqtt.Fields
	IgnoreLeaves      []string // RFC 6901 pointers of the payload
	Range             hcl.Range
}

// Variable is an input variable with the value it was given.
type Variable struct {
	Name      string
	Value     cty.Value // unmarked
	Sensitive bool
	Range     hcl.Range
}

// Failed is an assertion of a check block that does not hold.
type Failed struct {
	Address string // check.NAME, module.M["a"].check.NAME
	Message string
	Range   hcl.Range // of the condition
}

// Output is an output of the root module.
type Output struct {
	Name      string
	Value     cty.Value // unmarked
	Sensitive bool
	Range     hcl.Range
}
