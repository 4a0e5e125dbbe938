package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/tests/harness"
)

const (
	awsRole     = "arn:aws:iam::123456789012:role/payments-prod"
	production  = "acme/payments/prod"
	development = "acme/payments/dev"
	copied      = "acme/payments/dev-copy"
	importing   = "acme/payments/dev-import"

	temporaryKey = "ASIA" // how the ids of AWS's temporary access keys start
)

// run plays the whole story.
func run(ctx context.Context, example, deploymentRole string) (err error) {
	s, err := newStage(ctx, example, deploymentRole)
	if err != nil {
		return err
	}
	defer func() {
		if closed := s.close(); err == nil {
			err = closed
		}
	}()
	before, err := s.sandbox.State(ctx)
	if err != nil {
		return err
	}
	scenes := []func(context.Context) error{
		s.start, s.preview, s.up, s.trust, s.developers, s.deployment, s.borrowers, s.drift, s.unchanged, s.destroy,
	}
	for _, scene := range scenes {
		if err := scene(ctx); err != nil {
			return fmt.Errorf("step %d: %w", s.steps, err)
		}
	}
	return s.asBefore(ctx, before)
}

func (s *stage) start(ctx context.Context) error {
	s.step("Start the sandbox: an in-memory Pulumi Cloud with the organization acme")
	fmt.Println("   $ go run ./sandbox --seed examples/yaml/quickstart/organization.yaml")
	say("it serves %s", s.sandbox.URL)
	plugin, err := harness.PluginPath()
	if err != nil {
		return err
	}
	if _, err := s.run(ctx, "", s.engineer, "plugin", "install", "resource", "leastprivilege", harness.PluginVersion, "--file", plugin); err != nil {
		return err
	}
	if _, err := s.run(ctx, "", s.engineer, "stack", "init", "sandbox", "--non-interactive"); err != nil {
		return err
	}
	if _, err := s.run(ctx, "", s.engineer, "config", "set", "leastprivilege:apiUrl", s.sandbox.URL); err != nil {
		return err
	}
	say("Pulumi's state is kept in a local folder; the provider works on the sandbox")
	return nil
}

func (s *stage) preview(ctx context.Context) error {
	s.step("Preview: what would be made")
	if err := s.sandbox.ResetRequests(ctx); err != nil {
		return err
	}
	output, err := s.run(ctx, "", s.engineer, "preview", "--non-interactive", "--suppress-progress")
	if err != nil {
		return err
	}
	if err := contains(output, "leastprivilege:index:ScopedTeam", "leastprivilege:index:TeamAccess", "leastprivilege:index:DeploymentRole"); err != nil {
		return err
	}
	calls, err := s.sandbox.Requests(ctx)
	if err != nil {
		return err
	}
	if calls.Writes() != 0 {
		return fmt.Errorf("the preview wrote: %v", calls.Routes)
	}
	say("nothing is written yet: the sandbox's log shows %d calls, all of them reads", calls.Total)
	return nil
}

func (s *stage) up(ctx context.Context) error {
	s.step("Up: least privilege is put in place")
	if _, err := s.run(ctx, "", s.engineer, "up", "--yes", "--skip-preview", "--non-interactive", "--suppress-progress"); err != nil {
		return err
	}
	calls, err := s.sandbox.Requests(ctx)
	if err != nil {
		return err
	}
	if calls.Writes() == 0 {
		return fmt.Errorf("the update wrote nothing: %v", calls.Routes)
	}
	say("two teams with one role each, two environments, one deployment role: %d calls", calls.Total)
	return nil
}

func (s *stage) trust(ctx context.Context) error {
	s.step("Attach the trust policy to the AWS role")
	policy, err := s.run(ctx, "", s.engineer, "stack", "output", "trustPolicy")
	if err != nil {
		return err
	}
	fmt.Println(`   $ curl -d '{"arn": "` + awsRole + `", "trustPolicy": ...}' ` + s.sandbox.URL + "/_sandbox/clouds/aws/roles")
	if err := s.sandbox.SetAWSRole(ctx, awsRole, strings.TrimSpace(policy)); err != nil {
		return err
	}
	say("the sandbox's AWS account gives credentials of this role to that one subject only")
	return nil
}

