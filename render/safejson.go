package render

import (
	"io"

	"github.com/retainctl/retainctl/mqtt/safejson"
)

// safeJSON writes JSON to w with the escapes of package safejson. Each Write must be a whole document, as it is from
// json.Encoder.
type safeJSON struct{ w io.Writer }

func (s safeJSON) Write(p []byte) (int, error) {
	if _, err := s.w.Write(safejson.Escape(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}
