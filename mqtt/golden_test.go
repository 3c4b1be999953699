package mqtt

import "testing"

// everyField returns a message with every field set.
func everyField() Message {
	return Message{
		Topic: "house/attic", Payload: []byte(`{"setpoint":21,"token":"hunter2"}`), QoS: 2, PayloadFormat: UTF8Data,
		ContentType: "application/json", ResponseTopic: "house/replies", CorrelationData: []byte{0, 255},
		UserProperties: []UserProperty{{"site", "é"}, {"site", ""}}, Expiry: 3600,
	}
}

// TestDigestsKeepTheirBytes checks that digests are those of earlier versions, which records
// and tokens hold.
func TestDigestsKeepTheirBytes(t *testing.T) {
	all := everyField()
	leaf := Redaction{Leaves: []string{"/token"}}
	tests := []struct {
		name           string
		m              Message
		unkeyed, keyed string
	}{
		{"nothing", Message{},
			"cc2786e1f9910a9d811400edcddaf7075195f7a16b216dcbefba3bc7c4f2ae51",
			"a09a35b18de59bfa1e3956e7ea310249396568337d09c2290e1ffb9799a391a0"},
		{"every field", all,
			"af7f3ebbdda99eec60c63d4b22d3f5db1672c5dcdac0844bf7ec031d4aeebe5a",
			"8f22a596974eba3ec162046e8c38b1274ab516b302f580182cf66540cefbf8c2"},
		{"every field, all hidden", Redaction{Fields: AllFields}.Apply(all),
			"da28e74c2c58bbd227eb99d759137e5c90dc868b0af224d5611ed657cb175009",
			"1460231db8101ca4eea23b93fb10dae2d7edfb3877b64285cab73446ebf3bcce"},
		{"every field, a leaf hidden", leaf.Apply(all),
			"c0dfbba2a48bf18845fccb2b92378c374826c2441a639a2b43bb75fe69609498",
			"eb98938503e2f6c01ad70900b3883e5fca0ae878b3271546a78904450ead1308"},
		{"payload", Message{}.With(all, FieldPayload),
			"61b3574f6a5e246b86214e29fff13f4b5492f7d490b11731aff0ef45f100f408",
			"d3bb5a012987f02f120e0dc828d691cab1349d08b6b30f1ee8c923769846b45b"},
		{"qos", Message{}.With(all, FieldQoS),
			"50bbc86692559c3be78f320e132fe2348105b1da2b916153e5c358bb8d883ec4",
			"85671caf20ee1b8002ba5b7c5567993ba4b7d4afab5a86aed5b0d8a95d4ef98b"},
		{"payload_format_indicator", Message{}.With(all, FieldPayloadFormat),
			"a33703e635651a31ff7b160d6d90920eddd59eff270ee76c5ab1d184fc559418",
			"136650b67a45b3149162316048c1033f497215d7aa44735de5b31281a0a58550"},
		{"content_type", Message{}.With(all, FieldContentType),
			"8b65b5140473919d6e5e7cf5ca9451873c4182a9585eb23e0e0e6a4ae1627d2a",
			"62ca84d15f110437b4158632570a4d6e582c369660dc6c57dbe1284bb1f343bf"},
		{"response_topic", Message{}.With(all, FieldResponseTopic),
			"5348e32d11f0e5146cd98b431a8c82b20f64ac61878b3f7425cc7c409353afa6",
			"2c2ae86f5cd3c66bdb4a37bc3cd831e81f8383ac2760c7c158579dfa9ba1e9a8"},
		{"correlation_data", Message{}.With(all, FieldCorrelationData),
			"2d082a919e18cc53f1037fe59baf7149ba6b57636bbe513ff0f51c7e3775baed",
			"ff5b56e26e80ded6baf5cf5b5645a9a6c3cd2c35bf74cf0c3ae6185ca542cf55"},
		{"user_properties", Message{}.With(all, FieldUserProperties),
			"91d3bee824d0cf36b7cfd0f8cc8d15d9189a5fa23ff090759912a88e9e0d5594",
			"381370bb68d63618eb0df6481dfd4e1282eaf22c6cab1bd7d7b5adea6ce374cc"},
		{"message_expiry", Message{}.With(all, FieldExpiry),
			"df8fbaabb42b32e9d561c2aeeab9d0184d6764af12e20df6dcf33b7a9c7a6b3c",
			"600849ba248b4bf45f55ba02a399f453cad703cdfa171c021e5dd77fd67d18ce"},
	}
	for _, tt := range tests {
		unkeyed, keyed := tt.m.Digest(nil), tt.m.Digest([]byte("0123456789abcdef0123456789abcdef"))
		if unkeyed != tt.unkeyed || keyed != tt.keyed {
			t.Errorf("%s:\n%q, %q", tt.name, unkeyed, keyed)
		}
	}
}
