// Least privilege on Pulumi Cloud as code: teams scoped by roles, ESC environments whose cloud credentials only they can assume, and deployments that run with a minimal role.
package leastprivilege
