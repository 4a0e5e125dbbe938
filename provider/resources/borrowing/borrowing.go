// Package borrowing warns at preview where an environment uses the logins of another one that it imports: the lock of that one has to
// admit whoever opens the importer. Call [WarnExisting] for what an environment imports, and [WarnPlanned] for what the program
// itself declares.
package borrowing

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// Warn warns of imports whose lock does not admit everybody who may open the importer.
func Warn(ctx context.Context, found []session.Borrowed) {
	for _, one := range found {
		if said := borrowed(one); said != "" {
			wire.Log(ctx).Warning(said)
		}
	}
}

// borrowed names who may open the importer and is not admitted; "" where the lock admits everybody who may.
func borrowed(found session.Borrowed) string {
	organization, importer, _ := strings.Cut(found.Importer, "/")
	_, imported, _ := strings.Cut(found.Imported, "/")
	root, errRoot := oidc.ParseEnvironmentRef(importer)
	of, err := oidc.ParseEnvironmentRef(imported)
	if err != nil || errRoot != nil {
		return ""
	}
	subjects, err := oidc.ESCSubjects(organization, of, oidc.Lock{AllowedRoots: []oidc.EnvironmentRef{root}})
	if err != nil || len(subjects) < 2 {
		return ""
	}
	admits := func(subject string) bool {
		return subject == subjects[1] || strings.HasPrefix(subject, subjects[1]+":")
	}
	switch {
	case !slices.ContainsFunc(found.Lock.Subjects, admits):
		return fmt.Sprintf("environment %q imports %q, whose lock does not admit it: its logins fail for everybody who opens %q. Add %q to "+
			"lock.allowedRoots of %q, or do without the import", importer, imported, importer, importer, imported)
	case len(found.Lock.Users) > 0:
		return fmt.Sprintf("environment %q imports %q, whose lock admits %s alone: whoever else opens %q, deployments among them, is not "+
			"admitted by its logins", importer, imported, strings.Join(found.Lock.Users, ", "), importer)
	}
	return ""
}

// WarnExisting names the logins of environments that exist and that an importer uses: the cloud side of those has to admit it.
// Environments that this program declares are left to [WarnPlanned]. It never fails.
func WarnExisting(ctx context.Context, current *session.Session, organization, importer string, imports []string) {
	warn := func(format string, args ...any) {
		wire.Log(ctx).Warningf("environment %q imports %q"+format, append([]any{importer}, args...)...)
	}
	queue := imports
	for seen := map[string]bool{importer: true}; len(queue) > 0; {
		name := queue[0]
		queue = queue[1:]
		name, _, _ = strings.Cut(name, "@")
		ref, err := oidc.ParseEnvironmentRef(name)
		if seen[name] || err != nil || current.Plan.Declares(organization+"/"+name) {
			continue
		}
		seen[name] = true
		more, attributes, err := readImported(ctx, current, organization, ref)
		if cloud.IsNotFound(err) {
			continue // the same update creates it, or reports that it is missing
		}
		if err != nil {
			warn(", which could not be read: if its logins are locked, they have to admit whoever opens %q: %v", name, importer, err)
			continue
		}
		queue = append(slices.Clone(queue), more...)
		if len(attributes) > 0 && !current.Plan.Once(organization+"/"+importer, organization+"/"+name) {
			continue // another resource of the same environment has warned
		}
		if slices.Contains(attributes, "rootEnvironment.name") {
			warn(", whose logins say which environment is opened: they fail for everybody who opens %q unless the lock of %q has it in allowedRoots",
				name, importer, name)
		}
		if slices.Contains(attributes, "pulumi.user.login") {
			warn(", whose logins say who opens it: they fail for whoever opens %q and is not in users of the lock of %q, deployments among them",
				name, importer, name)
		}
	}
}

// WarnPlanned warns of imports of environments that this program declares, as far as they are known by now.
func WarnPlanned(ctx context.Context, current *session.Session, organization, importer string, imports []string) {
	var all []string
	for _, name := range imports {
		name, _, _ = strings.Cut(name, "@")
		all = append(all, organization+"/"+name)
	}
	Warn(ctx, current.Plan.Imports(organization+"/"+importer, all))
}

// readImported reads what an environment imports, and the attributes that its logins put into their subjects.
func readImported(
	ctx context.Context, current *session.Session, organization string, ref oidc.EnvironmentRef,
) (imports, attributes []string, err error) {
	found, err := current.Client.ReadEnvironment(ctx, organization, ref.Project, ref.Name)
	if err != nil {
		return nil, nil, err
	}
	if imports, err = esc.ImportsIn(found.Text); err != nil {
		return nil, nil, err
	}
	attributes, err = esc.SubjectAttributesIn(found.Text)
	return imports, attributes, err
}
