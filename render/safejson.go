package render

import (
	"io"

	"github.com/retainctl/retainctl/mqtt/safejson"
)

// safeJSON passes JSON on as safejson makes it. A Write takes whole documents, as the
// encoder gives them.
type safeJSON struct{ w io.Writer }

func (s safeJSON) Write(p []byte) (int, error) {
	if _, err := s.w.Write(safejson.Escape(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}
