package provider

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"strings"
	"sync"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/login"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// Config is the provider's configuration.
type Config struct {
	AccessToken      *string  `pulumi:"accessToken,optional" provider:"secret"`
	APIURL           *string  `pulumi:"apiUrl,optional"`
	Organization     *string  `pulumi:"organization,optional"`
	AdditionalScopes []string `pulumi:"additionalScopes,optional"`
	AllowInsecureAPI *bool    `pulumi:"allowInsecureApi,optional"`

	ExplainChanges         *bool `pulumi:"explainChanges,optional"`
	ExplainChangesMaxCalls *int  `pulumi:"explainChangesMaxCalls,optional"`
}

// defaultExplainingCalls is enough for an organization of, say, 20 teams, 80 stacks and 60 environments.
const defaultExplainingCalls = 500

// Annotate describes the configuration.
func (c *Config) Annotate(a infer.Annotator) {
	a.Describe(&c.AccessToken, "The Pulumi Cloud access token that the provider works with. It needs the rights of an "+
		"organization administrator for most resources. Default: the environment variable `PULUMI_ACCESS_TOKEN`, else "+
		"what `pulumi login` stored for `apiUrl`.")
	a.Describe(&c.APIURL, "The address of Pulumi Cloud. Default: the environment variable `PULUMI_BACKEND_URL` when it is "+
		"an http or https address (a `file://` or `s3://` state backend says nothing about the API), else that of the current "+
		"`pulumi login` when it is one, else `https://api.pulumi.com`.")
	a.Describe(&c.Organization, "The organization of every resource that does not set its own `organization`. Default: the "+
		"environment variable `PULUMI_ORGANIZATION`.")
	a.Describe(&c.AdditionalScopes, "Names of scopes that Pulumi Cloud knows and this version of the provider does not yet. "+
		"`Role` and `PermissionSet` ask the service for a scope that is in neither list, and refuse it as a misspelling if the service does not "+
		"list it, either. Give the name here where the service cannot be asked.")
	a.Describe(&c.AllowInsecureAPI, "Allows an `apiUrl` that is plain http on another machine. Everybody on the way can then read the "+
		"access token and change the answers. Default: false, which allows plain http on this machine (`localhost`, `127.0.0.1`) only.")
	a.Describe(&c.ExplainChanges, "Lets previews say who gains and who loses access by a change, with an example of each. The first change of a "+
		"preview then reads the whole organization. Default: true.")
	a.Describe(&c.ExplainChangesMaxCalls, "How many calls reading the organization for `explainChanges` may take. If it takes more, the preview says so "+
		"once, and not who gains. Default: 500.")
}

// elsewhere are the settings that say where the objects are. With another value of one of them, the objects that there are belong to another
// provider, and the engine replaces them.
var elsewhere = map[string]bool{"apiUrl": true, "organization": true}

// inPlace lets the other settings change without replacing every resource, which the framework asks for: another token, or what previews say,
// makes no object another one.
func inPlace(
	diff func(context.Context, p.DiffRequest) (p.DiffResponse, error),
) func(context.Context, p.DiffRequest) (p.DiffResponse, error) {
	updates := map[p.DiffKind]p.DiffKind{p.AddReplace: p.Add, p.UpdateReplace: p.Update, p.DeleteReplace: p.Delete}
	return func(ctx context.Context, req p.DiffRequest) (p.DiffResponse, error) {
		resp, err := diff(ctx, req)
		for path, one := range resp.DetailedDiff {
			setting, _, _ := strings.Cut(path, "[")
			if kind, replaces := updates[one.Kind]; replaces && !elsewhere[setting] {
				one.Kind = kind
				resp.DetailedDiff[path] = one
			}
		}
		return resp, err
	}
}

// configured is the session of one provider, made from its configuration without a call.
//
// It is kept here and not taken from the framework's context, because the step in front of component construction
// needs it too, and runs before that context exists.
type configured struct {
	now   func() time.Time
	calls callSettings

	mutex   sync.Mutex
	session *session.Session
}

// wrap takes note of the configuration when the engine sends it.
func (c *configured) wrap(provider p.Provider) p.Provider {
	configure := provider.Configure
	provider.Configure = func(ctx context.Context, req p.ConfigureRequest) error {
		if err := configure(ctx, req); err != nil {
			return err
		}
		args := req.Args
		for _, unknown := range wire.UnknownProperties(args, reflect.TypeFor[Config]()) {
			args = args.Delete(unknown.Path) // of the engine or a newer version: the framework takes them, too
		}
		config, problems := wire.Decode[Config](args)
		if err := problems.Err(); err != nil {
			return err
		}
		return c.use(config)
	}
	return provider
}

// secrets is what no message repeats, whatever it is about: the token, which answers may repeat.
func (c *configured) secrets() property.Map {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.session == nil {
		return property.Map{}
	}
	return property.NewMap(map[string]property.Value{"accessToken": property.New(c.session.Client.Token()).WithSecret(true)})
}

func (c *configured) use(config Config) error {
	made, err := config.newSession(c.now, c.calls)
	if err != nil {
		return err
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.session = made
	return nil
}

// current is the session.Source that everything in the package is built with. A provider that was never configured
// works with the defaults.
func (c *configured) current(context.Context) (*session.Session, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.session == nil {
		made, err := (&Config{}).newSession(c.now, c.calls)
		if err != nil {
			return nil, err
		}
		c.session = made
	}
	return c.session, nil
}

// callSettings say how calls are sent; the zero value is right for production.
type callSettings struct {
	http    *http.Client
	retry   cloud.Retry
	timeout time.Duration
}

func (c *Config) newSession(now func() time.Time, calls callSettings) (*session.Session, error) {
	address, err := login.APIURL(c.APIURL, os.Getenv, workspace.GetStoredCredentials)
	if err != nil {
		return nil, err
	}
	client, err := cloud.New(cloud.Config{
		URL:     address,
		Token:   login.AccessToken(c.AccessToken, address, os.Getenv, workspace.GetAccount),
		Version: Version,
		HTTP:    calls.http,
		Retry:   calls.retry,
		Timeout: calls.timeout,

		AllowInsecure: c.AllowInsecureAPI != nil && *c.AllowInsecureAPI,
	})
	if err != nil {
		return nil, err
	}
	organization := os.Getenv("PULUMI_ORGANIZATION")
	if c.Organization != nil && *c.Organization != "" {
		organization = *c.Organization
	}
	explaining, err := c.explaining()
	if err != nil {
		return nil, err
	}
	return &session.Session{
		Client:       client,
		Organization: organization,
		Catalogue:    access.NewCatalogue(c.AdditionalScopes),
		Now:          now,
		Explaining:   session.Explaining{MaxCalls: explaining},
	}, nil
}

// explaining is how many calls a preview may make to say who gains access, 0 for not to say it.
func (c *Config) explaining() (int, error) {
	most := defaultExplainingCalls
	if c.ExplainChangesMaxCalls != nil {
		most = *c.ExplainChangesMaxCalls
	}
	switch {
	case most < 1:
		return 0, fmt.Errorf("invalid leastprivilege:explainChangesMaxCalls %d: it must be at least 1; set leastprivilege:explainChanges to false "+
			"to explain nothing", most)
	case c.ExplainChanges != nil && !*c.ExplainChanges:
		return 0, nil
	}
	return most, nil
}
