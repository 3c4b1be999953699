package broker

import (
	"context"
	"errors"
	"fmt"

	"github.com/retainctl/retainctl/spec"
)

// Open connects to the broker of a block. The error does not name the block.
func Open(ctx context.Context, b spec.Broker, o Options) (Writer, error) {
	switch s := b.Settings.(type) {
	case *spec.MQTTSettings:
		return openMQTT(ctx, b.Name, s, o)
	case *spec.EmbeddedSettings:
		return openEmbedded(ctx, b.Name, s, o)
	case *spec.AWSIoTSettings:
		return openAWSIoT(ctx, b.Name, s, o)
	case nil:
		return nil, errors.New("its arguments were not evaluated")
	}
	return nil, fmt.Errorf("no target for the settings %T", b.Settings)
}

// OpenReader connects to the broker of a block for reading. The result has no method that
// publishes, even behind a type assertion. It is a Scanner if the target is one.
func OpenReader(ctx context.Context, b spec.Broker, o Options) (Reader, error) {
	w, err := Open(ctx, b, o)
	if err != nil {
		return nil, err
	}
	if scanner, ok := w.(Scanner); ok {
		return readAndScan{w, scanner}, nil
	}
	return readOnly{w}, nil
}

// readOnly hides all but the methods of a Reader.
type readOnly struct{ Reader }

// readAndScan hides all but the methods of a Reader and a Scanner.
type readAndScan struct {
	Reader
	Scanner
}
