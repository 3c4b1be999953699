package language

import "slices"

func messageBlock() Block {
	return Block{
		Type: "message", Labels: []string{"name"},
		Doc:       "One retained message, or one for each element of a collection.",
		Arguments: slices.Concat(messagePlace(), messageContent(), messageHandling()),
		Blocks:    []Block{lifecycleBlock()},
	}
}

// messagePlace returns the arguments that say how many messages there are, and where.
func messagePlace() []Argument {
	return []Argument{
		{
			Name: "for_each", Type: "map, object or set of strings",
			Doc:    "one instance for each element; `each.key`, `each.value`",
			Limits: "not together with `count`",
		},
		{
			Name: "count", Type: "number",
			Doc:    "the number of instances; `count.index`",
			Limits: "a whole number, 0 or more",
		},
		{
			Name: "broker", Type: "string", Default: "the only broker",
			Doc: "which broker holds the message: `broker.NAME`",
		},
		{
			Name: "topic", Type: "string", Default: "the block's label",
			Doc:    "the topic, which identifies the message",
			Limits: "1 to 65,535 bytes of UTF-8, no wildcard, no U+0000, no leading `$`; AWS: 256 bytes, 7 slashes",
		},
	}
}

// messageContent returns the arguments for what is published.
func messageContent() []Argument {
	return []Argument{
		{
			Name: "payload", Type: "string", Hidden: true,
			Doc: "sent as its UTF-8 bytes; use `jsonencode(...)` for anything but text. This or `payload_base64` " +
				"is required",
			Limits: "not empty; AWS: 128 KiB",
		},
		{
			Name: "payload_base64", Type: "string", Hidden: true,
			Doc:    "instead of `payload`, for bytes",
			Limits: "base64 of at least one byte",
		},
		{
			Name: "qos", Type: "number", Default: "1",
			Doc:    "quality of service of the publish",
			Limits: "0, 1 or 2; AWS: 0 or 1",
		},
		{
			Name: "content_type", Type: "string", Hidden: true,
			Doc:    "such as `\"application/json\"`; MQTT 5",
			Limits: "AWS: 256 bytes",
		},
		{
			Name: "payload_format_indicator", Type: "string", Default: `"UNSPECIFIED_BYTES"`,
			Doc:    "whether the payload is text; MQTT 5",
			Limits: "`\"UNSPECIFIED_BYTES\"` or `\"UTF8_DATA\"`",
		},
		{
			Name: "user_properties", Type: "map of strings, or list of `{ name, value }`", Hidden: true,
			Doc:    "a map is compared without order, a list with order and duplicates; MQTT 5",
			Limits: "AWS: 8 KiB together",
		},
		{
			Name: "response_topic", Type: "string", Hidden: true,
			Doc:    "the topic for answers; MQTT 5",
			Limits: "no wildcards",
		},
		{
			Name: "correlation_data", Type: "string", Hidden: true,
			Doc:    "bytes for the sender of the answer; MQTT 5",
			Limits: "base64",
		},
		{
			Name: "message_expiry", Type: "number of seconds, or duration",
			Doc:    "the time after which the broker drops the message, such as `\"24h\"` or `\"7d\"`; MQTT 5",
			Limits: "1 to 4,294,967,295 s; AWS: at most 604,800 s",
		},
	}
}

// messageHandling returns the arguments for how the message is checked, compared and ordered.
func messageHandling() []Argument {
	return []Argument{
		{
			Name: "renew_before", Type: "number of seconds, or duration",
			Doc:    "publish again if less time than this remains; without it the plan only warns",
			Limits: "above 0, and shorter than `message_expiry`, which `ignore_changes` must not list",
		},
		{
			Name: "schema", Type: "string",
			Doc:    "a JSON Schema (2020-12 or a draft before it) that the payload must fulfil",
			Limits: "refers to nothing outside of itself",
		},
		{Name: "sensitive", Type: "bool", Default: "false", Doc: "hide the payload everywhere"},
		{
			Name: "compare", Type: "string", Default: `"json"`,
			Doc:    "`\"bytes\"`: JSON documents that differ only in spelling are different",
			Limits: "`\"json\"` or `\"bytes\"`; `\"bytes\"` not with paths in `ignore_changes`",
		},
		{
			Name: "depends_on", Type: "list of references",
			Doc: "`message.NAME`, `module.NAME`: published after these, deleted before them",
		},
	}
}

func lifecycleBlock() Block {
	return Block{
		Type: "lifecycle", Once: true,
		Doc: "How the message is changed and deleted.",
		Arguments: []Argument{
			{
				Name: "prevent_destroy", Type: "bool", Default: "false",
				Doc: "a plan that would delete the message is an error, even after its block was removed",
			},
			{
				Name: "ignore_changes", Type: "list of names and strings",
				Doc: "fields, without quotes, and RFC 6901 paths of a JSON payload that somebody else may change: an " +
					"update keeps their live values. In a path, `*` is any one step. Or `all`",
			},
			{
				Name: "absent", Type: "string", Default: `"create"`,
				Doc: "`\"ignore\"`: a recorded message that somebody else deleted, such as the device that it is for, is " +
					"not created again",
				Limits: "`\"create\"` or `\"ignore\"`",
			},
			{
				Name: "on_destroy", Type: "string", Default: `"delete"`,
				Doc:    "`\"forget\"`: leave the message on the broker and drop it from the state",
				Limits: "`\"delete\"` or `\"forget\"`",
			},
		},
		Blocks: []Block{
			Rule("precondition", "Must hold before the message is evaluated."),
			Rule("postcondition", "Must hold for the declared message, which is `self` here."),
		},
	}
}
