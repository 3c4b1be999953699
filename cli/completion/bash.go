package completion

import "strings"

// bashLine is a command line of bash, split as bash splits it.
type bashLine struct {
	words   []string // without their quotes; the last is the one at the cursor
	current string   // the last word as it is typed
	quote   byte     // the quote that is open at the cursor: ' or ", or 0
	opened  int      // the offset in current after that quote
}

// parseLine splits a line up to the cursor, and drops the name of the program and assignments before
// it.
func parseLine(line string) bashLine {
	var b bashLine
	var word strings.Builder
	start, inside := 0, false
	end := func(i int) {
		if inside {
			b.words = append(b.words, word.String())
		}
		word.Reset()
		inside, start = false, i+1
	}
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case b.quote == 0 && (c == ' ' || c == '\t' || c == '\n'):
			end(i)
			continue
		case b.quote == 0 && (c == '\'' || c == '"'):
			b.quote, b.opened = c, i+1
		case c == b.quote && c != 0:
			b.quote = 0
		case c == '\\' && b.quote != '\'' && i+1 < len(line):
			i++
			word.WriteByte(line[i])
		default:
			word.WriteByte(c)
		}
		inside = true
	}
	b.words, b.current, b.opened = append(b.words, word.String()), line[start:], max(b.opened-start, 0)
	for len(b.words) > 1 && strings.Contains(b.words[0], "=") {
		b.words = b.words[1:]
	}
	b.words = b.words[1:]
	return b
}

// quoted returns candidates as bash takes them: the part after the last of its word breaks, which is
// all that bash replaces, quoted in the way in which the word was begun.
func (b bashLine) quoted(a Answer, breaks string) Answer {
	var all []candidate
	for _, candidate := range a.candidates {
		candidate.text = b.spelled(candidate.text, breaks)
		candidate.about = "" // bash shows no descriptions, and would take one for a part of the word
		all = append(all, candidate)
	}
	a.candidates = all
	return a
}

// spelled returns the part of a candidate that bash inserts.
func (b bashLine) spelled(text, breaks string) string {
	if b.quote != 0 { // for bash the word begins after the quote, and bash closes it
		before := parseLine("x " + b.current[:max(b.opened-1, 0)]).words[0]
		text = strings.TrimPrefix(text, before)
		switch b.quote {
		case '\'': // nothing can be escaped in single quotes, so they are closed and opened again
			text = strings.ReplaceAll(text, "'", `'\''`)
		case '"':
			text = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(text)
		}
		return text
	}
	kept := 0 // the length of the part of current that bash keeps
	for i := 0; i < len(b.current); i++ {
		switch {
		case b.current[i] == '\\':
			i++
		case strings.IndexByte(breaks, b.current[i]) >= 0:
			kept = i + 1
		}
	}
	before := parseLine("x " + b.current[:kept]).words[0]
	return escapedForBash(strings.TrimPrefix(text, before))
}

// escapedForBash puts a backslash before each character that is special to bash.
func escapedForBash(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if strings.IndexByte(" \t\"'\\[]*?(){}<>|&;$`!#~", s[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
