package spec

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
				Doc: "The state is an object of S3.",
				Arguments: []Argument{
					text("bucket", "the bucket"), text("key", "the object's key"), text("region", "the bucket's region"), text("endpoint", "another service that speaks S3"),
					text("profile", "a profile of the AWS configuration files"), text("role_arn", "a role to assume"), text("kms_key_id", "the KMS key that encrypts the object"),
					{Name: "encrypt", Type: "bool", Doc: "encrypt the object at rest"},
					{Name: "use_path_style", Type: "bool", Default: "false", Doc: "put the bucket's name into the path"},
					{Name: "skip_s3_checksum", Type: "bool", Default: "false", Doc: "for services that know no checksums"},
				},
			},
			{
				Type: "backend", Kind: "http", Labels: []string{"type"}, Once: true,
				Doc: "The state is behind an address that speaks Terraform's protocol, such as GitLab's.",
				Arguments: []Argument{
					text("address", "where the state is read and written"), text("update_method", "the method that writes it"),
					text("lock_address", "where it is locked"), text("lock_method", "the method that locks it"),
					text("unlock_address", "where it is unlocked"), text("unlock_method", "the method that unlocks it"),
					text("username", "who asks"),
					{Name: "password", Type: "string", Sensitive: true, Doc: "with which password"},
					{Name: "skip_cert_verification", Type: "bool", Default: "false", Doc: "take any certificate"},
				},
			},
		},
	}
}
