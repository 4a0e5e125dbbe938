// Command sandbox serves an in-memory Pulumi Cloud on loopback, for trying the provider and for offline tests:
//
//	go run ./sandbox --seed organization.yaml
//
// Its first two lines of output are "url: http://..." and "token: ...", an administrator's. It is not Pulumi Cloud.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
)

// shutdownGrace is how long calls that are under way may take when the sandbox stops.
const shutdownGrace = 5 * time.Second

type flags struct {
	addr, seed string
	options    server.Options
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "sandbox:", err)
		os.Exit(1)
	}
}

// run serves until the context ends.
func run(ctx context.Context, args []string, out, errs io.Writer) error {
	f, err := parse(args, errs)
	if err != nil {
		return err
	}
	s, err := server.New(f.options)
	if err != nil {
		return err
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", f.addr)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", f.addr, err)
	}
	url := "http://" + listener.Addr().String()
	s.SetURL(url)
	if err := banner(out, url, s.AdminToken(), f.options.StateFile); err != nil {
		return fmt.Errorf("writing the banner: %w", err)
	}
	return errors.Join(serve(ctx, listener, s.Handler()), s.Close())
}

func parse(args []string, errs io.Writer) (flags, error) {
	var f flags
	set := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	set.SetOutput(errs)
	set.StringVar(&f.addr, "addr", "127.0.0.1:0", "`address` to listen on; port 0 takes a free one")
	set.StringVar(&f.options.Organization, "org", "", "`login` of the organization (default: the seed's, else acme)")
	set.StringVar(&f.seed, "seed", "", "YAML `file` with the users, teams, stacks and so on that exist at the start")
	set.DurationVar(&f.options.Latency, "latency", 0, "`duration` that is added to every API call")
	set.IntVar(&f.options.RateLimit, "rate-limit", 0, "`number` of API calls that are carried out each second; the others are answered with 429 (default: no limit)")
	set.StringVar(&f.options.StateFile, "state", "",
		"`file` that keeps everything over a restart, tokens and keys included; once it is there, the seed is not read")
	set.IntVar(&f.options.KeepEvents, "keep-events", 0, "`number` of audit events and logged requests to keep (default 1000000)")
	set.IntVar(&f.options.KeepUpdates, "keep-updates", 0, "`number` of updates to keep of each stack, and of deleted environments (default 1000)")
	set.StringVar(&f.options.DeploymentRole, "deployment-role", authz.RoleCaps,
		"what the role of a deployment does: it `caps` what the deployment may do, is added to the rights on its own stack, or replaces them")
	set.StringVar(&f.options.Clone, "clone", server.CloneChecked,
		"whether an environment whose opening needs an approval can be cloned without one: `checked` refuses it, unchecked lets it through")
	if err := set.Parse(args); err != nil {
		return f, err
	}
	if set.NArg() > 0 {
		return f, fmt.Errorf("unexpected argument %q: see --help", set.Arg(0))
	}
	if f.seed == "" {
		return f, nil
	}
	seed, err := os.ReadFile(f.seed)
	if err != nil {
		return f, fmt.Errorf("reading the seed: %w", err)
	}
	f.options.Seed = seed
	return f, nil
}

func banner(out io.Writer, url, token, stateFile string) error {
	keeps := "keeps everything in memory and forgets it when it stops"
	if stateFile != "" {
		keeps = "keeps everything, tokens and keys included, in " + stateFile + ""
	}
	_, err := fmt.Fprintf(out, `url: %[1]s
token: %[2]s

This is a sandbox, not Pulumi Cloud: it %[3]s (Ctrl-C).
Try, in another shell:

  export PULUMI_HOME=$(mktemp -d)            # keeps your own login untouched
  export PULUMI_ACCESS_TOKEN=%[2]s
  pulumi login %[1]s
  pulumi env ls

  curl %[1]s/_sandbox/requests               # which calls were made
  curl %[1]s/_sandbox/state                  # the whole organization, as JSON
  curl -d '{"user": "LOGIN"}' %[1]s/_sandbox/tokens   # a token of somebody else

To manage it as code, keep Pulumi's state in a local folder and point the provider here:

  pulumi login file://$(mktemp -d)
  pulumi config set leastprivilege:apiUrl %[1]s
`, url, token, keeps)
	return err
}

func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	web := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	done := make(chan error, 1)
	go func() { done <- web.Serve(listener) }()
	select {
	case err := <-done:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	if err := web.Shutdown(grace); err != nil {
		return fmt.Errorf("stopping: %w", err)
	}
	return nil
}
