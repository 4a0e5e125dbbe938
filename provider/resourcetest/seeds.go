package resourcetest

// People are an administrator, three people without a role of their own, and one whose role permits next to nothing.
const People = `
organization: acme
users:
  - {login: ana, role: admin}
  - {login: bo}
  - {login: cy}
  - {login: di}
  - {login: eve, role: nothing}
roles:
  - {name: nothing, scopes: ["stack:create"]}
`

// Estate is People with stacks, environments and an account.
const Estate = People + `
stacks:
  - {project: payments, stack: dev}
  - {project: payments, stack: prod}
  - {project: web, stack: dev}
environments:
  - {project: payments, environment: dev, definition: "values: {}"}
  - {project: payments, environment: prod, definition: "values: {}"}
accounts:
  - {account: aws-prod, environment: payments/prod}
`

// AdministeringTeam has a team whose role administers access.
const AdministeringTeam = People + `
  - {name: access-admin, scopes: ["role:read", "role:update", "team:read", "team:update", "team:list"]}
  - {name: plain, scopes: ["stack:read"]}
teams:
  - {name: payments, members: [cy], admins: [bo], role: access-admin}
`

// Granted has a team, roles that it may be given, and entities that it may be granted.
const Granted = People + `
  - {name: developer, scopes: ["stack:read"]}
  - {name: operator, scopes: ["stack:read", "stack:write"]}
teams:
  - {name: payments, members: [bo]}
stacks:
  - {project: payments, stack: dev, owner: ana}
  - {project: payments, stack: prod, owner: ana}
  - {project: billing, stack: dev, owner: ana}
environments:
  - {project: payments, environment: dev, owner: ana}
  - {project: payments, environment: prod, owner: ana}
accounts:
  - {account: aws-prod, owner: ana}
`

// WithTeam is People with a team.
const WithTeam = People + `
teams:
  - {name: payments, members: [bo]}
`

// Gated has an environment, a team of two that approves, and a stack that takes its configuration from another
// environment, which imports the first.
const Gated = `
organization: acme
users: [{login: ana, role: admin}, {login: bo}, {login: sec}, {login: sue}]
teams:
- {name: security, members: [sec, sue]}
- {name: alone, members: [sec]}
stacks:
- {project: payments, stack: prod, environment: payments/app}
environments:
- {project: payments, environment: prod, definition: "values: {a: 1}"}
- {project: payments, environment: app, definition: "imports: [payments/prod]"}
- {project: payments, environment: quiet, definition: "values: {a: 1}"}
`

// OpenDefaults is Estate where everybody may write stacks and open environments.
const OpenDefaults = Estate + `
settings:
  defaultStackPermission: write
  defaultEnvironmentPermission: open
`
