package declare

import "github.com/hashicorp/hcl/v2"

// foreign are blocks of Terraform that its users may try.
var foreign = []hcl.BlockHeaderSchema{
	{Type: "moved"},
	{Type: "import"},
	{Type: "data", LabelNames: []string{"type", "name"}},
	{Type: "resource", LabelNames: []string{"type", "name"}},
	{Type: "provider", LabelNames: []string{"name"}},
	{Type: "terraform"},
}

// instead returns what to do in place of such a block.
func instead(block string) string {
	switch block {
	case "moved":
		return "Remove it: a message is known by its topic, so blocks, keys and modules may be renamed and moved " +
			"freely, and nothing is planned."
	case "import":
		return "Remove it: a message that is live and as declared is taken over by the next apply without a " +
			"publish, and \"retainctl import FILTER\" writes the configuration for what is live."
	case "data":
		return "Read files with file(...), jsondecode(...) and csvdecode(...), and pass what is known elsewhere in " +
			"as a variable."
	case "resource":
		return "A retained message is declared by a message block with a topic and a payload."
	case "provider":
		return "A broker is declared by a broker block: broker \"mqtt\" \"NAME\" { url = \"...\" }."
	}
	return "required_version and backend stand in a retainctl block: retainctl { backend \"s3\" { ... } }."
}
