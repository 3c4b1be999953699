package broker

import (
	"net/http"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/embedded/server"
	"github.com/retainctl/retainctl/mqtt"
)

func TestAWSScanReadsOnlyWhatMatchesAndMoved(t *testing.T) {
	plane := serveDataPlane(t, server.Options{})
	batch, topics := numbered(450)
	seed(t, plane, batch)
	known := recorded(t, plane, topics)
	moved := mqtt.Message{Topic: topics[3], Payload: []byte("moved"), QoS: 1}
	untracked := mqtt.Message{Topic: "fleet/untracked", Payload: []byte("x")}
	seed(t, plane, []mqtt.Message{moved, untracked, {Topic: "other/a", Payload: []byte("x")}})
	found, err := openAWS(t, plane.URL, Options{Known: known}).Scan(t.Context(), []string{"fleet/+"})
	if err != nil || !found.Complete || len(found.Live) != 451 {
		t.Fatalf("%d live, complete %t %q, %v", len(found.Live), found.Complete, found.Reasons, err)
	}
	for _, want := range []mqtt.Message{batch[0], moved, untracked} {
		if d := found.Live[want.Topic].Diff(want); d != 0 {
			t.Errorf("%s: other %v", want.Topic, d.Names())
		}
	}
	if list, get := counted(&plane.requests, "list"), counted(&plane.requests, "get"); list != 3 || get != 2 {
		t.Errorf("%d lists, %d gets; want 3 and 2", list, get)
	}
}

func TestAWSScanSaysWhatItCouldNotRead(t *testing.T) {
	plane := serveDataPlane(t, server.Options{})
	batch, topics := numbered(3)
	seed(t, plane, batch)
	denied := map[string]bool{}
	around(plane, func(w http.ResponseWriter, r *http.Request, inner http.Handler) {
		if denied[operationOf(r)] && !strings.HasSuffix(r.URL.Path, "00000") {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		inner.ServeHTTP(w, r)
	})
	target := openAWS(t, plane.URL, Options{})
	denied["get"] = true
	found, err := target.Scan(t.Context(), []string{"#"})
	if err != nil || found.Complete || len(found.Live) != 1 || len(found.Reasons) != 1 || !strings.Contains(found.Reasons[0], "2 messages") || !strings.Contains(found.Reasons[0], topics[1]) {
		t.Errorf("%v complete %t %q, %v", found.Live, found.Complete, found.Reasons, err)
	}
	denied["list"] = true
	_, err = target.Scan(t.Context(), []string{"#"})
	has(t, err, `iot:ListRetainedMessages on resource "*"`)
}
