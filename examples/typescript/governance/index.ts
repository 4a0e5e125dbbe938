// The rules of an organization in one program: what everybody may do by default, what each tier allows people and
// automation, who owns stacks, which tokens there are and how they expire, whose approval production needs, and how
// somebody gets elevated access in an emergency.
//
// It expects the organization to have the stacks payments/dev and payments/prod, tagged with their environment and team.
// Everything else it creates.
import * as pulumi from "@pulumi/pulumi";
import * as lp from "pulumi-leastprivilege";

const protect = new pulumi.Config().requireBoolean("protectProduction");

// Who holds elevated access in an emergency, and until when. Whoever adds a line here says so in a change that somebody
// reviews. A time that is past gives it to nobody.
const emergencies: lp.types.input.TemporaryMemberArgs[] = [{ user: "bo", until: "2026-01-01T00:00:00Z" }];

// Nobody has anything by default, members make nothing on their own, and no token lives longer than a quarter.
const baseline = new lp.OrganizationBaseline("baseline", { machineTokenMaxExpiry: "90d" });

// The built-in permission set for reading stacks can decrypt configuration. This one cannot.
const metadata = new lp.PermissionSet("metadata", {
    name: "stack-metadata",
    description: "See stacks and their deployments, and decrypt nothing.",
    entityType: "stack",
    scopes: ["stack:read", "stack_deployment:read"],
});

// Security sees every stack, reads the audit log, and approves what the gates below ask for.
const security = new lp.ScopedTeam("security", {
    name: "security",
    members: ["di", "ed"],
    access: {
        stacks: [{ all: true, permissionSet: metadata.permissionSetId }],
        organization: "readOnly",
        scopes: ["audit_logs:read"],
    },
});
const approvers = { teams: [security.team] };

const dev = new lp.Environment("dev", {
    project: "payments",
    name: "dev",
    tags: { environment: "development", team: "payments" },
    definition: "values:\n  region: eu-west-1\n",
});

// A change to production's definition, such as another role to log in to, takes somebody else's approval. Opening takes
// none: deployments open it, and a deployment that is started by a push could not ask.
const prod = new lp.ProductionEnvironment("prod", {
    project: "payments",
    name: "prod",
    tags: { environment: "production", team: "payments" },
    deletionProtected: protect,
    values: { region: "eu-west-1" },
    aws: { create: false, roleArn: "arn:aws:iam::123456789012:role/payments-prod" },
    updateApproval: { approvers },
});

// Said once, for every team: engineers update development directly; in production they look, without reading secrets, and
// automation updates. A team's tags keep it to its own.
const tiers = new lp.TieredAccess("tiers", {
    tiers: [
        {
            name: "development",
            tags: { environment: "development" },
            people: { stacks: "write", environments: "open" },
            automation: { stacks: "write", environments: "open" },
        },
        {
            name: "production",
            tags: { environment: "production" },
            people: { stacks: "view", environments: "read" },
            automation: { stacks: "write", environments: "open" },
        },
    ],
    teams: [
        { name: "payments", tags: { team: "payments" }, members: ["bo", "cy"] },
        { name: "ledger", tags: { team: "ledger" }, members: ["cy"] },
    ],
}, { dependsOn: [dev, prod] });

// Deployments of production run with what its tier allows automation.
new lp.DeploymentRoleAssignment("deployments", {
    project: "payments",
    stack: "prod",
    roleId: tiers.automationRoleIds["payments"]["production"],
});

// A tool that cannot log in by OIDC: its token is scoped to the team, and replaced a week before it expires.
const scanner = new lp.MachineToken("scanner", {
    name: "payments-scanner",
    team: tiers.teams["payments"],
    expiresIn: "30d",
    rotateBefore: "7d",
});

// Stacks belong to a person who is there, and whoever happened to create one keeps no rights by that.
new lp.StackOwner("owners", { project: "payments", owner: "ana", keep: ["ana"] });

// In an emergency: credentials of an administrator of the cloud account, in an environment of their own.
const emergency = new lp.ProductionEnvironment("emergency", {
    project: "payments",
    name: "break-glass",
    deletionProtected: protect,
    aws: { create: false, roleArn: "arn:aws:iam::123456789012:role/payments-admin" },
});

// Nobody is in the team unless they are named above, with the time when it ends. And each time they open the environment,
// security approves.
const breakGlass = new lp.BreakGlass("breakGlass", {
    name: "break-glass",
    members: emergencies,
    access: { environments: [{ project: "payments", environment: "break-glass", permission: "open" }] },
    maxOpenDuration: "1h",
    approvers,
}, { dependsOn: emergency });

export const settings = baseline.settings;
export const teams = tiers.teams;
export const scannerToken = scanner.value; // secret
export const scannerTokenExpires = scanner.expiresAt;
export const breakGlassMembers = breakGlass.activeMembers;
