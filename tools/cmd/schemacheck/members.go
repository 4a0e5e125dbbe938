package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// use is how programs use a property.
type use uint8

const (
	input  use = 1 << iota // they give it
	output                 // they read it
	plain                  // it is a plain value in the SDKs, not an Input or Output
)

// members compares the properties of one object. word is what they are to users: input, output, property.
func (c *comparison) members(where, word string, u use, old, new object) {
	for _, name := range old.names() {
		at := member(where, word, name)
		now, ok := new.properties[name]
		if !c.still(at, ok) {
			continue
		}
		then := old.properties[name]
		c.differs(at, "its type", typeName(&then.TypeSpec), typeName(&now.TypeSpec))
		c.requirement(at, u, old.requires(name), new.requires(name))
		c.behaviour(at, u, then, now)
	}
	for _, name := range new.names() {
		if _, ok := old.properties[name]; !ok && u&input != 0 && new.requires(name) {
			c.add(member(where, word, name), "new and required")
		}
	}
}

func member(where, word, name string) string {
	return strings.TrimSuffix(where+", "+word, " ") + " " + name
}

// requirement: whoever gives a value may always give more than is needed. But a value that is read, or given as a plain
// value, has another type in Go when it is optional (a pointer).
func (c *comparison) requirement(at string, u use, old, new bool) {
	switch {
	case !old && new:
		c.add(at, "became required")
	case old && !new && u&(output|plain) != 0:
		c.add(at, "became optional")
	}
}

// behaviour compares what a property does.
func (c *comparison) behaviour(at string, u use, old, new schema.PropertySpec) {
	if !replaces(old) && replaces(new) {
		c.add(at, "a change of it now replaces the resource")
	}
	if u&output != 0 && old.Secret && !new.Secret {
		c.add(at, "is not secret any more")
	}
	c.differs(at, "its constant value", jsonText(old.Const), jsonText(new.Const))
	c.differs(at, "its default", jsonText(old.Default), jsonText(new.Default))
	for _, variable := range environment(old) {
		if !slices.Contains(environment(new), variable) {
			c.add(at, "is not taken from %s any more", variable)
		}
	}
}

func replaces(p schema.PropertySpec) bool { return p.ReplaceOnChanges || p.WillReplaceOnChanges }

func environment(p schema.PropertySpec) []string {
	if p.DefaultInfo == nil {
		return nil
	}
	return p.DefaultInfo.Environment
}

// jsonText is a value as the schema has it, "" for none.
func jsonText(value any) string {
	if value == nil {
		return ""
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}

// typeName is a type as people read it, such as `list of Role`. Two types are the same when their names are.
func typeName(t *schema.TypeSpec) string {
	if t == nil {
		return ""
	}
	name := t.Type
	switch {
	case t.Ref != "":
		name = refName(t.Ref)
	case len(t.OneOf) > 0:
		var options []string
		for _, option := range t.OneOf {
			options = append(options, typeName(&option))
		}
		slices.Sort(options)
		name = strings.Join(options, " or ")
	case t.Type == "array":
		name = "list of " + typeName(t.Items)
	case t.Type == "object":
		// A map without a type of values is one of strings.
		name = "map of string"
		if t.AdditionalProperties != nil {
			name = "map of " + typeName(t.AdditionalProperties)
		}
	}
	if t.Plain {
		return "plain " + name
	}
	return name
}

const ownTypes = "#/types/"

func refName(ref string) string {
	if token, ok := strings.CutPrefix(ref, ownTypes); ok {
		return short(token)
	}
	return ref
}
