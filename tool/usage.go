package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/review"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/usage"
)

// evidence says which audit events a command looks at.
type evidence struct {
	c            *cli
	since, until string
	events       []string
	cmd          *cobra.Command
}

func (c *cli) evidenceFlags(cmd *cobra.Command) *evidence {
	e := &evidence{c: c, cmd: cmd}
	cmd.Flags().StringVar(&e.since, "since", "90d", "beginning of the time whose audit events are read: a `duration` before its end, such as 90d, or a time in RFC 3339")
	cmd.Flags().StringVar(&e.until, "until", "", "end of that `time`, in RFC 3339 (default: now; of a snapshot, when it was taken)")
	cmd.Flags().StringArrayVar(&e.events, "events", nil,
		"`path` of exported audit logs, to read in place of the API: a file, or a folder of them; JSON lines, CSV or CEF, which may be gzip. Give it once for each")
	return e
}

// reviewed is what a review looks at.
type reviewed struct {
	organization graph.Organization
	usage        *usage.Log
	since, until time.Time
	// unread is what could not be read.
	unread []graph.Blind
	// untold is what the events do not show.
	untold []graph.Blind
}

func (e *evidence) read(ctx context.Context, s source) (reviewed, error) {
	out := reviewed{until: time.Now()}
	if snapshot, is := s.(*offline); is {
		out.until = snapshot.Taken // later events may be about what it does not show
	}
	var err error
	if e.until != "" {
		if out.until, err = timetext.ParseMoment(e.until, out.until); err != nil {
			return out, misused("--until: %w", err)
		}
	}
	if out.since, err = timetext.ParseMoment(e.since, out.until); err != nil {
		return out, misused("--since: %w", err)
	}
	if !out.since.Before(out.until) {
		return out, misused("--since: %s is not before the end, %s", out.since.UTC().Format(time.RFC3339), out.until.UTC().Format(time.RFC3339))
	}
	if out.organization, out.unread, err = s.whole(ctx); err != nil {
		return out, err
	}
	live, is := s.(*service)
	switch {
	case len(e.events) > 0:
		err = e.files(&out)
	case is:
		var more []graph.Blind
		out.usage, more, err = live.Usage(ctx, out.since, out.until, live.options())
		out.unread = merged(out.unread, more)
	}
	return out, err
}

// files reads exported events. They need not be all of the time: what is said of it is said of the time that they span.
func (e *evidence) files(out *reviewed) error {
	log := usage.New(out.organization.Login, out.since, out.until)
	for _, path := range e.events {
		full, err := filepath.Abs(path)
		if err != nil {
			return fmt.Errorf("reading events: %w", err)
		}
		if err := log.ReadFolder(os.DirFS(filepath.Dir(full)), filepath.Base(full)); err != nil {
			return fmt.Errorf("reading events of %s: %w", path, err)
		}
	}
	if log.Events == 0 {
		return fmt.Errorf("reading events: none of the time from %s to %s is in %v (%d lines could not be read); without events everything would look unused",
			out.since.UTC().Format(time.RFC3339), out.until.UTC().Format(time.RFC3339), e.events, log.Damage.Lines)
	}
	if !e.cmd.Flags().Changed("since") && log.First.After(out.since) {
		log.Since, out.since = log.First, log.First
	}
	out.usage = log
	out.untold = append(out.untold, graph.Blind{
		What: fmt.Sprintf("whether the files have every event from %s to %s: the first is of %s, the last of %s", out.since.UTC().Format(time.RFC3339),
			out.until.UTC().Format(time.RFC3339), log.First.UTC().Format(time.RFC3339), log.Last.UTC().Format(time.RFC3339)),
		Hides: "uses that are in other files",
	})
	return nil
}

// input is what package review looks at.
func (r reviewed) input() review.Input {
	return review.Input{Organization: r.organization, Blind: merged(r.unread, r.untold), Usage: r.usage, Now: time.Now()}
}

// count is how many events were read.
func (r reviewed) count() int {
	if r.usage == nil {
		return 0
	}
	return r.usage.Events
}
