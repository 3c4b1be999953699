package plan

// WithChecksum returns a plan file that holds a document, so that fuzzing gets past the
// checksum.
func WithChecksum(body []byte) []byte {
	head := fileMagic + "1 "
	return append([]byte(head+checksum(head, body)+"\n"), body...)
}
