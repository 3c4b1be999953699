package render

// The details of warnings. A list of topics follows those that end with a colon.
const (
	incompleteDetail = "Not everything that is live was seen, so only the undeclared messages listed here are known:"
	unreadableDetail = " cannot be checked live: they are compared with the recorded state, " +
		"so a change made elsewhere goes unnoticed."
	unseenDetail = "It is unlikely that somebody deleted all of them. More likely this user may not read these topics " +
		"(a broker may grant such a subscription all the same), or the broker lost its retained messages, for example " +
		"in a restart without persistence. Check that before you apply: every message would be published again."
	expiringDetail = "The broker drops a message when its message_expiry has passed. " +
		"Set renew_before to have it published again in time:"
	uncheckedDetail = "They are live and look as declared, but %s cannot be read back and may differ. " +
		"Pass -republish to be sure:"
	unplacedDetail = "ignore_changes lists paths, but what is live, or declared, is no JSON document that has them: it is " +
		"not JSON, has a key twice, or is an object where the other is an array. The payload is published as it is " +
		"declared. List payload in ignore_changes to leave all of it alone:"
	unscannedDetail = "-refresh=false reads no broker, so undeclared live messages that match these exclusive filters are " +
		"not listed. A plan that reads the broker deletes them:"
	idleDetail = "No message that is declared, recorded or was read for this plan matches them. That is well if such " +
		"messages are still to come; if the filter is misspelt, it shields nothing:"
	idleOfflineDetail = "No message that is declared or recorded matches them, and what is live was not looked at " +
		"(-refresh=false). If the filter is misspelt, it shields nothing:"
	idleIgnoredDetail = "No message of these blocks, declared, recorded or read for this plan, has a value there, so " +
		"nothing is ignored:"
	checkDetail = "These conditions of the configuration do not hold. They do not stop a plan or an apply:"

	unkeyedDetail = "The key of sensitive digests is made with the state, at the first apply. Until then the token and " +
		"a saved plan hold sensitive payloads in their redacted form only, and do not change with the value."
	restoredDetail = "The next apply replaces or deletes what is restored there now. " +
		"To keep it, change the configuration first:"
	targetedDetail = "-target or -exclude is in use: what they leave out is neither compared nor changed. " +
		"Plan again without them before you rely on the result."
)

// The details of refusals. A list of topics follows.
const (
	unmanagedDetail = "These declared topics hold a live message that differs and that no state records. " +
		"Declare what is live to take it over without a publish, or pass -overwrite-unmanaged=TOPIC to replace it:"
	unreadDetail = "Whether a message is live there is unknown, so nothing can be planned. " +
		"Check the connection and the permission to subscribe, then plan again:"
	conflictDetail = "An apply was about to publish there and could not see how that ended: it was interrupted, or the " +
		"broker refused or could not be read. The live message is neither the recorded one nor the one that it was " +
		"publishing, so somebody else published it. To keep it, run \"retainctl apply -refresh-only -target=TOPIC\"; to " +
		"replace it, pass -overwrite-unmanaged=TOPIC:"
	pendingDetail = "An earlier apply may have published to %s, and -refresh=false does not check. " +
		"Plan without -refresh=false:"
	unknownDetail = "ignore_changes keeps a part of the live message. That part is sensitive in %s, so the state does " +
		"not contain it. Plan without -refresh=false:"
	preventDestroyDetail = "prevent_destroy was set for them, and it still holds after the block is gone. Declare them " +
		"again, or set prevent_destroy = false and apply that before you remove them:"
	protectDetail = "A protect block keeps every message that matches its filter from being deleted. " +
		"Declare these messages again, let a removed block leave them on the broker, or narrow the protect filter:"
	forgetDetail = "on_destroy = \"forget\" leaves them on the broker, where the next plan would delete them as " +
		"undeclared messages of an exclusive block. Add a removed block with their topics, or an except filter to the " +
		"exclusive block:"
	limitsDetail = "They exceed what the broker announced that it accepts. " +
		"Declare messages within its limits, or raise the broker's limit:"
	acceptUnseenDetail = "Applying this would forget %s. More likely this user may not read these topics, or the " +
		"broker lost its retained messages. If the messages are really gone, \"retainctl state rm FILTER\" forgets them:"
	maxDeletesDetail = "It deletes %s of %s managed messages, and max_deletes is %s. " +
		"If that is intended, pass -max-deletes=%d, or raise max_deletes in the retainctl block."
	emptyDetail = "The configuration declares no message, but the state records some, or an exclusive filter matches " +
		"some: applying this would delete them all. Check the folder and the variables. " +
		"To delete everything, run \"retainctl destroy\" or pass -max-deletes=100%."
)
