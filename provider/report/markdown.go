package report

import (
	"fmt"
	"strings"
)

// CommentLimit is how many bytes a report in Markdown has at the most. GitHub takes comments of 65,536 characters; the rest is for what people
// put around it.
const CommentLimit = 60_000

// tailRoom is what the end of a report may take: the note on what is left out, and the blind spots.
const tailRoom = 4_000

// mostBlind is how many blind spots are shown.
const mostBlind = 20

// comment writes Markdown up to a limit, and counts what it left out.
type comment struct {
	text          strings.Builder
	limit         int
	rows, details int // left out
}

// fits writes a text if there is room for it.
func (c *comment) fits(text string, limit int) bool {
	if c.text.Len()+len(text) > limit {
		return false
	}
	c.text.WriteString(text)
	return true
}

func markdownText(v view, o Options) string {
	c := &comment{limit: o.Limit}
	if c.limit == 0 {
		c.limit = CommentLimit
	}
	room := c.limit - tailRoom
	c.fits("### "+clipped(markdown(v.title), 300)+"\n", room)
	for _, one := range v.summary {
		c.fits("\n"+clipped(markdown(one), 1000)+"\n", room)
	}
	if v.block != "" && !c.fits("\n"+fence(v.block)+"\n", room) {
		c.fits("\n_The block is longer than a comment may be._\n", room)
	}
	for _, s := range v.sections {
		c.section(s, room*2/3)
	}
	for _, s := range v.sections {
		c.collapsed(s, room)
	}
	c.blind(v)
	if c.rows+c.details > 0 {
		fmt.Fprintf(&c.text, "\n_Left out because comments are limited in length: %s, and the details of %s. The format `json` has all of it._\n",
			counted(c.rows, "row", "rows"), counted(c.rows+c.details, "row", "rows"))
	}
	return c.text.String()
}

// section writes the table of a section; its details follow apart.
func (c *comment) section(s section, limit int) {
	if len(s.rows) == 0 {
		return
	}
	var b strings.Builder
	if s.title != "" {
		b.WriteString("\n**" + clipped(markdown(s.title), 300) + "**\n")
	}
	b.WriteString("\n| " + strings.Join(s.columns, " | ") + " |\n|" + strings.Repeat(" --- |", len(s.columns)) + "\n")
	if !c.fits(b.String(), limit) {
		c.rows += len(s.rows)
		return
	}
	for i, r := range s.rows {
		cells := mapped(r.cells, func(cell string) string { return clipped(markdown(cell), 600) })
		if !c.fits("| "+strings.Join(cells, " | ")+" |\n", limit) {
			c.rows += len(s.rows) - i
			return
		}
	}
}

// collapsed writes the details of a section, a block for each row that can be opened.
func (c *comment) collapsed(s section, limit int) {
	for i, r := range s.rows {
		if len(r.details) == 0 {
			continue
		}
		var b strings.Builder
		fmt.Fprintf(&b, "\n<details><summary>%s</summary>\n\n", clipped(markdown(strings.Join(r.cells, " ")), 600))
		for _, d := range r.details {
			b.WriteString(d.markdown())
		}
		b.WriteString("\n</details>\n")
		if !c.fits(b.String(), limit) {
			c.details += len(s.rows) - i
			return
		}
	}
}

func (d detail) markdown() string {
	label := d.label
	if label != "" {
		label = "**" + label + "**: "
	}
	if d.code {
		return "\n" + strings.TrimSuffix(label, " ") + "\n\n" + fence(d.text) + "\n\n"
	}
	return "- " + label + markdown(d.text) + "\n"
}

func (c *comment) blind(v view) {
	if len(v.blind) == 0 {
		return
	}
	fmt.Fprintf(&c.text, "\n<details><summary>%s could not be read or told</summary>\n\n%s\n\n", counted(len(v.blind), "thing", "things"), v.blindIs)
	for i, spot := range v.blind {
		text := "- " + clipped(markdown(spot.What+" (hides "+spot.Hides+")"), 400) + "\n"
		if i == mostBlind || !c.fits(text, c.limit-1_000) {
			fmt.Fprintf(&c.text, "- and %d more\n", len(v.blind)-i)
			break
		}
	}
	c.text.WriteString("\n</details>\n")
}

// clipped is a Markdown text of at most a number of bytes, cut between words where it can be.
func clipped(text string, most int) string {
	if len(text) <= most {
		return text
	}
	cut := strings.LastIndexByte(text[:most], ' ')
	if cut < most/2 {
		return "(a text of " + fmt.Sprint(len(text)) + " bytes)"
	}
	return text[:cut] + " ..."
}
