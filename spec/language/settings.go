package language

// DefaultStatePath is the path of the local backend's file, relative to the root.
const DefaultStatePath = "retain.state.json"

// settingsBlock returns the retainctl block.
func settingsBlock() Block {
	return Block{
		Type: "retainctl", RootOnly: true, Once: true,
		Doc: "Settings of the whole configuration.",
		Arguments: []Argument{
			{
				Name: "required_version", Type: "literal string",
				Doc: "the versions of retainctl that may run the configuration, such as `\">= 0.1.0\"`",
			},
			{
				Name: "max_deletes", Type: "number, or percentage", Default: `"30%"`,
				Doc: "how many deletes one apply may make: a number, or a percentage of the managed messages. The " +
					"default applies if 10 messages or more are managed",
			},
		},
		Blocks: []Block{localBlock(), s3Block(), httpBlock()},
	}
}

func text(name, doc string) Argument { return Argument{Name: name, Type: "string", Doc: doc} }

func localBlock() Block {
	return Block{
		Type: "backend", Kind: "local", Labels: []string{"type"}, Once: true,
		Doc: "The state is a file.",
		Arguments: []Argument{
			{Name: "path", Type: "string", Default: `"` + DefaultStatePath + `"`, Doc: "the file", Limits: "not empty"},
		},
	}
}

func s3Block() Block {
	return Block{
		Type: "backend", Kind: "s3", Labels: []string{"type"}, Once: true,
		Doc: "The state is an object of S3, and its lock is another object beside it. The arguments have the " +
			"same names as in Terraform.",
		Arguments: []Argument{
			text("bucket", "the bucket; CI can pass it with `-backend-config`"),
			text("key", "the object's key; CI can pass it with `-backend-config`"),
			{Name: "region", Type: "string", Default: "`AWS_REGION`, or the profile's", Doc: "the bucket's region"},
			{
				Name: "endpoint", Type: "string", Default: "AWS's own",
				Doc: "another service with the S3 API: `\"https://HOST[:PORT]\"`",
			},
			{Name: "profile", Type: "string", Default: "`AWS_PROFILE`", Doc: "a profile of the AWS configuration files"},
			text("role_arn", "a role to assume with these credentials"),
			text("external_id", "the external ID that the role requires"),
			text("session_name", "the name of the role's session"),
			text("kms_key_id", "the KMS key that encrypts the object"),
			{Name: "encrypt", Type: "bool", Default: "false", Doc: "encrypt the object at rest"},
			{Name: "use_path_style", Type: "bool", Default: "false", Doc: "put the bucket's name into the path"},
			{Name: "skip_s3_checksum", Type: "bool", Default: "false", Doc: "for services that do not support checksums"},
			{
				Name: "use_lockfile", Type: "bool", Default: "true",
				Doc:    "for compatibility with Terraform: the state is always locked",
				Limits: "`true`",
			},
			{
				Name: "lock_lease", Type: "number of seconds, or duration", Default: `"1m"`,
				Doc:    "how long a lock remains if its holder dies",
				Limits: "2 s to 1 h",
			},
		},
	}
}

func httpBlock() Block {
	return Block{
		Type: "backend", Kind: "http", Labels: []string{"type"}, Once: true,
		Doc: "The state is at an address that implements Terraform's HTTP protocol, such as GitLab's.",
		Arguments: []Argument{
			{
				Name: "address", Type: "string",
				Doc:    "the address that reads and writes the state; CI can pass it with `-backend-config`",
				Limits: "http or https, without a user name",
			},
			{Name: "update_method", Type: "string", Default: `"POST"`, Doc: "the method that writes the state"},
			{Name: "lock_address", Type: "string", Default: "no lock", Doc: "the address that locks the state"},
			{Name: "lock_method", Type: "string", Default: `"LOCK"`, Doc: "the method that locks the state"},
			{Name: "unlock_address", Type: "string", Default: "`lock_address`", Doc: "the address that unlocks the state"},
			{Name: "unlock_method", Type: "string", Default: `"UNLOCK"`, Doc: "the method that unlocks the state"},
			{Name: "username", Type: "string", Hidden: true, Doc: "the user name"},
			{Name: "password", Type: "string", Sensitive: true, Doc: "the password"},
			{Name: "skip_cert_verification", Type: "bool", Default: "false", Doc: "accept any certificate"},
		},
	}
}
