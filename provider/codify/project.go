package codify

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// Languages are those in which programs are written.
func Languages() []string { return []string{"yaml", "typescript", "python", "go"} }

// Project is the files of a Pulumi project that holds the objects of a plan whose inputs were read, by their names.
func (p Plan) Project(language string, schema *Schema) (map[string][]byte, error) {
	if !slices.Contains(Languages(), language) {
		return nil, fmt.Errorf("unknown language %q; valid are %s", language, strings.Join(Languages(), ", "))
	}
	if len(p.Objects) == 0 {
		return nil, errors.New("there is nothing that a program could hold")
	}
	p = p.withoutSecrets()
	p.Objects = named(p.Objects)
	files, err := p.program(language, schema.pkg)
	if err != nil {
		return nil, err
	}
	if files["import.json"], err = p.imports(); err != nil {
		return nil, err
	}
	files["README.md"] = []byte(p.readme(language))
	return files, nil
}

// withoutSecrets leaves out objects with a secret among their inputs: it would be in the program.
func (p Plan) withoutSecrets() Plan {
	out := p
	out.Objects = nil
	for _, o := range p.Objects {
		if holdsSecret(property.New(o.Inputs)) {
			out.leave(o.Key, "its %s has a secret among its inputs, which is not written into a program", o.Type)
			continue
		}
		out.Objects = append(out.Objects, o)
	}
	return out
}

func holdsSecret(v property.Value) bool {
	switch {
	case v.Secret():
		return true
	case v.IsArray():
		for _, element := range v.AsArray().All {
			if holdsSecret(element) {
				return true
			}
		}
	case v.IsMap():
		for _, element := range v.AsMap().All {
			if holdsSecret(element) {
				return true
			}
		}
	}
	return false
}

// imports is what `pulumi import --file` reads.
func (p Plan) imports() ([]byte, error) {
	type one struct {
		Type string `json:"type"`
		Name string `json:"name"`
		ID   string `json:"id"`
	}
	file := struct {
		Resources []one `json:"resources"`
	}{}
	for _, o := range p.Objects {
		file.Resources = append(file.Resources, one{token + o.Type, o.Name, o.ID})
	}
	text, err := json.MarshalIndent(file, "", "  ")
	return append(text, '\n'), err
}
