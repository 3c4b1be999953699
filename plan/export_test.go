package plan

// WithChecksum makes a plan file of a document, so that fuzzing gets past the
// checksum.
func WithChecksum(body []byte) []byte {
	head := fileMagic + "1 "
	return append([]byte(head+checksum(head, body)+"\n"), body...)
}
