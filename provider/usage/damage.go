package usage

import (
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/shortlist"
)

// maxNamed is how many damaged lines are named.
const maxNamed = 20

// DamagedLine is a line of a file that could not be read. What the line says is not repeated.
type DamagedLine struct {
	File   string
	Line   int
	Reason string
	// Rest says that nothing after the line could be read either.
	Rest bool
}

func (d DamagedLine) String() string {
	rest := ""
	if d.Rest {
		rest = "; the rest of the file was not read"
	}
	return fmt.Sprintf("%s:%d: %s%s", d.File, d.Line, d.Reason, rest)
}

// Damage is how many lines could not be read, and the first of them.
type Damage struct {
	Lines int
	Named []DamagedLine
	// Rest counts the files of which the end could not be read.
	Rest int
}

// Add takes a damaged line.
func (d *Damage) Add(line DamagedLine) {
	d.Lines++
	if line.Rest {
		d.Rest++
	}
	if len(d.Named) < maxNamed {
		d.Named = append(d.Named, line)
	}
}

func (d *Damage) merge(other Damage) {
	d.Lines += other.Lines
	d.Rest += other.Rest
	d.Named = slices.Concat(d.Named, other.Named)
	d.Named = d.Named[:min(len(d.Named), maxNamed)]
}

// String names the lines; it is empty where there are none.
func (d Damage) String() string {
	texts := make([]string, len(d.Named))
	for i, line := range d.Named {
		texts[i] = line.String()
	}
	text := shortlist.Joined(texts, maxNamed, "; ", "; ")
	if more := d.Lines - len(d.Named); more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}
