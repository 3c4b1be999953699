package folder

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// pipeWait is how long a pipe may take until its end. Nobody may ever write to it.
const pipeWait = 5 * time.Minute

// Open opens a regular file. With os.O_CREATE it creates the file and its folder.
func (f File) Open(flag int, perm fs.FileMode) (file *os.File, err error) {
	create := flag&os.O_CREATE != 0
	err = f.within(create, 0o755, func(in *os.Root, name string) error {
		file, err = in.OpenFile(name, flag|syscall.O_NONBLOCK, perm) // a pipe would wait for its other end
		if err != nil {
			return err
		}
		if err = regular(file, f.path); err != nil {
			file.Close()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return file, nil
}

func regular(file *os.File, path string) error {
	info, err := file.Stat()
	if err != nil || info.Mode().IsRegular() {
		return err
	}
	return fmt.Errorf("open %s: it is not a regular file, but %s", path, kind(info.Mode()))
}

func kind(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeDevice != 0:
		return "a device"
	case mode&fs.ModeSymlink != 0:
		return "a link"
	}
	return "something else"
}

// Read returns the content of a file of at most limit bytes. If a flag names it, it may be a pipe that ends
// within five minutes. Devices, which may have no end, are refused, except for os.DevNull.
func (f File) Read(limit int64) ([]byte, error) {
	if f.root == "" {
		return f.readNamed(limit, pipeWait)
	}
	file, err := f.Open(os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return f.readAll(file, limit)
}

func (f File) readNamed(limit int64, wait time.Duration) ([]byte, error) {
	if f.path == os.DevNull { // a script's way to say "none"
		return nil, nil
	}
	info, err := os.Stat(f.path)
	if err == nil && info.Mode()&fs.ModeDevice != 0 {
		return nil, fmt.Errorf("open %s: it is a device, not a file", f.path)
	}
	type result struct {
		data []byte
		err  error
	}
	read := make(chan result, 1)
	go func() {
		file, err := os.Open(f.path)
		if err != nil {
			read <- result{nil, err}
			return
		}
		defer file.Close()
		data, err := f.readAll(file, limit)
		read <- result{data, err}
	}()
	if err != nil || info.Mode().IsRegular() {
		r := <-read
		return r.data, r.err
	}
	select {
	case r := <-read:
		return r.data, r.err
	case <-time.After(wait):
		return nil, fmt.Errorf("read %s: it has not ended within %s, as a pipe that nobody writes to", f.path, wait)
	}
}

func (f File) readAll(file *os.File, limit int64) ([]byte, error) {
	var data bytes.Buffer
	if info, err := file.Stat(); err == nil && info.Size() < limit {
		data.Grow(int(info.Size()) + bytes.MinRead)
	}
	if _, err := data.ReadFrom(io.LimitReader(file, limit+1)); err != nil {
		return nil, err
	}
	if int64(data.Len()) > limit {
		return nil, fmt.Errorf("read %s: it is larger than %d bytes, the most that is read of such a file", f.path, limit)
	}
	return data.Bytes(), nil
}

// Begins reports whether the file exists and begins with a text. An error is that of reading a file that exists.
func (f File) Begins(text string) (bool, error) {
	start, err := f.Start(len(text))
	return err == nil && start == text, err
}

// Start returns the first n bytes of the file, or fewer if it is shorter or does not exist.
func (f File) Start(n int) (string, error) {
	file, err := f.Open(os.O_RDONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer file.Close()
	start, err := firstBytes(file, n)
	return string(start), err
}

func firstBytes(file *os.File, n int) ([]byte, error) {
	start := make([]byte, n)
	n, err := io.ReadFull(file, start)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return start[:n], err
}

// Entries lists the folder that the file is, sorted by name. A folder that does not exist has none.
func (f File) Entries() (entries []fs.DirEntry, err error) {
	err = f.within(false, 0, func(in *os.Root, name string) error {
		entries, err = fs.ReadDir(in.FS(), cmp.Or(name, "."))
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return entries, err
}
