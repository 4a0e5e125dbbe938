package resourcetest

import "time"

// Clock is a time that only a test moves.
type Clock struct{ at time.Time }

// NewClock stands at noon of some day.
func NewClock() *Clock { return &Clock{time.Date(2030, time.March, 1, 12, 0, 0, 0, time.UTC)} }

// Now is the time.
func (c *Clock) Now() time.Time { return c.at }

// Advance moves the time on.
func (c *Clock) Advance(by time.Duration) { c.at = c.at.Add(by) }
