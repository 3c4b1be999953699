package plan

// New works out the plan.
func New(in Input) *Plan { panic("not yet") }
