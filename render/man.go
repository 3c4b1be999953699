package render

import (
	"fmt"
	"strings"
)

// ManPages returns the man pages of section 1, of the program and of each command, by the names of their files. exits
// and environment are rows of a term and its description: exit statuses and variables, which all commands share.
func ManPages(version string, pages []HelpPage, exits, environment [][2]string) map[string]string {
	all := map[string]string{"retainctl.1": manIndex(version, pages, exits, environment)}
	for _, p := range pages {
		all[manName(p)+".1"] = manPage(version, p)
	}
	return all
}

const manDescription = "Keeps the retained messages of MQTT brokers as *.retain.hcl files declare them. " +
	"plan shows what would change, and apply publishes it.\n\n" +
	"Flags are written -flag or --flag, with = or a space, before or after arguments; -chdir=DIR comes first. " +
	"Results go to standard output; progress, prompts, warnings and errors to standard error."

func manIndex(version string, pages []HelpPage, exits, environment [][2]string) string {
	m := man{}
	m.head("retainctl", version, "Terraform for MQTT retained messages")
	m.line(".SH SYNOPSIS")
	m.line(".B retainctl")
	m.text(`[-chdir=DIR] COMMAND [flags] [arguments]`)
	m.line(".SH DESCRIPTION")
	m.paragraphs(manDescription)
	m.line(".SH COMMANDS")
	for _, p := range pages {
		m.item(p.Name, p.Brief)
	}
	m.section("EXIT STATUS", exits)
	m.section("ENVIRONMENT", environment)
	var others []string
	for _, p := range pages {
		others = append(others, manName(p))
	}
	m.seeAlso(others)
	return m.String()
}

func manPage(version string, p HelpPage) string {
	m := man{}
	m.head(manName(p), version, p.Brief)
	m.line(".SH SYNOPSIS")
	m.line(".B retainctl " + roff(p.Name))
	m.text(strings.TrimSpace("[flags] " + p.Args))
	m.line(".SH DESCRIPTION")
	m.paragraphs(capitalize(p.Brief) + ".")
	if p.About != "" {
		m.line(".PP")
		m.paragraphs(p.About)
	}
	if len(p.Flags) > 0 {
		m.line(".SH OPTIONS")
	}
	for _, f := range p.Flags {
		m.item("-"+f.Form, f.Usage)
	}
	m.seeAlso([]string{"retainctl"})
	return m.String()
}

func manName(p HelpPage) string { return "retainctl-" + strings.ReplaceAll(p.Name, " ", "-") }

// man is a page in the macros of man(7), which every formatter supports.
type man struct{ strings.Builder }

func (m *man) line(s string) { m.WriteString(s + "\n") }

// text writes running text. A line that began with a full stop or an apostrophe would be a request, so roff escapes it.
func (m *man) text(s string) { m.line(roff(s)) }

func (m *man) head(name, version, brief string) {
	m.line(fmt.Sprintf(`.TH %s 1 "" "retainctl %s" "retainctl"`, strings.ToUpper(roff(name)), version))
	m.line(".nh") // a command's name is not broken
	m.line(".ad l")
	m.line(".SH NAME")
	m.line(roff(name) + ` \- ` + roff(brief))
}

func (m *man) paragraphs(text string) {
	for i, p := range strings.Split(text, "\n\n") {
		if i > 0 {
			m.line(".PP")
		}
		if !strings.HasPrefix(p, "  ") {
			m.text(p)
			continue
		}
		m.line(".nf") // an example stays as it is
		m.text(p)
		m.line(".fi")
	}
}

func (m *man) item(term, text string) {
	m.line(".TP")
	m.line(`\fB` + roff(term) + `\fR`)
	m.text(text)
}

func (m *man) section(title string, rows [][2]string) {
	m.line(".SH " + strings.ToUpper(title))
	for _, row := range rows {
		m.item(row[0], row[1])
	}
}

func (m *man) seeAlso(names []string) {
	m.line(".SH SEE ALSO")
	for i, name := range names {
		end := " ,"
		if i == len(names)-1 {
			end = ""
		}
		m.line(`.BR ` + roff(name) + ` (1)` + end)
	}
}

// roff escapes what the formatter would interpret. It would show "-" as a hyphen, which cannot be pasted as a minus.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(s)
	if strings.HasPrefix(s, ".") {
		s = `\&` + s
	}
	return s
}
