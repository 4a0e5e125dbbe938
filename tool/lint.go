package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/report"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/review"
)

var documentKinds = []string{string(oidc.AWSDocument), string(oidc.AzureDocument), string(oidc.GoogleDocument), string(oidc.PulumiDocument)}

func (c *cli) lintCommand() *cobra.Command {
	var kind, failOn string
	var want oidc.Intent
	correct := false
	cmd := &cobra.Command{
		Use:   "lint FILE...",
		Short: "Look for trust in Pulumi Cloud's tokens that is wider than it seems, in trust documents of clouds",
		Long: `Look for trust that is wider than it seems in role trust policies of AWS, federated credentials of Azure, providers of workload
identity pools of Google, and policies of OIDC issuers in Pulumi Cloud. It asks no service.

--correct writes the corrected documents in place of the files. A corrected document admits nothing that the document did not.`,
		Example: `  pulumi plugin run leastprivilege -- lint trust-policy.json --type aws
  pulumi plugin run leastprivilege -- lint trust-policy.json --type aws --organization acme --correct`,
		Args:        arguments(1, -1),
		Annotations: formats(report.SARIF),
		RunE: func(_ *cobra.Command, args []string) error {
			if !slices.Contains(documentKinds, kind) {
				return misused("invalid --type %q; valid are %s", kind, strings.Join(documentKinds, ", "))
			}
			want.Organization = c.organizationName()
			var files []report.LintedFile
			grave := 0
			for _, path := range args {
				file, err := lintFile(path, oidc.DocumentKind(kind), want, correct)
				if err != nil {
					return err
				}
				for _, f := range file.Findings {
					if failOn != "never" && review.Severity(f.Severity).AtLeast(review.Severity(failOn)) {
						grave++
					}
				}
				files = append(files, file)
			}
			if err := c.write(report.LintedOf(files)); err != nil {
				return err
			}
			return c.ended(failOn, grave, fmt.Sprintf("%d findings of this severity or worse", grave), nil)
		},
	}
	cmd.Flags().StringVar(&kind, "type", string(oidc.AWSDocument), "what the files are: "+strings.Join(documentKinds, ", "))
	cmd.Flags().StringVar(&kind, "kind", string(oidc.AWSDocument), "the same as --type, where the tool runs by itself: pulumi plugin run takes --kind for its own")
	cmd.Flags().BoolVar(&correct, "correct", false, "write the corrected documents in place of the files")
	cmd.Flags().StringArrayVar(&want.Subjects, "subject", nil, "exact `subject` that is meant, which corrections pin; give it once for each")
	cmd.Flags().StringVar(&want.Audience, "audience", "", "exact `audience` that is meant, which corrections pin")
	cmd.Flags().StringVar(&want.AccountID, "account-id", "", "`number` of the AWS account whose identity provider is meant")
	_ = cmd.RegisterFlagCompletionFunc("type", completeWith(documentKinds...))
	c.failing(cmd, &failOn, severities(review.Low), "fail if there is a finding of this severity or worse")
	return cmd
}

func lintFile(path string, kind oidc.DocumentKind, want oidc.Intent, correct bool) (report.LintedFile, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return report.LintedFile{}, fmt.Errorf("reading a trust document: %w", err)
	}
	found, err := oidc.Lint(kind, string(text), want)
	if err != nil {
		return report.LintedFile{}, fmt.Errorf("linting %s: %w", path, err)
	}
	out := report.LintedFile{
		File: path, Kind: string(kind), Findings: report.TrustFindingsOf(found), Corrected: oidc.Correct(kind, string(text), want),
	}
	if !correct || out.Corrected == "" {
		return out, nil
	}
	corrected := strings.TrimRight(out.Corrected, "\n") + "\n"
	if err := replaceFile(path, []byte(corrected)); err != nil {
		return out, err
	}
	out.Written = true
	return out, nil
}
