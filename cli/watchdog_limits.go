package cli

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
	"time"
)

// The variables that set the bounds of an evaluation. A configuration cannot set them: it may be
// somebody else's.
const (
	timeVariable   = "RETAINCTL_EVALUATION_TIME"
	memoryVariable = "RETAINCTL_EVALUATION_MEMORY"
)

// evaluationLimits are the bounds of an evaluation.
type evaluationLimits struct {
	time   time.Duration
	memory uint64 // of the whole process, in bytes
	why    string // where the bound of memory is from
}

const (
	// usualTime is the default of the time. A million messages take a third of it.
	usualTime = time.Minute
	// usualMemory is the bound of memory where nothing says how much there is.
	usualMemory = 4 << 30
	// longest is how often the bound of time may pass by the clock while the process waits for the
	// processor or for a file.
	longest = 10
)

// late reports whether an evaluation has used its time: both by the clock and by the processor time of
// the process. On a busy machine the clock alone would end an ordinary configuration, and on a machine
// with many cores the processor time alone, most of which may be the garbage collector's.
func (l evaluationLimits) late(clock, processor time.Duration) bool {
	return min(clock, processor) >= l.time || clock >= longest*l.time
}

// limitsFrom returns the bounds that the environment sets, or else those that fit the machine, whose
// files are in root.
func limitsFrom(env Env, root fs.FS) (evaluationLimits, error) {
	l := evaluationLimits{time: usualTime}
	if text := env.Getenv(timeVariable); text != "" {
		var err error
		if l.time, err = time.ParseDuration(text); err != nil || l.time <= 0 || l.time > math.MaxInt64/longest {
			return l, failure("Invalid "+timeVariable, fmt.Sprintf(
				"%q is not a duration above 0. Write, for example, 90s or 10m.", text))
		}
	}
	if text := env.Getenv(memoryVariable); text != "" {
		l.memory, l.why = parseSize(text), memoryVariable+"="+text
		if l.memory == 0 {
			return l, failure("Invalid "+memoryVariable, fmt.Sprintf(
				"%q is not a size above 0. Write, for example, 500MiB or 8GiB.", text))
		}
		return l, nil
	}
	l.memory, l.why = memoryBound(root)
	return l, nil
}

var units = []struct {
	name  string
	bytes uint64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}

// parseSize returns the bytes of a size such as 500MiB, or 0 if it is none.
func parseSize(text string) uint64 {
	unit := uint64(1)
	for _, u := range units {
		if number, has := strings.CutSuffix(text, u.name); has {
			text, unit = number, u.bytes
			break
		}
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil && unit == 1 {
		n, err = strconv.ParseUint(text, 10, 62)
	}
	if err != nil {
		return 0
	}
	return n * unit
}

// size returns a number of bytes in a form that parseSize reads, rounded down.
func size(bytes uint64) string {
	for _, u := range units {
		if bytes >= 10*u.bytes || bytes%u.bytes == 0 && bytes > 0 {
			return fmt.Sprint(bytes/u.bytes, u.name)
		}
	}
	return fmt.Sprint(bytes)
}

// memoryBound returns three quarters of the memory that the process can have, so that it ends before
// the system ends it: of what is available, or of the smallest limit of its control groups.
func memoryBound(root fs.FS) (bytes uint64, why string) {
	have, of := available(root), "of the available memory"
	if limit := groupLimit(root); limit > 0 && (have == 0 || limit < have) {
		have, of = limit, "of the memory limit of its control group"
	}
	if have == 0 {
		return usualMemory, "the bound of " + size(usualMemory)
	}
	bound := have / 4 * 3
	return bound, fmt.Sprintf("%s, which is three quarters %s", size(bound), of)
}

// available returns the memory that Linux can give without swapping, or 0 if that is not known.
func available(root fs.FS) uint64 {
	text, _ := fs.ReadFile(root, "proc/meminfo")
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		if rest, is := strings.CutPrefix(lines.Text(), "MemAvailable:"); is {
			n, _ := strconv.ParseUint(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 10, 50)
			return n << 10
		}
	}
	return 0
}

// groupLimit returns the smallest memory limit of the control groups of the process, or 0 if there is
// none. A container may see its own group as the root, so each folder above counts too.
func groupLimit(root fs.FS) (smallest uint64) {
	text, _ := fs.ReadFile(root, "proc/self/cgroup")
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		parts := strings.SplitN(lines.Text(), ":", 3)
		if len(parts) < 3 {
			continue
		}
		top, file := "sys/fs/cgroup", "memory.max"
		if parts[1] != "" { // version 1
			top, file = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		}
		if parts[1] != "" && !strings.Contains(","+parts[1]+",", ",memory,") {
			continue
		}
		for dir := path.Clean("/" + parts[2]); ; dir = path.Dir(dir) {
			text, _ := fs.ReadFile(root, path.Join(top, dir, file))
			limit, _ := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64) // "max" is no limit
			if limit > 0 && limit < cmp.Or(smallest, math.MaxInt64) {
				smallest = limit
			}
			if dir == "/" {
				break
			}
		}
	}
	return smallest
}
