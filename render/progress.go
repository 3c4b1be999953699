package render

import (
	"fmt"
	"io"
	"time"

	"github.com/retainctl/retainctl/apply"
)

// Progress shows how an apply gets on: on a terminal by one line that is
// rewritten in place, elsewhere by a line now and then, so that a CI log stays
// short and yet shows life.
type Progress struct {
	w     io.Writer
	tty   bool
	style Style
	now   func() time.Time

	total, settled, failed int
	began, shown           time.Time
	tenths                 int // of total that a plain line was written for
}

// NewProgress writes to w; tty says whether lines can be rewritten there.
func NewProgress(w io.Writer, tty bool, s Style, now func() time.Time) *Progress {
	return &Progress{w: w, tty: tty, style: s, now: now}
}

const (
	redraw = 100 * time.Millisecond // how often a terminal's line is rewritten
	silent = 5 * time.Second        // how long a log may stay silent
)

// Event takes what happens during a run.
func (p *Progress) Event(e apply.Event) {
	switch e := e.(type) {
	case apply.Started:
		p.total, p.began, p.shown = e.Total, p.now(), p.now()
	case apply.Progressed:
		p.settled++
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
	switch tenths := p.settled * 10 / max(p.total, 1); {
	case p.tty && since >= redraw:
		fmt.Fprint(p.w, "\r"+p.line()+"\x1b[K")
	case !p.tty && p.settled < p.total && (since >= silent || tenths > p.tenths && since >= time.Second):
		p.tenths = tenths
		fmt.Fprintln(p.w, p.line())
	default:
		return
	}
	p.shown = p.now()
}

// end clears the status line: the report says how it ended.
func (p *Progress) end() {
	if p.tty && p.total > 0 {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

func (p *Progress) line() string {
	s := fmt.Sprintf("Applying: %s of %s", number(p.settled), Count(p.total, "change"))
	if elapsed := p.now().Sub(p.began).Seconds(); elapsed > 0 {
		s += fmt.Sprintf(", %s/s", number(int(float64(p.settled)/elapsed)))
	}
	if p.failed > 0 {
		s += ", " + p.style.paint(number(p.failed)+" not done", red)
	}
	return s
}
