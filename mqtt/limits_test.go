package mqtt

import (
	"strings"
	"testing"
	"unicode"
)

func TestLimitsAtAndOverEachBoundary(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	bytes := func(n int) []byte { return []byte(long(n)) }
	tests := []struct {
		name     string
		limits   Limits
		at, over Message
		field    Fields
		says     string
	}{
		{"topic bytes", AWSLimits, Message{Topic: long(256)}, Message{Topic: long(257)}, 0, "at most 256 bytes, this one has 257"},
		{"topic slashes", AWSLimits, Message{Topic: "1/2/3/4/5/6/7/8"}, Message{Topic: "1/2/3/4/5/6/7/8/9"}, 0, "at most 7 slashes"},
		{"payload", AWSLimits, Message{Payload: bytes(131072)}, Message{Payload: bytes(131073)}, FieldPayload, "at most 131072 bytes"},
		{"payload that can be read back", StandardLimits, Message{Payload: bytes(64 << 20)}, Message{Payload: bytes(64<<20 + 1)}, FieldPayload, "read back from a broker"},
		{"qos", AWSLimits, Message{QoS: 1}, Message{QoS: 2}, FieldQoS, "QoS 0 to 1, not 2"},
		{"qos 0 only", Limits{OnlyQoS0: true}, Message{QoS: 0}, Message{QoS: 1}, FieldQoS, "QoS 0 only, not 1"},
		{"user properties", AWSLimits, Message{UserProperties: []UserProperty{{"a", long(4095)}, {"b", long(4095)}}},
			Message{UserProperties: []UserProperty{{"a", long(4096)}, {"b", long(4095)}}}, FieldUserProperties, "at most 8192 bytes together, these have 8193"},
		{"expiry", AWSLimits, Message{Expiry: 604800}, Message{Expiry: 604801}, FieldExpiry, "at most 604800 seconds, not 604801"},
		{"content type", AWSLimits, Message{ContentType: long(256)}, Message{ContentType: long(257)}, FieldContentType, "at most 256 bytes"},
		{"standard topic", StandardLimits, Message{Topic: long(65535)}, Message{Topic: long(65536)}, 0, "at most 65535 bytes"},
		{"standard qos", StandardLimits, Message{QoS: 2, Expiry: 1<<32 - 1}, Message{QoS: 3}, FieldQoS, "QoS 0 to 2, not 3"},
		{"no limits, qos", Limits{}, Message{QoS: 2}, Message{QoS: 3}, FieldQoS, "QoS 0 to 2, not 3"},
		{"topic rules", Limits{}, Message{Topic: "a/b"}, Message{Topic: "a/+"}, 0, "wildcard"},
		{"utf-8 payload", Limits{}, Message{Payload: []byte("\xff")}, Message{Payload: []byte("\xff"), PayloadFormat: UTF8Data}, FieldPayloadFormat, "UTF-8"},
		{"response topic", Limits{}, Message{ResponseTopic: "$a/b"}, Message{ResponseTopic: "a/#"}, FieldResponseTopic, "wildcards"},
		{"response topic bytes", Limits{}, Message{ResponseTopic: long(65535)}, Message{ResponseTopic: long(65536)}, FieldResponseTopic, "65535"},
		{"content type string", Limits{}, Message{ContentType: long(65535)}, Message{ContentType: long(65536)}, FieldContentType, "65535"},
		{"content type UTF-8", Limits{}, Message{ContentType: "ü"}, Message{ContentType: "\xfc"}, FieldContentType, "valid UTF-8"},
		{"property name", Limits{}, Message{UserProperties: []UserProperty{{"", ""}}}, Message{UserProperties: []UserProperty{{"a\x00", ""}}}, FieldUserProperties, "name"},
		{"property value", Limits{}, Message{UserProperties: []UserProperty{{"a", long(65535)}}}, Message{UserProperties: []UserProperty{{"a", long(65536)}}}, FieldUserProperties, "value"},
		{"characters", Limits{TopicExcludes: unicode.Zs}, Message{Topic: "a.b"}, Message{Topic: "a b"}, 0, "no U+0020 in a topic (' ')"},
		{"trailing slash", Limits{NoTrailingSlash: true}, Message{Topic: "/a//b"}, Message{Topic: "a/"}, 0, `ends with "/"`},
		{"uncarried", Limits{Uncarried: FieldExpiry}, Message{ContentType: "a"}, Message{Expiry: 1}, FieldExpiry, "cannot carry message_expiry"},
		{"correlation data", Limits{}, Message{CorrelationData: bytes(65535)}, Message{CorrelationData: bytes(65536)}, FieldCorrelationData, "65535"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, m := range []*Message{&tt.at, &tt.over} {
				if m.Topic == "" {
					m.Topic = "t"
				}
			}
			if found := tt.limits.Check(tt.at); len(found) != 0 {
				t.Errorf("at the limit: %v", found)
			}
			found := tt.limits.Check(tt.over)
			if len(found) != 1 || found[0].Field != tt.field || !strings.Contains(found[0].Reason, tt.says) {
				t.Errorf("over the limit: %v, want one of field %v that says %q", found, tt.field.Names(), tt.says)
			}
		})
	}
}

func TestCheckListsEveryViolation(t *testing.T) {
	m := Message{Topic: "a/#", QoS: 2, Expiry: 700_000, ContentType: "\xff", ResponseTopic: "+", Payload: make([]byte, 200_000)}
	if found := AWSLimits.Check(m); len(found) != 6 {
		t.Errorf("%d violations: %v", len(found), found)
	}
}

func TestDoubts(t *testing.T) {
	tests := map[string]int{
		"a/b": 0, "a b": 1, "a\tb": 1, "a\u0085": 1, "a\uffff": 1, "/a": 1, "/a b": 2,
		strings.Repeat("a/", 49) + "a": 0, strings.Repeat("a/", 50) + "a": 1,
	}
	for topic, want := range tests {
		if got := Doubts(Message{Topic: topic}); len(got) != want {
			t.Errorf("Doubts(%q) = %v", topic, got)
		}
	}
	m := Message{Topic: "a", ContentType: "\n", ResponseTopic: "b\x7f", UserProperties: []UserProperty{{"a", "b"}, {"\t", "\t"}}}
	got := Doubts(m)
	if len(got) != 3 || got[0].Field|got[1].Field|got[2].Field != FieldContentType|FieldResponseTopic|FieldUserProperties {
		t.Errorf("Doubts(%+v) = %v", m, got)
	}
}
