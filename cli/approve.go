package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/retainctl/retainctl/plan"
)

// cannotAsk returns the reason why nobody can be asked, or "" if somebody can.
func cannotAsk(s *session, input bool) string {
	switch {
	case !input:
		return "-input=false was given"
	case s.events != nil:
		return "-json was given"
	case !s.StdinTTY:
		return "Standard input is not a terminal"
	}
	return ""
}

// approve asks whether to carry out a plan.
func approve(ctx context.Context, s *session, p *plan.Plan, input bool) error {
	if why := cannotAsk(s, input); why != "" {
		advice := ", so the plan cannot be approved here. Pass -auto-approve, or -expect=TOKEN with the token of a " +
			"reviewed plan"
		if p.Mode != plan.Restore {
			advice += ", or apply a saved plan"
		}
		return failure("Nobody to ask", why+advice+".")
	}
	yes, err := ask(ctx, s, question(p))
	if err == nil && !yes {
		err = failure("Cancelled", "The answer was not 'yes'. Nothing was published.")
	}
	return err
}

// ask asks a question on the terminal. Only "yes" approves.
func ask(ctx context.Context, s *session, question string) (yes bool, err error) {
	fmt.Fprintf(s.Stderr, "\n%s\n  Only 'yes' will be accepted to approve.\n\n  Enter a value: ", question)
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(s.Stdin).ReadString('\n')
		answer <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case text := <-answer:
		fmt.Fprintln(s.Stderr)
		return text == "yes", nil
	}
}

// question returns the question to ask, with what to consider before answering it.
func question(p *plan.Plan) string {
	const reaches = "\n  Every publish reaches all live subscribers at once."
	switch p.Mode {
	case plan.DestroyAll:
		return "Do you really want to delete these messages?" + reaches
	case plan.RefreshOnly:
		return "Do you want to record what is live?\n  Only the state is written; nothing is published."
	case plan.Restore:
		return "Do you want to publish these messages of the backup?" + reaches
	}
	return "Do you want to perform these actions?" + reaches
}
