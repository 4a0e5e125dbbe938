package main

import (
	"bytes"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/report"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/report/page"
)

// mostForActs is how many pairs of principals and entities the page looks for acts of: in a larger organization that takes minutes, and the
// page says that it was not looked for.
const mostForActs = 100_000

// isPage reports whether the answer is asked for as a page.
func (c *cli) isPage() bool { return report.Format(c.format) == report.HTML }

// writePage writes the page of an organization.
func (c *cli) writePage(in page.Input) error {
	ix := graph.NewIndex(in.Snapshot.Organization)
	entities := 1
	for _, kind := range access.Kinds() {
		entities += len(ix.Entities(kind))
	}
	if len(ix.AllPrincipals())*entities <= mostForActs {
		in.Indirect, in.Escalations = true, ix.Escalations(nil, "", nil)
	}
	var text bytes.Buffer
	if err := page.Write(&text, in); err != nil {
		return err
	}
	return c.writeOut(text.Bytes())
}
