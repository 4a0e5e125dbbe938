package main

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// requireInPython gives the signatures that type checkers read their required parameters. Pulumi's generator makes every
// parameter optional where properties are given as keyword arguments, because parameters with a default come first in
// alphabetical order; a missing one is then found when the program runs. Behind `*` the order does not matter.
//
// It is an error if a signature does not look as expected, so that a new generator cannot lose this unnoticed.
func requireInPython(files map[string][]byte, pkg *schema.Package) error {
	for _, resource := range pkg.Resources {
		names := requiredNames(resource.InputProperties)
		err := editPython(files, resource.Token, names, func(text string) (string, error) {
			return requireIn(text, "    @overload\n    def __init__(__self__,\n", "opts: Optional[pulumi.ResourceOptions] = None,\n", names)
		})
		if err != nil {
			return err
		}
	}
	for _, function := range pkg.Functions {
		if function.Inputs == nil {
			continue
		}
		names := requiredNames(function.Inputs.Properties)
		for _, form := range []string{"", "_output"} {
			err := editPython(files, function.Token, names, func(text string) (string, error) {
				start := "\ndef " + python.PyName(memberOf(function.Token)) + form + "("
				return requireIn(text, start, "", names)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func requiredNames(properties []*schema.Property) []string {
	var names []string
	for _, p := range properties {
		if p.IsRequired() {
			names = append(names, python.PyName(p.Name))
		}
	}
	return names
}

// memberOf is the last part of a token such as "leastprivilege:index:escSubjects".
func memberOf(token string) string { return token[strings.LastIndex(token, ":")+1:] }

// editPython edits the file that defines the token, when there are names.
func editPython(files map[string][]byte, token string, names []string, edit func(string) (string, error)) error {
	if len(names) == 0 {
		return nil
	}
	file := python.PyName(memberOf(token)) + ".py"
	for name, content := range files {
		if path.Base(name) != file || bytes.Count([]byte(name), []byte("/")) != 1 {
			continue
		}
		edited, err := edit(string(content))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		files[name] = []byte(edited)
		return nil
	}
	return fmt.Errorf("%s: there is no %s", token, file)
}

// requireIn edits the first signature that begins with start: the parameters after the one given last (or all) become
// keywords, and the named ones required.
func requireIn(text, start, last string, names []string) (string, error) {
	begin := strings.Index(text, start)
	if begin < 0 {
		return "", fmt.Errorf("no signature starts with %q", start)
	}
	begin += len(start)
	end := strings.Index(text[begin:], "):\n")
	if arrow := strings.Index(text[begin:], ") -> "); arrow >= 0 && (end < 0 || arrow < end) {
		end = arrow
	}
	if end < 0 {
		return "", fmt.Errorf("the signature after %q does not end", start)
	}
	signature := text[begin : begin+end]
	at := strings.Index(signature, last)
	if at < 0 {
		return "", fmt.Errorf("the signature after %q does not have %q", start, last)
	}
	at += len(last)
	keywords, err := requireKeywords(signature[at:], names)
	if err != nil {
		return "", fmt.Errorf("the signature after %q: %w", start, err)
	}
	return text[:begin] + signature[:at] + keywords + text[begin+end:], nil
}

// requireKeywords edits parameters, one a line. The first one of a function stands behind the parenthesis.
func requireKeywords(parameters string, names []string) (string, error) {
	lines := strings.Split(parameters, "\n")
	for _, name := range names {
		found := false
		for i, line := range lines {
			edited, ok := requireParameter(line, name)
			if ok {
				lines[i], found = edited, true
			}
		}
		if !found {
			return "", fmt.Errorf("no optional parameter %s", name)
		}
	}
	indent := ""
	for _, line := range lines[1:] {
		indent = line[:len(line)-len(strings.TrimLeft(line, " "))]
	}
	first := strings.TrimLeft(lines[0], " ")
	lead := lines[0][:len(lines[0])-len(first)]
	lines[0] = lead + "*,\n" + indent + first
	return strings.Join(lines, "\n"), nil
}

func requireParameter(line, name string) (string, bool) {
	trimmed := strings.TrimLeft(line, " ")
	kind, ok := strings.CutPrefix(trimmed, name+": ")
	if !ok {
		return line, false
	}
	comma := ""
	if strings.HasSuffix(kind, ",") {
		comma = ","
	}
	kind, ok = strings.CutSuffix(strings.TrimSuffix(kind, ","), " = None")
	if !ok {
		return line, false
	}
	if inner, ok := strings.CutPrefix(kind, "pulumi.Input[Optional["); ok {
		kind = "pulumi.Input[" + strings.TrimSuffix(inner, "]")
	} else if inner, ok := strings.CutPrefix(kind, "Optional["); ok {
		kind = strings.TrimSuffix(inner, "]")
	} else {
		return line, false
	}
	return line[:len(line)-len(trimmed)] + name + ": " + kind + comma, true
}
