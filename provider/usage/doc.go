// Package usage turns audit events into usage: who used which scope on which entity, when first and last, how often and from where.
// Start at [New] and [Log.Add]; [Read] and [ReadFolder] read exported files, [Log.ReadTable] what a database made of them, and cloud.Client.AuditEvents the API.
//
// # What the log shows
//
// An event has no field for the scope or the entity. [ScopesOf] is the one place that says which scope an event takes, and
// package audit finds the entity in its sentence. What is not told is counted, not guessed: events whose entity cannot be told
// ([Log.Unattributed]), kinds of events that this version does not know ([Log.Unknown]), lines that could not be read
// ([Log.Damage]). Some scopes leave no event: reading a stack or an account, and most lists; [Shows] tells which do.
//
// An open of a revision is the same event as an open of the latest one, so that it may have used environment:open or
// environment_version:open. Such a use has both scopes, and may have used either.
//
// # Memory
//
// A [Log] keeps one entry for each principal, scope and entity, and for each principal the hours and at most [MaxAddresses] addresses
// of its opens. So memory does not grow with the number of events. The order of events makes no difference, and logs that
// were gathered apart are merged by [Log.Merge].
package usage
