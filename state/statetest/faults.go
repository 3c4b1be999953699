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

// Fault is what goes wrong with one request.
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

// Passing are the faults that a store must get over by itself.
func Passing() []Fault {
	return []Fault{Cut, LoseAnswer, HalfAnswer, Delay, Error500, SlowDown}
}

// Faulty hands requests on to Next, but for those that Fault gives a fault.
type Faulty struct {
	Next  http.Handler
	Fault func(*http.Request) Fault // nil is no fault; called by several goroutines
}

// AtRequest returns every request number n, from 1, a fault, and counts requests.
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
		io.Copy(io.Discard, r.Body) // else nobody notices that the client hangs up
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

// half sends the headers, that promise the whole body, and half of it.
func (f Faulty) half(w http.ResponseWriter, r *http.Request) {
	rec := httptest.NewRecorder()
	f.Next.ServeHTTP(rec, r)
	maps.Copy(w.Header(), rec.Header())
	body := rec.Body.Bytes()
	if len(body) == 0 { // nothing to halve: the answer is lost
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(rec.Code)
	w.Write(body[:len(body)/2])
	http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}
