package review

import (
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// Rule is a rule of the review, with what an attacker or an accident could do where it finds something.
type Rule struct {
	ID       string
	Severity Severity // of its findings; those of escalations are as bad as what they reach
	Risk     string
}

var rules = []Rule{
	{UnusedGrant, Medium, "Nobody misses this access, and whoever takes over the principal has it."},
	{OversizedGrant, Low, "The principal can change more than its work takes: a mistake or a stolen session reaches further than it has to."},
	{NoData, Info, "Whether this access is used cannot be told from the log, so that it is neither confirmed nor a candidate to remove."},
	{UnexpectedOpen, High, "Somebody read the secrets and cloud credentials of the environment who is not expected to."},
	{RefusedOpen, Medium, "Somebody tries to open what they may not: a missing grant, or somebody who looks around."},
	{UnusualOpen, Low, "A stolen token shows as an open at a new time or from a new place."},
	{NeverOpened, Low, "The secrets and cloud identities are there to be taken, and nobody uses them."},
	{TokenWithoutExpiry, High, "Whoever copies the token once has its access for ever."},
	{TokenUnused, Medium, "A token that nobody uses can be stolen, and nobody notices."},
	{TokenAdmin, High, "Whoever copies the token administers the organization: every secret, every member, every cloud identity."},
	{TokenWithoutRole, High, "The token has whatever the default role gives, now and after every change of it."},
	{CreatorGrant, Medium, "Whoever made the entity keeps administering it, whatever their teams and roles become."},
	{Admin, Info, "An administrator can do everything, also give it to others."},
	{SingleAdmin, High, "If this one person leaves, is locked out or is taken over, nobody can help the organization."},
	{DirectGrant, Low, "A grant to one person stays when they change teams, and no role shows it."},
	{BroadDefault, High, "Every member, and every token of a team, has this on everything, new entities included."},
	{WildcardPolicy, High, "Other workloads than the one that is meant get a token: another branch, repository or account is enough."},
	{DeadPolicy, Low, "The policy admits nobody: somebody believes that it works, and widens something else."},
	{TeamTokenDefaults, Medium, "The team's tokens have more than the team was granted, by the organization's defaults."},
	{TrustMismatch, High, "The cloud does not trust what the environment logs in with: either the login fails, or something else is trusted."},
	{StoredCredential, High, "A key that does not expire works from anywhere until somebody rotates it."},
	{GateRemovable, High, "Somebody whom the approval is to hold back can remove it."},
	{GateUnreachable, Medium, "Nobody can give the approval, so that the gate will be removed in a hurry."},
	{GateBlocksDeployments, Medium, "Deployments that open the environment fail, since they do not wait for an approval."},
	{Escalation, High, "Somebody can give themselves what they do not hold."},
	{AgentOpenDefault, High, "A task of the agent acts with more than it needs, and instructions can reach it from outside."},
	{SuspendedWithAccess, Low, "The access is back the moment that the member is restored."},
	{EmptyTeam, Low, "Whoever may add members to the team hands out its access."},
	{UnheldRole, Low, "A role that nobody holds is assigned by mistake, or edited unseen before it is."},
	{ExpiredMember, Low, "The membership was to have ended, and still gives the team's access."},
}

// Rules are the rules of the review, those about trust documents with the ids that lintTrustPolicy has.
func Rules() []Rule {
	all := slices.Clone(rules)
	for _, id := range oidc.Rules() {
		all = append(all, Rule{id, High, trustRisk})
	}
	return all
}

const trustRisk = "Others than those that are meant can log in to the cloud, or those that are meant cannot."

func ruleOf(id string) Rule {
	all := Rules()
	return all[slices.IndexFunc(all, func(r Rule) bool { return r.ID == id })]
}
