package broker

import (
	"crypto/tls"

	"github.com/retainctl/retainctl/spec"
)

const CertificateBytes = certificateBytes

// TLSConfig returns what a block asks for.
func TLSConfig(s *spec.MQTTSettings) (*tls.Config, error) { return tlsConfig(s) }
