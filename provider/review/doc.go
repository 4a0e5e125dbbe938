// Package review finds what should be looked at in an organization: access that nobody uses, opens that nobody expected, tokens that never
// expire, policies that admit more than they should, ways up. Start at [Review], with an organization as package survey reads it or a
// snapshot has it, and the usage that package usage gathered from the audit log.
//
// [Rules] are the rules, with ids that suppressions and programs use. A finding has the same id in every run.
//
// # What is not claimed
//
// A grant is called unused only where the log would have shown its use: [UnusedGrant] needs a log that was read whole, events that
// say who acted on what, and scopes that leave events. Else the finding is [NoData], which says what hides the use. Looking at a stack or an
// account leaves no event, so that a grant on one is never called unused as a whole; what of it changes something may be oversized. An open
// uses what the environment imports as well, without an event; an open of text that is not stored may have used anything. A token that was
// deleted may have been the team's. What could not be read or told is in [Result.Blind].
package review
