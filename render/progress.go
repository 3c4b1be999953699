package render

import (
	"fmt"
	"io"
	"time"

	"github.com/retainctl/retainctl/apply"
)

// Progress shows the progress of an apply: on a terminal in one line that is rewritten in place, otherwise in a line
// every few seconds, so that a CI log is short but not silent. Errors of writing are ignored.
type Progress struct {
	w     io.Writer
	tty   bool
	style Style
	now   func() time.Time

	total, finished, failed int
	started, shown          time.Time // shown: the last line
	tenths                  int       // of total, when the last plain line was written
}

// NewProgress returns a Progress that writes to w. tty reports whether lines can be rewritten there; now is the clock.
func NewProgress(w io.Writer, tty bool, s Style, now func() time.Time) *Progress {
	return &Progress{w: w, tty: tty, style: s, now: now}
}

const (
	redrawInterval = 100 * time.Millisecond // between two lines on a terminal
	logInterval    = 5 * time.Second        // between two lines elsewhere, at most
)

// Event shows an event of a run.
func (p *Progress) Event(e apply.Event) {
	switch e := e.(type) {
	case apply.Started:
		p.total, p.started, p.shown = e.Total, p.now(), p.now()
	case apply.Progressed:
		p.finished++
		if e.Result.Outcome != apply.Done {
			p.failed++
		}
		p.step()
	case apply.Ended:
		p.end()
	}
}

func (p *Progress) step() {
	since := p.now().Sub(p.shown)
	switch tenths := p.finished * 10 / max(p.total, 1); {
	case p.tty && since >= redrawInterval:
		fmt.Fprint(p.w, "\r"+p.line()+"\x1b[K")
	case !p.tty && p.finished < p.total && (since >= logInterval || tenths > p.tenths && since >= time.Second):
		p.tenths = tenths
		fmt.Fprintln(p.w, p.line())
	default:
		return
	}
	p.shown = p.now()
}

// end clears the status line. The report says how the run ended.
func (p *Progress) end() {
	if p.tty && p.total > 0 {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

func (p *Progress) line() string {
	s := fmt.Sprintf("Applying: %s of %s", number(p.finished), Count(p.total, "change"))
	if elapsed := p.now().Sub(p.started).Seconds(); elapsed > 0 {
		s += fmt.Sprintf(", %s/s", number(int(float64(p.finished)/elapsed)))
	}
	if p.failed > 0 {
		s += ", " + p.style.paint(number(p.failed)+" not done", red)
	}
	return s
}
