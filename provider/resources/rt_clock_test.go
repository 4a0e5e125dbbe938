package resources_test

import (
	"time"
)

// clock is a time that only a test moves.
type clock struct{ at time.Time }

func newClock() *clock { return &clock{time.Date(2030, time.March, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time { return c.at }

func (c *clock) advance(by time.Duration) { c.at = c.at.Add(by) }
