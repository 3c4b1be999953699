package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec"
)

// watchdog bounds the time and the memory of an evaluation, which runs beside it. An expression cannot
// be interrupted, so an evaluation that exceeds a bound is abandoned where it is: the command returns
// an error, which releases whatever it holds, and the process ends with it.
type watchdog struct {
	limits evaluationLimits
	work   *spec.Work
	ctx    context.Context // of the evaluation
	end    context.CancelCauseFunc
}

// newWatchdog returns a watchdog for one evaluation, which also ends with ctx. The caller calls end.
func newWatchdog(ctx context.Context, s *session) (*watchdog, error) {
	limits, err := limitsFrom(s.Env, os.DirFS("/"))
	if err != nil {
		return nil, err
	}
	d := &watchdog{limits: limits}
	d.ctx, d.end = context.WithCancelCause(ctx)
	d.work = spec.NewWork(d.ctx)
	return d, nil
}

// excess is the error that an evaluation exceeded a bound.
type excess struct{ at *hcl.Diagnostic }

func (e *excess) Error() string { return e.at.Error() }

// watched calls a part of an evaluation. The error is an *excess if that exceeded a bound, or that of
// the context if it ended first.
func watched[T any](d *watchdog, do func() T) (T, error) {
	watching, stop := context.WithCancel(d.ctx)
	defer stop()
	// Close to the bound garbage is collected more often, so that only what is in use exceeds it.
	collectAt := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(collectAt)
	debug.SetMemoryLimit(min(collectAt, int64(d.limits.memory/8*7)))
	go d.watch(watching)
	done, err := abandonable(d.ctx, do)
	var over *excess
	if err != nil && errors.As(context.Cause(d.ctx), &over) {
		err = over
	}
	return done, err
}

// lookEvery is how often the watchdog looks. Memory can grow by some 100 MB in that time.
const lookEvery = 20 * time.Millisecond

// watch ends the evaluation when it exceeds a bound. It returns when ctx ends.
func (d *watchdog) watch(ctx context.Context) {
	began, before := time.Now(), processorTime()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
		switch used := memoryUsed(); {
		case used > d.limits.memory:
			d.end(d.tooMuch(used))
		case d.limits.late(time.Since(began), processorTime()-before):
			d.end(d.tooLong())
		}
	}
}

// memoryUsed returns the memory of the process in bytes, without what was returned to the system.
func memoryUsed() uint64 {
	is := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(is)
	return is[0].Value.Uint64() - is[1].Value.Uint64()
}

func (d *watchdog) tooLong() *excess {
	return d.excess("Evaluation takes too long", fmt.Sprintf("the configuration had taken %s", d.limits.time),
		fmt.Sprintf("set %s to a longer time, such as %s", timeVariable, 10*d.limits.time))
}

func (d *watchdog) tooMuch(used uint64) *excess {
	return d.excess("Evaluation takes too much memory",
		fmt.Sprintf("the process had grown to %s, more than %s", size(used), d.limits.why),
		fmt.Sprintf("use a machine with more memory, or set %s to more, such as %s",
			memoryVariable, size(2*d.limits.memory)))
}

// excess returns the error with the place of the expression that is being evaluated.
func (d *watchdog) excess(summary, when, raise string) *excess {
	at := d.work.At()
	what := "This expression was being evaluated"
	if at == nil {
		what = "The files were being read"
	}
	return &excess{&hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: summary, Subject: at,
		Detail: fmt.Sprintf("%s when %s. Look here for a for expression inside another, a long range, or a pattern "+
			"with many alternatives. If you trust the configuration and it has to be so large, %s.", what, when, raise),
	}}
}