func (s *stage) developers(ctx context.Context) error {
	s.step("A developer opens development, and is refused on production")
	bo, err := s.as(ctx, "bo", map[string]any{"user": "bo"})
	if err != nil {
		return err
	}
	team, err := s.as(ctx, "team", map[string]any{"team": "payments-developers"})
	if err != nil {
		return err
	}
	for _, caller := range []struct {
		who string
		cli harness.CLI
	}{{"bo", bo}, {"the team's token", team}} {
		output, err := s.run(ctx, "("+caller.who+") ", caller.cli, "env", "open", development)
		if err != nil {
			return err
		}
		if err := contains(output, "development"); err != nil {
			return err
		}
		if err := s.refused(ctx, "("+caller.who+") ", caller.cli, "open", "env", "open", production); err != nil {
			return err
		}
	}
	if _, err := s.run(ctx, "(bo) ", bo, "env", "get", production); err != nil {
		return err
	}
	say("reading production's definition is allowed, and shows no secret")
	return nil
}

func (s *stage) deployment(ctx context.Context) error {
	s.step("The deployment of payments/prod opens production, through its role, and gets AWS credentials")
	runner, err := s.as(ctx, "deployment", map[string]any{
		"deployment": map[string]any{"project": "payments", "stack": "prod", "operation": "update"},
	})
	if err != nil {
		return err
	}
	output, err := s.run(ctx, "(deployment) ", runner, "env", "open", production, "environmentVariables.AWS_ACCESS_KEY_ID")
	if err != nil {
		return err
	}
	if err := contains(output, temporaryKey); err != nil {
		return err
	}
	say("a temporary access key of %s, valid for an hour", awsRole)
	return nil
}

// borrowers are environments that would use production's credentials. An administrator opens them, who may open
// everything: what refuses is the trust policy.
func (s *stage) borrowers(ctx context.Context) error {
	s.step("A copy of the login in a development environment, and one that imports production, are refused by AWS")
	admin, err := s.login(ctx, "admin", s.sandbox.Token)
	if err != nil {
		return err
	}
	login, err := admin.Run(ctx, "env", "get", production, "--definition")
	if err != nil {
		return err
	}
	borrowers := []struct{ name, file, definition string }{
		{copied, "copy.yaml", login},
		{importing, "import.yaml", "imports:\n  - payments/prod\nvalues: {}\n"},
	}
	for _, borrower := range borrowers {
		if err := s.write(borrower.file, borrower.definition); err != nil {
			return err
		}
		if _, err := s.run(ctx, "(admin) ", admin, "env", "init", borrower.name, "--file", borrower.file); err != nil {
			return err
		}
		// The CLI prints what went wrong in an environment and does not call it a failure of its own.
		output, err := s.run(ctx, "(admin) ", admin, "env", "open", borrower.name)
		if err != nil {
			return err
		}
		if err := contains(output, "AccessDenied"); err != nil {
			return err
		}
		if strings.Contains(output, temporaryKey) {
			return fmt.Errorf("%s got credentials of the locked role", borrower.name)
		}
	}
	output, err := s.run(ctx, "(admin) ", admin, "env", "open", production, "environmentVariables.AWS_ACCESS_KEY_ID")
	if err != nil {
		return err
	}
	if err := contains(output, temporaryKey); err != nil {
		return err
	}
	say("the same administrator gets credentials from production itself: the lock pins the environment")
	for _, borrower := range borrowers {
		if _, err := s.run(ctx, "(admin) ", admin, "env", "rm", borrower.name, "--yes"); err != nil {
			return err
		}
	}
	return nil
}

