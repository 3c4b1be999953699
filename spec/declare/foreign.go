package declare

import "github.com/hashicorp/hcl/v2"

// foreign lists blocks of Terraform that its users may try.
var foreign = []hcl.BlockHeaderSchema{
	{Type: "moved"},
	{Type: "import"},
	{Type: "data", LabelNames: []string{"type", "name"}},
	{Type: "resource", LabelNames: []string{"type", "name"}},
	{Type: "provider", LabelNames: []string{"name"}},
	{Type: "terraform"},
}

// instead returns what to write instead of such a block.
func instead(block string) string {
	switch block {
	case "moved":
		return "Remove it: a message is identified by its topic, so blocks, keys and modules can be renamed and moved " +
			"freely."
	case "import":
		return "Remove it: the next apply adopts a live message that equals its declaration, without a publish. " +
			"\"retainctl import FILTER\" writes the configuration for live messages."
	case "data":
		return "Read files with file(...), jsondecode(...) and csvdecode(...), and pass other values in as variables."
	case "resource":
		return "Declare a retained message with a message block that has a topic and a payload."
	case "provider":
		return "Declare a broker with a broker block: broker \"mqtt\" \"NAME\" { url = \"...\" }."
	}
	return "required_version and backend belong in a retainctl block: retainctl { backend \"s3\" { ... } }."
}
