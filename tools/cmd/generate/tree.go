package main

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// generatedDir is all generated; what lies in it and is not generated is removed.
const generatedDir = "sdk"

// tree is files, by their path relative to the repository, with slashes.
type tree map[string][]byte

// add puts files under a folder.
func (t tree) add(folder string, files map[string][]byte) {
	for name, content := range files {
		t[folder+"/"+filepath.ToSlash(name)] = content
	}
}

// write makes the files under root what the tree says, and removes what the tree does not have.
func (t tree) write(root string) error {
	there, err := existing(root)
	if err != nil {
		return err
	}
	for name := range there {
		if _, ok := t[name]; ok {
			continue
		}
		if err := os.Remove(filepath.Join(root, name)); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t)) {
		if bytes.Equal(there[name], t[name]) && there[name] != nil {
			continue // its time stays as it is, so that nothing is built again for it
		}
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, t[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}

// stale lists what write would change, each with what is wrong with it.
func (t tree) stale(root string) ([]string, error) {
	there, err := existing(root)
	if err != nil {
		return nil, err
	}
	var stale []string
	for name, content := range t {
		switch old, ok := there[name]; {
		case !ok:
			stale = append(stale, name+" (missing)")
		case !bytes.Equal(old, content):
			stale = append(stale, name+" (differs)")
		}
	}
	for name := range there {
		if _, ok := t[name]; !ok {
			stale = append(stale, name+" (not generated any more)")
		}
	}
	slices.Sort(stale)
	return stale, nil
}

// existing reads what is generated today. What builds leave behind in the SDKs is not looked at.
func existing(root string) (tree, error) {
	found := tree{}
	schema, err := os.ReadFile(filepath.Join(root, schemaFile))
	switch {
	case err == nil:
		found[schemaFile] = schema
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	err = filepath.WalkDir(filepath.Join(root, generatedDir), func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case isLeftover(entry.Name()) && entry.IsDir():
			return filepath.SkipDir
		case isLeftover(entry.Name()) || entry.IsDir():
			return nil
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		found[filepath.ToSlash(name)], err = os.ReadFile(path)
		return err
	})
	return found, err
}

// isLeftover tells what package managers, compilers and type checkers put beside generated files.
func isLeftover(name string) bool {
	switch name {
	case "node_modules", "bin", "build", "dist", "__pycache__", ".mypy_cache", "package-lock.json":
		return true
	}
	return strings.HasSuffix(name, ".egg-info") || strings.HasSuffix(name, ".tgz")
}
