package server_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
)

// Whatever happened, the state and the history read back as they were written: by the same server after more has happened, by
// another one, and by one that starts with the state file.
func TestStatesReadBackAsTheyWereWritten(t *testing.T) {
	folder, number := t.TempDir(), 0
	rapid.Check(t, func(rt *rapid.T) {
		file := ""
		if restarts := rapid.IntRange(0, 19).Draw(rt, "restarts") == 0; restarts { // keys take long to make
			number++
			file = filepath.Join(folder, fmt.Sprintf("state-%d.json", number))
		}
		s := startWith(t, server.Options{Seed: []byte(acmeSeed), StateFile: file, KeepUpdates: 4, KeepEvents: 12})
		s.changes(rt, "before", 12)
		live, full := s.State(), s.History()
		if file != "" {
			s.checkRestart(rt, file, full)
		}
		s.changes(rt, "after", 6)
		other := startScene(t, acmeSeed)
		for _, to := range []scene{s, other} {
			to.Restore(live)
			if got := to.State(); !bytes.Equal(got, live) {
				rt.Fatalf("got the state\n%s\nwant\n%s", got, live)
			}
			to.Restore(full)
			if got := to.History(); !bytes.Equal(got, full) {
				rt.Fatalf("got the history\n%s\nwant\n%s", got, full)
			}
		}
		s.changes(rt, "at last", 3)
	})
}

func (s scene) checkRestart(rt *rapid.T, file string, full []byte) {
	s.t.Helper()
	bo := s.as("bo")
	if err := s.Server.Close(); err != nil {
		rt.Fatal(err)
	}
	restarted := startWith(s.t, server.Options{StateFile: file})
	if got := restarted.History(); !bytes.Equal(got, full) {
		rt.Fatalf("after a restart\n%s\nwant\n%s", got, full)
	}
	actor{scene: restarted, token: bo.token}.equalLogin("bo")
}

// changes makes some of everything that leaves a trace.
func (s scene) changes(rt *rapid.T, label string, most int) {
	s.t.Helper()
	ana := s.admin()
	for i := range rapid.IntRange(0, most).Draw(rt, label) {
		name := fmt.Sprintf("%s-%d", label[:2], i)
		switch rapid.IntRange(0, 7).Draw(rt, "change") {
		case 0:
			s.makeSomething(rapid.IntRange(0, 4).Draw(rt, "kind"), 1000+i+len(label)*100)
		case 1:
			ana.begin(devStack, rapid.SampledFrom([]string{"update", "preview"}).Draw(rt, "update")).complete("succeeded").want(204)
		case 2:
			s.makeAndDelete(rapid.SampledFrom([]string{"stack", "team", "role", "environment", "account"}).Draw(rt, "deleted"))
		case 3:
			ana.do("POST /tokens", obj{"name": fmt.Sprintf("%s %d", name, len(s.Requests().List)), "description": "", "expires": 0, "admin": true}).want(200)
		case 4:
			ana.do("PATCH /api/orgs/acme", obj{"setMembersCanCreateTeams": i%2 == 0}).want(200)
		case 5:
			s.Control("POST", "audit", obj{"events": 1 + i, "days": 9, "seed": i}, nil)
		case 6:
			s.clock.Advance(1e9)
		default:
			ana.do("PATCH "+devStack+"/tags", obj{"tier": name}).want(204)
		}
	}
}
