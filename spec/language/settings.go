package language

// DefaultStatePath is where the local backend keeps the state, below the root.
const DefaultStatePath = "retain.state.json"

// settingsBlock is the retainctl block.
func settingsBlock() Block {
	text := func(name, doc string) Argument { return Argument{Name: name, Type: "string", Doc: doc} }
	return Block{
		Type: "retainctl", RootOnly: true, Once: true,
		Doc: "What holds for the whole configuration.",
		Arguments: []Argument{
			{Name: "required_version", Type: "literal string", Doc: "which versions of retainctl may run it, such as `\">= 0.1.0\"`"},
			{Name: "max_deletes", Type: "number, or percentage", Default: `"30%"`, Doc: "how many deletes one apply may make: a number, or a percentage of what is managed. The default counts once there are 10 messages or more"},
		},
		Blocks: []Block{
			{
				Type: "backend", Kind: "local", Labels: []string{"type"}, Once: true,
				Doc: "The state is a file.",
				Arguments: []Argument{
					{Name: "path", Type: "string", Default: `"` + DefaultStatePath + `"`, Doc: "the file", Limits: "not empty"},
				},
			},
			{
				Type: "backend", Kind: "s3", Labels: []string{"type"}, Once: true,
				Doc: "The state is an object of S3, and its lock another beside it. The arguments have the names that Terraform gives them.",
				Arguments: []Argument{
					text("bucket", "the bucket; CI may give it with `-backend-config`"),
					text("key", "the object's key; CI may give it with `-backend-config`"),
					{Name: "region", Type: "string", Default: "`AWS_REGION`, or the profile's", Doc: "the bucket's region"},
					{Name: "endpoint", Type: "string", Default: "AWS's own", Doc: "another service that speaks S3: `\"https://HOST[:PORT]\"`"},
					{Name: "profile", Type: "string", Default: "`AWS_PROFILE`", Doc: "a profile of the AWS configuration files"},
					text("role_arn", "a role to assume with these credentials"),
					text("external_id", "what the role asks for"),
					text("session_name", "the name of the role's session"),
					text("kms_key_id", "the KMS key that encrypts the object"),
					{Name: "encrypt", Type: "bool", Default: "false", Doc: "encrypt the object at rest"},
					{Name: "use_path_style", Type: "bool", Default: "false", Doc: "put the bucket's name into the path"},
					{Name: "skip_s3_checksum", Type: "bool", Default: "false", Doc: "for services that know no checksums"},
					{Name: "use_lockfile", Type: "bool", Default: "true", Doc: "for Terraform's users: the state is always locked", Limits: "`true`"},
					{Name: "lock_lease", Type: "number of seconds, or duration", Default: `"1m"`, Doc: "how long a lock outlives a holder that died", Limits: "2 s to 1 h"},
				},
			},
			{
				Type: "backend", Kind: "http", Labels: []string{"type"}, Once: true,
				Doc: "The state is behind an address that speaks Terraform's protocol, such as GitLab's.",
				Arguments: []Argument{
					{Name: "address", Type: "string", Doc: "where the state is read and written; CI may give it with `-backend-config`", Limits: "http or https, without a user name"},
					{Name: "update_method", Type: "string", Default: `"POST"`, Doc: "the method that writes it"},
					{Name: "lock_address", Type: "string", Default: "no lock", Doc: "where it is locked"},
					{Name: "lock_method", Type: "string", Default: `"LOCK"`, Doc: "the method that locks it"},
					{Name: "unlock_address", Type: "string", Default: "`lock_address`", Doc: "where it is unlocked"},
					{Name: "unlock_method", Type: "string", Default: `"UNLOCK"`, Doc: "the method that unlocks it"},
					text("username", "who asks"),
					{Name: "password", Type: "string", Sensitive: true, Doc: "with which password"},
					{Name: "skip_cert_verification", Type: "bool", Default: "false", Doc: "take any certificate"},
				},
			},
		},
	}
}
