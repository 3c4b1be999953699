package broker

import (
	"crypto/tls"
	"fmt"
	"io"
	"os"
)

// certificateBytes bounds a file of certificates: the authorities that a system trusts take 250 KB.
const certificateBytes = 4 << 20

// readCertificates reads a file that the configuration names. It must be a regular one: a device has no
// end, and a pipe may have no writer.
func readCertificates(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, certificateBytes+1))
	if err == nil && len(data) > certificateBytes {
		err = fmt.Errorf("%s is larger than %d MiB: is it the right file?", path, certificateBytes>>20)
	}
	return data, err
}

func loadKeyPair(certFile, keyFile string) (tls.Certificate, error) {
	cert, err := readCertificates(certFile)
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := readCertificates(keyFile)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(cert, key)
}
