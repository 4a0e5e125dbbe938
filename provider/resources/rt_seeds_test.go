package resources_test

const people = `
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

const estate = people + `
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

const administeringTeam = people + `
  - {name: access-admin, scopes: ["role:read", "role:update", "team:read", "team:update", "team:list"]}
  - {name: plain, scopes: ["stack:read"]}
teams:
  - {name: payments, members: [cy], admins: [bo], role: access-admin}
`

const granted = people + `
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

const withTeam = people + `
teams:
  - {name: payments, members: [bo]}
`

// gated has an environment, a team of two that approves, and a stack that takes its configuration from another
// environment, which imports the first.
const gated = `
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

const openDefaults = estate + `
settings:
  defaultStackPermission: write
  defaultEnvironmentPermission: open
`