// drift is what this provider owns access sets whole for.
func (s *stage) drift(ctx context.Context) error {
	s.step("Somebody makes the developers admins of production by hand; refresh finds it, up removes it")
	admin, err := s.login(ctx, "admin", s.sandbox.Token)
	if err != nil {
		return err
	}
	grant := `addEnvironmentPermission={"projectName":"payments","envName":"prod","permission":"admin"}`
	if _, err := s.run(ctx, "(admin) ", admin, "api", "/api/orgs/acme/teams/payments-developers", "-X", "PATCH", "-F", grant); err != nil {
		return err
	}
	bo, err := s.as(ctx, "bo", map[string]any{"user": "bo"})
	if err != nil {
		return err
	}
	if _, err := s.run(ctx, "(bo) ", bo, "env", "open", production, "region"); err != nil {
		return err
	}
	say("one forgotten grant undoes the rest: the developer is in")

	output, err := s.run(ctx, "", s.engineer, "refresh", "--yes", "--skip-preview", "--diff", "--non-interactive", "--suppress-progress", "--suppress-outputs")
	if err != nil {
		return err
	}
	if err := contains(output, "admin", "prod"); err != nil {
		return fmt.Errorf("the refresh does not show the drift: %w", err)
	}
	output, err = s.run(ctx, "", s.engineer, "up", "--yes", "--diff", "--non-interactive", "--suppress-progress", "--suppress-outputs")
	if err != nil {
		return err
	}
	if err := contains(output, "admin"); err != nil {
		return fmt.Errorf("the update does not show what it removes: %w", err)
	}
	if err := s.refused(ctx, "(bo) ", bo, "open", "env", "open", production); err != nil {
		return err
	}
	say("the grant was removed, and the developer is refused again")
	return nil
}

func (s *stage) unchanged(ctx context.Context) error {
	s.step("A second update changes nothing, and makes no call")
	if err := s.sandbox.ResetRequests(ctx); err != nil {
		return err
	}
	if _, err := s.run(ctx, "", s.engineer, "up", "--yes", "--skip-preview", "--expect-no-changes", "--non-interactive", "--suppress-outputs"); err != nil {
		return err
	}
	calls, err := s.sandbox.Requests(ctx)
	if err != nil {
		return err
	}
	if calls.Total != 0 {
		return fmt.Errorf("an update without changes made calls: %v", calls.Routes)
	}
	say("the sandbox's log is empty")
	return nil
}

func (s *stage) destroy(ctx context.Context) error {
	s.step("Take everything back: production is protected, so the protection goes first")
	commands := [][]string{
		{"config", "set", "protectProduction", "false"},
		{"up", "--yes", "--skip-preview", "--non-interactive", "--suppress-progress", "--suppress-outputs"},
		{"destroy", "--yes", "--skip-preview", "--non-interactive", "--suppress-progress"},
	}
	for _, arguments := range commands {
		if _, err := s.run(ctx, "", s.engineer, arguments...); err != nil {
			return err
		}
	}
	return nil
}

// asBefore holds that the organization is what it was.
func (s *stage) asBefore(ctx context.Context, before []byte) error {
	s.step("The organization is as it was before")
	if err := s.sandbox.RemoveAWSRole(ctx, awsRole); err != nil {
		return err
	}
	after, err := s.sandbox.State(ctx)
	if err != nil {
		return err
	}
	if !bytes.Equal(before, after) {
		return fmt.Errorf("the organization differs\nbefore: %s\nafter:  %s", indent(before), indent(after))
	}
	say("its exported state has the same %d bytes", len(after))
	return nil
}

func indent(text []byte) []byte {
	var out bytes.Buffer
	if json.Indent(&out, text, "", "  ") != nil {
		return text
	}
	return out.Bytes()
}

func contains(output string, wanted ...string) error {
	for _, text := range wanted {
		if !strings.Contains(output, text) {
			return fmt.Errorf("the output does not mention %q:\n%s", text, output)
		}
	}
	return nil
}
