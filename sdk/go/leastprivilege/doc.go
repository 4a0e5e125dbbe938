// Least privilege on Pulumi Cloud as code: teams scoped by roles, ESC environments whose cloud credentials only they can assume, deployments and CI without stored tokens, tokens that expire, approvals, and break-glass access.
package leastprivilege
