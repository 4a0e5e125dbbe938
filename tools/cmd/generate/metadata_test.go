package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

var repository = filepath.Join("..", "..", "..")

func packageSpec(t *testing.T) schema.PackageSpec {
	t.Helper()
	var spec schema.PackageSpec
	if err := json.Unmarshal([]byte(fileOf(t, schemaFile)), &spec); err != nil {
		t.Fatal(err)
	}
	return spec
}

func fileOf(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(repository, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestSchemaHasMetadata(t *testing.T) {
	t.Parallel()
	spec := packageSpec(t)
	for name, value := range map[string]string{
		"displayName": spec.DisplayName, "description": spec.Description, "homepage": spec.Homepage,
		"repository": spec.Repository, "license": spec.License, "publisher": spec.Publisher, "logoUrl": spec.LogoURL,
		"pluginDownloadURL": spec.PluginDownloadURL, "keywords": strings.Join(spec.Keywords, " "),
	} {
		if value == "" {
			t.Errorf("schema.json has no %s", name)
		}
	}
	_, logo, ok := strings.Cut(spec.LogoURL, "/main/")
	if !ok || !strings.HasPrefix(fileOf(t, logo), "\x89PNG\r\n\x1a\n") {
		t.Errorf("logoUrl %q names no picture of this repository's", spec.LogoURL)
	}
	// `pulumi plugin install` and the SDKs look for releases where the repository is.
	if want := strings.Replace(spec.Repository, "https://github.com/", "github://api.github.com/", 1); spec.PluginDownloadURL != want {
		t.Errorf("pluginDownloadURL: got %q, want %q", spec.PluginDownloadURL, want)
	}
}

// Each registry shows what its own file says, and each SDK makes the CLI download the plugin from there.
func TestSDKsHaveMetadata(t *testing.T) {
	t.Parallel()
	spec := packageSpec(t)
	about := append([]string{spec.Description, spec.Homepage, spec.Repository, spec.License, spec.Version}, spec.Keywords...)
	plugin := []string{spec.Name, spec.Version, spec.PluginDownloadURL}
	for file, wanted := range map[string][]string{
		"sdk/nodejs/package.json":                             append(plugin, about...),
		"sdk/python/pyproject.toml":                           about,
		"sdk/python/pulumi_leastprivilege/pulumi-plugin.json": plugin,
		"sdk/go/leastprivilege/pulumi-plugin.json":            plugin,
		"sdk/nodejs/utilities.ts":                             {spec.PluginDownloadURL},
		"sdk/python/pulumi_leastprivilege/_utilities.py":      {spec.PluginDownloadURL},
		"sdk/go/leastprivilege/internal/pulumiUtilities.go":   {spec.PluginDownloadURL, spec.Version},
	} {
		text := fileOf(t, file)
		for _, want := range wanted {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q", file, want)
			}
		}
	}
}

// A release's version is in every artifact, and no other version of the package is.
func TestVersionReachesEverySDK(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join("testdata", "schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(data, &spec); err != nil {
		t.Fatal(err)
	}
	spec.Version = "98.7.6"
	for _, sdk := range []struct {
		name, file string
		generate   func(*schema.Package) (map[string][]byte, error)
	}{
		{"go", "leastprivilege/pulumi-plugin.json", generateGo},
		{"nodejs", "package.json", generateNodeJS},
		{"python", "pyproject.toml", generatePython},
		{"python", "pulumi_leastprivilege/pulumi-plugin.json", generatePython},
	} {
		pkg, err := bind(t.Context(), spec)
		if err != nil {
			t.Fatal(err)
		}
		files, err := sdk.generate(pkg)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(files[sdk.file]), `"98.7.6"`) {
			t.Errorf("%s: %s has another version:\n%s", sdk.name, sdk.file, files[sdk.file])
		}
	}
}
