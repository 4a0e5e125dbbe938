package esc

import (
	"fmt"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// AWSLogin is a login to AWS by OIDC, see https://www.pulumi.com/docs/esc/providers/login/aws-login/.
//
// RoleARN is the role to assume. SessionName has 2 to 64 letters, digits or `_=,.@+-`, and may interpolate, as in
// `${context.pulumi.user.login}`. Duration is whole seconds from 15 minutes to 12 hours; 0 means 1 hour, which every role
// allows, while ESC's own default of 2 hours fails on a role that was made with AWS's defaults. PolicyARNs narrow the
// session further. SubjectAttributes are required: without them the subject of the token under `pulumi up` is the same
// for every environment.
type AWSLogin struct {
	RoleARN           string
	SessionName       string
	Duration          time.Duration
	PolicyARNs        []string
	SubjectAttributes []string
}

// AWS's limits on a session; see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html.
const (
	defaultSession = time.Hour
	maxSessionARNs = 10
	awsLoginKey    = "fn::open::aws-login"
)

// The credentials as AWS's tools expect them.
var awsVariables = map[string]string{
	"AWS_ACCESS_KEY_ID":     "${aws.login.accessKeyId}",
	"AWS_SECRET_ACCESS_KEY": "${aws.login.secretAccessKey}",
	"AWS_SESSION_TOKEN":     "${aws.login.sessionToken}",
}

func (AWSLogin) section() string { return "aws" }

func (AWSLogin) variables() map[string]string { return awsVariables }

func (AWSLogin) credentials() []string {
	return []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
}

func (l AWSLogin) check() problem.List {
	var wrong problem.List
	if !interpolates(l.RoleARN) {
		wrong.AddReason("aws.roleArn", arn.BadRole(l.RoleARN))
	}
	wrong.AddReason("aws.sessionName", arn.BadSessionName(l.SessionName))
	wrong.AddReason("aws.duration", badDuration(l.Duration))
	if len(l.PolicyARNs) > maxSessionARNs {
		wrong.AddReason("aws.policyArns", fmt.Sprintf("AWS takes at most %d policies for a session, and there are %d", maxSessionARNs, len(l.PolicyARNs)))
	}
	for i, policy := range l.PolicyARNs {
		if !interpolates(policy) {
			wrong.AddReason(fmt.Sprintf("aws.policyArns[%d]", i), arn.BadPolicy(policy))
		}
	}
	wrong.AddReason("aws.subjectAttributes", badAttributes(l.SubjectAttributes))
	return wrong
}

func interpolates(text string) bool { return strings.Contains(text, "${") }

func badDuration(d time.Duration) string {
	switch {
	case d == 0:
		return ""
	case d < arn.MinSession || d > arn.MaxSession:
		return fmt.Sprintf("%s is out of AWS's range of 15m to 12h", d)
	case d%time.Second != 0:
		return fmt.Sprintf("%s is not a whole number of seconds", d)
	}
	return ""
}

// formatDuration writes 1h30m rather than 1h30m0s, as people do.
func formatDuration(d time.Duration) string {
	if d == 0 {
		d = defaultSession
	}
	text := d.String()
	if short, cut := strings.CutSuffix(text, "m0s"); cut {
		text = short + "m"
	}
	if short, cut := strings.CutSuffix(text, "h0m"); cut {
		text = short + "h"
	}
	return text
}

// sessionNameNode makes a name that AWS takes whoever opens the environment: logins of machines are written `kind:id`, and
// AWS refuses a colon.
func sessionNameNode(e *encoder, name string) *yaml.Node {
	path := "values.aws.login.sessionName"
	if !interpolates(name) {
		return e.node(path, name)
	}
	return e.node(path, map[string]any{"fn::join": []any{"-", map[string]any{"fn::split": []any{":", name}}}})
}

func (l AWSLogin) node(e *encoder) *yaml.Node {
	oidc := mapping()
	field := func(key string, value any) {
		put(oidc, scalar("!!str", key), e.node("values.aws.login."+key, value))
	}
	field("duration", formatDuration(l.Duration))
	field("roleArn", l.RoleARN)
	put(oidc, scalar("!!str", "sessionName"), sessionNameNode(e, l.SessionName))
	if len(l.PolicyARNs) > 0 {
		field("policyArns", l.PolicyARNs)
	}
	field("subjectAttributes", l.SubjectAttributes)
	inputs, open := mapping(), mapping()
	put(inputs, scalar("!!str", "oidc"), oidc)
	put(open, scalar("!!str", awsLoginKey), inputs)
	return open
}
