//go:build unix

package folder

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func pipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPipes(t *testing.T) {
	path := pipe(t)
	got := make(chan string)
	go func() {
		text, _ := Named(path).Read(100)
		got <- string(text)
	}()
	if err := Named(path).Replace([]byte("text")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(path); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Fatalf("the pipe was replaced by a file: %v", err)
	}
	if text := <-got; text != "text" {
		t.Errorf("the reader got %q", text)
	}
	// nobody writes to it: a flag's file waits for a while, others do not
	if _, err := Named(path).readNamed(100, time.Millisecond); err == nil || !strings.Contains(err.Error(), "a pipe that nobody writes to") {
		t.Errorf("error %v", err)
	}
	file := Below(filepath.Dir(path), "pipe")
	check(t, "pipe", file, "not a regular file, but a pipe")
	check(t, "pipe", Fixed(filepath.Dir(path), "pipe"), "not a regular file, but a pipe")
}

func TestEndlessPipe(t *testing.T) {
	endless := pipe(t)
	go func() {
		file, err := os.OpenFile(endless, os.O_WRONLY, 0)
		for err == nil {
			_, err = file.Write(bytes.Repeat([]byte("x"), 1024))
		}
	}()
	if _, err := Named(endless).Read(100_000); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("an endless pipe: %v", err)
	}
}
