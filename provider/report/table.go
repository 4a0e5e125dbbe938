package report

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// narrowest is the least width of a column whose lines are broken.
const narrowest = 30

// colors are the escape sequences of severities.
var colors = map[string]string{"high": "\x1b[31m", "medium": "\x1b[33m", "low": "\x1b[36m"}

const plain = "\x1b[0m"

func tableText(v view, o Options) string {
	var b strings.Builder
	b.WriteString(line(v.title) + "\n")
	for _, one := range v.summary {
		b.WriteString(line(one) + "\n")
	}
	if v.block != "" {
		b.WriteString("\n" + visible(v.block))
	}
	for _, s := range v.sections {
		if len(s.rows) == 0 {
			continue
		}
		b.WriteString("\n")
		if s.title != "" {
			b.WriteString(line(s.title) + "\n")
		}
		b.WriteString(s.table(o) + "\n")
	}
	if len(v.blind) > 0 {
		b.WriteString("\n" + v.blindIs + "\n")
		for _, spot := range v.blind {
			b.WriteString("  - " + line(spot.What+" (hides "+spot.Hides+")") + "\n")
		}
	}
	return b.String()
}

func (s section) table(o Options) string {
	t := table.NewWriter()
	style := table.StyleDefault
	style.Format.Header = text.FormatDefault
	style.Options = table.Options{SeparateColumns: true, SeparateHeader: true}
	style.Box = table.BoxStyle{MiddleVertical: "  ", MiddleHorizontal: "-", PaddingRight: "", MiddleSeparator: "--"}
	t.SetStyle(style)
	t.SuppressTrailingSpaces()
	var header table.Row
	for _, column := range s.headers() {
		header = append(header, strings.ToUpper(column))
	}
	t.AppendHeader(header)
	for _, r := range s.rows {
		t.AppendRow(s.row(r, o))
	}
	if o.Width > 0 {
		t.SetColumnConfigs([]table.ColumnConfig{{
			Number: len(header), WidthMax: max(narrowest, o.Width-s.widthBefore()), WidthMaxEnforcer: text.WrapSoft,
		}})
	}
	return t.Render()
}

func (s section) headers() []string {
	if s.more == "" {
		return s.columns
	}
	return append(append([]string{}, s.columns...), s.more)
}

func (s section) row(r row, o Options) table.Row {
	var out table.Row
	for i, cell := range r.cells {
		cell = line(cell)
		if color := colors[r.grave]; i == 0 && o.Color && color != "" {
			cell = color + cell + plain
		}
		out = append(out, cell)
	}
	if s.more != "" {
		var lines []string
		for _, d := range r.details {
			lines = append(lines, d.line())
		}
		out = append(out, strings.Join(lines, "\n"))
	}
	return out
}

// line is a detail as a table shows it.
func (d detail) line() string {
	shown := line(d.text)
	if d.code {
		shown = visible(d.text)
	}
	if d.label == "" {
		return shown
	}
	return d.label + ": " + shown
}

// widthBefore is the width of all columns but the last.
func (s section) widthBefore() int {
	widths := make([]int, len(s.headers()))
	for i, column := range s.columns {
		widths[i] = len(column)
	}
	for _, r := range s.rows {
		for i, cell := range r.cells {
			widths[i] = max(widths[i], text.StringWidthWithoutEscSequences(line(cell)))
		}
	}
	total := 0
	for _, width := range widths[:len(widths)-1] {
		total += width + 2
	}
	return total
}
