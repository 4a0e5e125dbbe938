// Package page writes what is known of an organization's access as one HTML file: findings, then a matrix of principals by entities with the
// reasons for each cell. Start at [Write].
//
// The file has everything in it. It asks for nothing: its content security policy forbids every request, and every script but its own. Names
// come from the service, so they reach the page as text only: the template escapes them, or the script sets them as text.
//
// An empty cell claims that a principal holds nothing. Where something could not be read, there is none: such a cell says that it cannot tell.
package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/review"
)

// Input is what the page shows.
type Input struct {
	// Snapshot is the organization, read whole, and what could not be read of it.
	Snapshot graph.Snapshot
	// Review is what a review of it found; nil without one.
	Review *review.Result
	// Indirect says that it was looked for what principals come to by acts: Escalations, by [graph.Index.Escalations] of everybody. That can
	// take long in a large organization; without it, the page says that it was not looked for.
	Indirect    bool
	Escalations []graph.Escalation
	// Changes, if given, is what a change of the organization opens and closes. The matrix shows the snapshot.
	Changes *Changes
}

// Changes are what principals gain and lose by a change, and what cannot be told of it.
type Changes struct {
	Differences []graph.Difference
	Unknown     []graph.Blind
}

// Write writes the page.
func Write(w io.Writer, in Input) error {
	if in.Snapshot.Organization.Login == "" {
		return errors.New("the page of an organization: it has no name")
	}
	var out bytes.Buffer
	if err := pageTemplate.Execute(&out, contentOf(in)); err != nil {
		return fmt.Errorf("the page of organization %q: %w", in.Snapshot.Organization.Login, err)
	}
	_, err := out.WriteTo(w)
	return err
}

//go:embed assets
var assets embed.FS

// scripts are the parts of the script, in order.
var scripts = []string{"data.js", "filter.js", "grid.js", "panel.js", "print.js", "start.js"}

var (
	style        = "\n" + asset("page.css")
	script       = wholeScript()
	pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{"visible": visible, "visibleLines": visibleLines}).Parse(asset("page.html")))
)

func asset(name string) string {
	text, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic(err) // it is compiled in
	}
	return string(text)
}

func wholeScript() string {
	all := strings.Builder{}
	all.WriteString("\n\"use strict\";\n")
	for _, name := range scripts {
		all.WriteString(asset(name))
	}
	return all.String()
}

// policy allows the page's own style and script by their hashes, and nothing else.
func policy() string {
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; style-src " + hash(style) + "; script-src " + hash(script) + "; base-uri 'none'; form-action 'none'"
}

// content is what the template shows.
type content struct {
	Policy       string
	Style        template.CSS
	Script       template.JS
	Organization string
	Taken        string
	Blind        []graph.Blind
	Changes      *changesContent
	Reviewed     bool
	Severities   []severityCount
	Rules        []ruleFindings
	Suppressed   int
	Ended        []string
	Data         document
}

func contentOf(in Input) content {
	c := content{
		Policy: policy(),
		Style:  template.CSS(style), //nolint:gosec // it is compiled in
		Script: template.JS(script), //nolint:gosec // it is compiled in

		Organization: in.Snapshot.Organization.Login, Blind: in.Snapshot.Blind, Changes: changesOf(in.Changes),
	}
	if !in.Snapshot.Taken.IsZero() {
		c.Taken = in.Snapshot.Taken.UTC().Format("2006-01-02 15:04 MST")
	}
	var findings []review.Finding
	if in.Review != nil {
		c.Reviewed, findings = true, in.Review.Findings
		c.Suppressed, c.Ended = in.Review.Suppressed, endedTexts(in.Review.Ended)
		c.Severities, c.Rules = severitiesOf(findings), rulesOf(findings)
		c.Blind = together(c.Blind, in.Review.Blind)
	}
	c.Data = documentOf(in, findings)
	return c
}

// together are two lists of what could not be read, each once.
func together(lists ...[]graph.Blind) []graph.Blind {
	var all []graph.Blind
	known := map[graph.Blind]bool{}
	for _, list := range lists {
		for _, one := range list {
			if !known[one] {
				all = append(all, one)
			}
			known[one] = true
		}
	}
	return all
}

func endedTexts(ended []review.Ended) []string {
	texts := make([]string, len(ended))
	for i, one := range ended {
		texts[i] = fmt.Sprintf("%s, until %s: %s", one.Suppression, one.Until.UTC().Format(time.DateOnly), one.Reason)
	}
	return texts
}
