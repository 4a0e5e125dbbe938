package e2e

import (
	"testing"
)

func TestExperiment(t *testing.T) {
	p := newProject(t, organization, `
resources:
  a: {type: leastprivilege:Team, properties: {name: {fn::secret: "m4rk3d/a"}, members: [{fn::secret: ""}]}}
  b: {type: leastprivilege:Role, properties: {name: {fn::secret: ""}, access: {scopes: [{fn::secret: m4rk3d}]}}}
  c: {type: leastprivilege:ScopedTeam, properties: {name: {fn::secret: "m4rk3d/c"}, access: {}}}
  d: {type: leastprivilege:MachineToken, properties: {name: {fn::secret: "m4rk3d/c"}, team: a, expiresIn: {fn::secret: m4rk3d}}}
`)
	t.Log(p.fails("preview", "--non-interactive"))
	t.Log(p.fails("up", "--yes", "--skip-preview", "--continue-on-error", "--non-interactive"))
	out := p.fails("preview", "--non-interactive", "-v=9", "--logtostderr", "--logflow")
	t.Log(len(out), out[:2000])
}
