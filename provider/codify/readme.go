package codify

import (
	"fmt"
	"strings"
)

// readme says how to take the organization under code, and what the program does not have.
func (p Plan) readme(language string) string {
	var out strings.Builder
	line := func(format string, arguments ...any) { fmt.Fprintf(&out, format+"\n", arguments...) }
	line("# Access in %s", inline(p.Organization))
	line("")
	line("A program for %d objects that grant access in the organization %s on Pulumi Cloud. Importing them changes nothing on the service.",
		len(p.Objects), inline(p.Organization))
	line("")
	line("```sh")
	if language != "yaml" {
		line("pulumi install")
	}
	line("pulumi stack init access")
	line("```")
	line("")
	line("Two commands take them under code, and show that the program says what there is:")
	line("")
	line("```sh")
	line("pulumi import --file import.json --protect=false --generate-code=false")
	line("pulumi preview --expect-no-changes")
	line("```")
	line("")
	line("From then on, an update puts back what is changed elsewhere. Delete a resource from the program only after `pulumi state delete`: otherwise the " +
		"update deletes what it manages.")
	if p.Unselected > 0 {
		line("")
		line("%d objects are left out by `--only` and `--exclude`.", p.Unselected)
	}
	listed(line, "Not in the program", "No resource holds these, or none could be written down without a change or a secret:", p.Left)
	var notes []Left
	for _, o := range p.Objects {
		for _, note := range o.Notes {
			notes = append(notes, Left{o.Name + " (" + o.Type + ")", note})
		}
	}
	listed(line, "To look at", "", notes)
	return out.String()
}

func listed(line func(string, ...any), title, intro string, all []Left) {
	if len(all) == 0 {
		return
	}
	line("")
	line("## %s", title)
	line("")
	if intro != "" {
		line("%s", intro)
		line("")
	}
	for _, one := range all {
		line("- %s: %s", inline(one.Key), plain(one.Why))
	}
}

// inline is a name in code, whatever is in it.
func inline(name string) string {
	name = strings.Map(printable, name)
	fence := "`"
	for strings.Contains(name, fence) {
		fence += "`"
	}
	if len(fence) > 1 {
		return fence + " " + name + " " + fence
	}
	return fence + name + fence
}

// plain is text that Markdown takes for nothing else.
func plain(text string) string {
	return strings.NewReplacer("<", "&lt;", "[", `\[`, "`", "'", "*", `\*`).Replace(strings.Map(printable, text))
}
