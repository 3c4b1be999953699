package statetest

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"time"
)

// Fault is a way in which one request goes wrong.
type Fault string

const (
	None       Fault = ""
	Cut        Fault = "cut before it is handled"
	LoseAnswer Fault = "handled, and the answer lost"
	HalfAnswer Fault = "half of the answer"
	Delay      Fault = "a slow answer"
	Silence    Fault = "no answer at all"
	Error500   Fault = "500"
	SlowDown   Fault = "503 SlowDown"
	Conflict   Fault = "409 ConditionalRequestConflict"
	Denied     Fault = "403 AccessDenied"
)

// Passing are the faults from which a store must recover by itself.
func Passing() []Fault {
	return []Fault{Cut, LoseAnswer, HalfAnswer, Delay, Error500, SlowDown}
}

// Faulty passes requests on to Next, except those for which Fault returns a fault.
type Faulty struct {
	Next  http.Handler
	Fault func(*http.Request) Fault // may be nil; is called by several goroutines
}

// AtRequest injects a fault at the nth request, counted from 1, and at none if n is 0. The counter
// counts all requests.
func AtRequest(n int64, f Fault) (fault func(*http.Request) Fault, requests *atomic.Int64) {
	requests = new(atomic.Int64)
	return func(*http.Request) Fault {
		if requests.Add(1) == n {
			return f
		}
		return None
	}, requests
}

func (f Faulty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fault := None
	if f.Fault != nil {
		fault = f.Fault(r)
	}
	switch fault {
	case None:
		f.Next.ServeHTTP(w, r)
	case Cut:
		panic(http.ErrAbortHandler)
	case LoseAnswer:
		f.Next.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	case HalfAnswer:
		f.half(w, r)
	case Delay:
		time.Sleep(300 * time.Millisecond)
		f.Next.ServeHTTP(w, r)
	case Silence:
		io.Copy(io.Discard, r.Body) // otherwise nobody notices that the client hangs up
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case Error500:
		refuse(w, http.StatusInternalServerError, "InternalError")
	case SlowDown:
		refuse(w, http.StatusServiceUnavailable, "SlowDown")
	case Denied:
		refuse(w, http.StatusForbidden, "AccessDenied")
	case Conflict:
		refuse(w, http.StatusConflict, "ConditionalRequestConflict")
	}
}

// half sends the headers, which promise the whole body, and half of the body.
func (f Faulty) half(w http.ResponseWriter, r *http.Request) {
	rec := httptest.NewRecorder()
	f.Next.ServeHTTP(rec, r)
	maps.Copy(w.Header(), rec.Header())
	body := rec.Body.Bytes()
	if len(body) == 0 { // there is nothing to halve, so the whole answer is lost
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(rec.Code)
	w.Write(body[:len(body)/2])
	http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}
