package codify

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"gopkg.in/yaml.v3"
)

// program is the program and what a project of its language has besides.
func (p Plan) program(language string, pkg *schema.Package) (map[string][]byte, error) {
	head := p.head(language, pkg)
	if language == "yaml" {
		text, err := yamlProgram(p.Objects, head)
		return map[string][]byte{"Pulumi.yaml": append(p.heading("#"), text...)}, err
	}
	files, err := generated(p.Objects, language, pkg)
	if err != nil {
		return nil, err
	}
	comment := map[string]string{"typescript": "//", "python": "#", "go": "//"}[language]
	for name, text := range files {
		files[name] = append(append(p.heading(comment), '\n'), text...)
	}
	if files["Pulumi.yaml"], err = yaml.Marshal(head); err != nil {
		return nil, err
	}
	switch language {
	case "typescript":
		files["package.json"], err = manifest(p.projectName())
		files["tsconfig.json"] = []byte(tsconfig)
		files[".gitignore"] = []byte("/bin/\n/node_modules/\n")
	case "python":
		files["requirements.txt"] = []byte("pulumi>=3.259.0,<4.0.0\n")
		files[".gitignore"] = []byte("/venv/\n__pycache__/\n")
	case "go":
		files["go.mod"] = []byte("module " + p.projectName() + "\n\ngo 1.26\n\nrequire github.com/pulumi/pulumi/sdk/v3 v3.259.0\n")
	}
	return files, err
}

const tsconfig = `{
    "compilerOptions": {
        "strict": true,
        "noImplicitReturns": true,
        "noFallthroughCasesInSwitch": true,
        "target": "es2022",
        "module": "nodenext",
        "moduleResolution": "nodenext",
        "types": ["node"],
        "sourceMap": true,
        "skipLibCheck": true,
        "outDir": "bin"
    },
    "files": ["index.ts"]
}
`

func manifest(name string) ([]byte, error) {
	text, err := json.MarshalIndent(map[string]any{
		"name": name, "private": true, "main": "index.ts",
		"dependencies":    map[string]string{"@pulumi/pulumi": "^3.142.0"},
		"devDependencies": map[string]string{"@types/node": "^20.0.0", "typescript": "^5.0.0"},
	}, "", "    ")
	return append(text, '\n'), err
}

func (p Plan) projectName() string { return strings.ToLower(plainName(p.Organization)) + "-access" }

// head is the project file, without what a program in YAML adds.
func (p Plan) head(language string, pkg *schema.Package) *yaml.Node {
	runtime := text(language)
	switch language {
	case "typescript":
		runtime = mapping("name", text("nodejs"), "options", mapping("packagemanager", text("npm")))
	case "python":
		runtime = mapping("name", text("python"), "options", mapping("toolchain", text("pip"), "virtualenv", text("venv")))
	}
	return mapping(
		"name", text(p.projectName()),
		"description", text("Who may do what in the organization "+p.Organization+" on Pulumi Cloud"),
		"runtime", runtime,
		"packages", mapping(pkg.Name, text(pkg.Name+"@"+pkg.Version.String())),
		"config", mapping("leastprivilege:organization", text(p.Organization)),
	)
}

// heading says in comments what the program does not have.
func (p Plan) heading(comment string) []byte {
	var out bytes.Buffer
	line := func(text string) { out.WriteString(strings.TrimSpace(comment+" "+strings.Map(printable, text)) + "\n") }
	line("What grants access in the organization " + p.Organization + " on Pulumi Cloud. README.md says how to take it under code.")
	if len(p.Left) > 0 {
		line("")
		line("Not in this program:")
		for _, left := range p.Left {
			line("- " + left.Key + ": " + left.Why)
		}
	}
	return out.Bytes()
}
