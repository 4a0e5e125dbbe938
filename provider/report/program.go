package report

import (
	"fmt"
	"slices"
	"strings"
)

// Language is a language of programs.
type Language string

// The languages.
const (
	YAML       Language = "yaml"
	TypeScript Language = "typescript"
	Python     Language = "python"
	Go         Language = "go"
)

// Languages are all languages.
func Languages() []Language { return []Language{YAML, TypeScript, Python, Go} }

// field is a property of a block: a text, a list of texts, or rules.
type field struct {
	name  string
	text  string
	texts []string
	rules [][]field
	kind  string // of rules, and of the permission in them: Stack, Environment, Account
}

// Program is the rules as the value of `access` in a program.
func (a AccessRules) Program(language Language) string {
	fields := a.fields()
	var b strings.Builder
	switch language {
	case TypeScript:
		writeTypeScript(&b, fields)
	case Python:
		writePython(&b, fields)
	case Go:
		writeGo(&b, fields)
	default:
		writeYAML(&b, fields)
	}
	return b.String()
}

func (a AccessRules) fields() []field {
	rules := func(name, kind string, all []AccessRule) []field {
		if len(all) == 0 {
			return nil
		}
		return []field{{name: name, kind: kind, rules: mapped(all, func(r AccessRule) []field { return r.fields(kind) })}}
	}
	fields := slices.Concat(rules("stacks", "Stack", a.Stacks), rules("environments", "Environment", a.Environments), rules("accounts", "Account", a.Accounts))
	if len(a.Scopes) > 0 {
		fields = append(fields, field{name: "scopes", texts: a.Scopes})
	}
	return fields
}

func (r AccessRule) fields(kind string) []field {
	var fields []field
	for _, f := range []field{
		{name: "project", text: r.Project}, {name: "stack", text: r.Stack}, {name: "environment", text: r.Environment},
		{name: "account", text: r.Account}, {name: "permission", text: r.Permission, kind: kind}, {name: "scopes", texts: r.Scopes},
		{name: "maxOpenDuration", text: r.MaxOpenDuration},
	} {
		if f.text != "" || len(f.texts) > 0 {
			fields = append(fields, f)
		}
	}
	return fields
}

// quoted is a text in double quotes, which all four languages read alike: it is ASCII, with escapes that they share.
func quoted(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r >= ' ' && r < 0x7f:
			b.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r) // a pair of escapes means two characters in some of them
		}
	}
	b.WriteByte('"')
	return b.String()
}

func allQuoted(texts []string) string { return strings.Join(mapped(texts, quoted), ", ") }

func (f field) inline() string {
	if len(f.texts) > 0 {
		return "[" + allQuoted(f.texts) + "]"
	}
	return quoted(f.text)
}

func writeYAML(b *strings.Builder, fields []field) {
	if len(fields) == 0 {
		b.WriteString("access: {}\n")
		return
	}
	b.WriteString("access:\n")
	for _, f := range fields {
		if f.rules == nil {
			fmt.Fprintf(b, "  %s: %s\n", f.name, f.inline())
			continue
		}
		fmt.Fprintf(b, "  %s:\n", f.name)
		for _, rule := range f.rules {
			fmt.Fprintf(b, "    - {%s}\n", strings.Join(mapped(rule, func(f field) string { return f.name + ": " + f.inline() }), ", "))
		}
	}
}

func writeTypeScript(b *strings.Builder, fields []field) {
	if len(fields) == 0 {
		b.WriteString("access: {},\n")
		return
	}
	b.WriteString("access: {\n")
	for _, f := range fields {
		if f.rules == nil {
			fmt.Fprintf(b, "    %s: %s,\n", f.name, f.inline())
			continue
		}
		fmt.Fprintf(b, "    %s: [\n", f.name)
		for _, rule := range f.rules {
			fmt.Fprintf(b, "        { %s },\n", strings.Join(mapped(rule, func(f field) string { return f.name + ": " + f.inline() }), ", "))
		}
		b.WriteString("    ],\n")
	}
	b.WriteString("},\n")
}

func writePython(b *strings.Builder, fields []field) {
	if len(fields) == 0 {
		b.WriteString("access={},\n")
		return
	}
	b.WriteString("access={\n")
	key := func(f field) string { return quoted(snake(f.name)) + ": " + f.inline() }
	for _, f := range fields {
		if f.rules == nil {
			fmt.Fprintf(b, "    %s,\n", key(f))
			continue
		}
		fmt.Fprintf(b, "    %s: [\n", quoted(f.name))
		for _, rule := range f.rules {
			fmt.Fprintf(b, "        {%s},\n", strings.Join(mapped(rule, key), ", "))
		}
		b.WriteString("    ],\n")
	}
	b.WriteString("},\n")
}

// snake is a name as Python writes it.
func snake(name string) string {
	var b strings.Builder
	for _, r := range name {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

func writeGo(b *strings.Builder, fields []field) {
	if len(fields) == 0 {
		b.WriteString("Access: &leastprivilege.AccessArgs{},\n")
		return
	}
	b.WriteString("Access: &leastprivilege.AccessArgs{\n")
	for _, f := range fields {
		if f.rules == nil {
			fmt.Fprintf(b, "\t%s,\n", f.inGo())
			continue
		}
		fmt.Fprintf(b, "\t%s: leastprivilege.%sRuleArray{\n", titled(f.name), f.kind)
		for _, rule := range f.rules {
			fmt.Fprintf(b, "\t\t&leastprivilege.%sRuleArgs{%s},\n", f.kind, strings.Join(mapped(rule, field.inGo), ", "))
		}
		b.WriteString("\t},\n")
	}
	b.WriteString("},\n")
}

func (f field) inGo() string {
	switch {
	case len(f.texts) > 0:
		return fmt.Sprintf("%s: pulumi.ToStringArray([]string{%s})", titled(f.name), allQuoted(f.texts))
	case f.name == "permission":
		return fmt.Sprintf("%s: leastprivilege.%sPermission%s", titled(f.name), f.kind, titled(f.text))
	}
	return fmt.Sprintf("%s: pulumi.String(%s)", titled(f.name), quoted(f.text))
}

func titled(name string) string { return strings.ToUpper(name[:1]) + name[1:] }
