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
	written, known := syntaxes[language]
	if !known {
		written = syntaxes[YAML]
	}
	return written.program(a.fields())
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

// syntax is how a language writes the block.
type syntax struct {
	empty, begin, end string
	line              string               // format of a property on a line of its own
	property          func(f field) string // one that is no rules, also within a rule
	rules             func(f field) string // what begins the rules of a kind
	rule              func(f field, properties string) string
	endRules          string
}

var syntaxes = map[Language]syntax{
	YAML: {
		empty: "access: {}\n", begin: "access:\n", line: "  %s\n",
		property: func(f field) string { return f.name + ": " + f.inline() },
		rules:    func(f field) string { return fmt.Sprintf("  %s:\n", f.name) },
		rule:     func(_ field, properties string) string { return fmt.Sprintf("    - {%s}\n", properties) },
	},
	TypeScript: {
		empty: "access: {},\n", begin: "access: {\n", end: "},\n", line: "    %s,\n",
		property: func(f field) string { return f.name + ": " + f.inline() },
		rules:    func(f field) string { return fmt.Sprintf("    %s: [\n", f.name) },
		rule:     func(_ field, properties string) string { return fmt.Sprintf("        { %s },\n", properties) },
		endRules: "    ],\n",
	},
	Python: {
		empty: "access={},\n", begin: "access={\n", end: "},\n", line: "    %s,\n",
		property: func(f field) string { return quoted(snake(f.name)) + ": " + f.inline() },
		rules:    func(f field) string { return fmt.Sprintf("    %s: [\n", quoted(snake(f.name))) },
		rule:     func(_ field, properties string) string { return fmt.Sprintf("        {%s},\n", properties) },
		endRules: "    ],\n",
	},
	Go: {
		empty: "Access: &leastprivilege.AccessArgs{},\n", begin: "Access: &leastprivilege.AccessArgs{\n", end: "},\n", line: "\t%s,\n",
		property: field.inGo,
		rules: func(f field) string {
			return fmt.Sprintf("\t%s: leastprivilege.%sRuleArray{\n", titled(f.name), f.kind)
		},
		rule: func(f field, properties string) string {
			return fmt.Sprintf("\t\t&leastprivilege.%sRuleArgs{%s},\n", f.kind, properties)
		},
		endRules: "\t},\n",
	},
}

func (s syntax) program(fields []field) string {
	if len(fields) == 0 {
		return s.empty
	}
	var b strings.Builder
	b.WriteString(s.begin)
	for _, f := range fields {
		if f.rules == nil {
			fmt.Fprintf(&b, s.line, s.property(f))
			continue
		}
		b.WriteString(s.rules(f))
		for _, rule := range f.rules {
			b.WriteString(s.rule(f, strings.Join(mapped(rule, s.property), ", ")))
		}
		b.WriteString(s.endRules)
	}
	b.WriteString(s.end)
	return b.String()
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
