package cloud

import (
	"context"
	"math"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

const (
	// cutTo is the share of the rate that the service carried out to which a refusal slows a client down.
	cutTo = 0.95
	// cutAgainTo is that share when the last cut was less than a second ago, so that it did not do.
	cutAgainTo = 0.9
	// firstGrowth is by how much the rate grows in the first second without a refusal. It doubles with every further one, up to
	// mostGrowth, so that a rate near the limit stays there for a while, and one far below comes back soon.
	firstGrowth = 0.02
	mostGrowth  = 1
	// slowest is the lowest rate, in calls a second: pauses do the rest.
	slowest = 1
	// unpaced is the rate above which calls are no longer held back.
	unpaced = 1000
	// window is the shortest time over which a rate is measured, and how much of a pause counts: limits are by the second or longer.
	window = 300 * time.Millisecond
	paused = time.Second
)

// pace slows all calls of a client down when the service answers that there are too many (429), however many run side by side:
// a delay of each call alone would leave the others as fast as they were.
//
// A refusal sets a rate, somewhat below that at which the service carried calls out since the last one. The rate grows while nothing
// is refused. Refusals of calls that had started before the rate was cut say nothing new. When nothing at all was carried out in
// between, or when the service says how long to wait, every call waits.
type pace struct {
	retry Retry
	turn  chan struct{} // held by the call that starts next

	mu      sync.Mutex
	rate    float64       // calls a second; infinite until the first refusal
	next    time.Time     // when the rate lets the next call start
	since   time.Time     // when the rate was last cut, or the first call started
	carried int           // calls that were carried out since
	barren  int           // cuts in a row between which none was
	quiet   int           // seconds without a refusal
	resumes time.Time     // no call starts before
	pausing time.Duration // how long of the time since the last cut no call could start
}

func newPace(retry Retry) *pace {
	return &pace{retry: retry, turn: make(chan struct{}, 1), rate: math.Inf(1)}
}

// wait returns when a call may start: one after the other, in the order in which they came.
func (p *pace) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	}
	for {
		delay := p.start(time.Now())
		if delay <= 0 {
			return ctx.Err()
		}
		if err := sleep(ctx, delay); err != nil {
			return err
		}
	}
}

// start lets a call start, or returns how long none may.
func (p *pace) start(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.since.IsZero() {
		p.since = now
	}
	p.grow(now)
	if delay := max(p.resumes.Sub(now), p.next.Sub(now)); delay > 0 {
		return delay
	}
	p.next = now.Add(time.Duration(float64(time.Second) / p.rate))
	return 0
}

func (p *pace) grow(now time.Time) {
	for !math.IsInf(p.rate, 1) && p.quiet < int(now.Sub(p.since).Seconds()) {
		p.rate *= 1 + min(firstGrowth*math.Pow(2, float64(p.quiet)), mostGrowth)
		p.quiet++
	}
	if p.rate > unpaced {
		p.rate = math.Inf(1)
	}
}

// answered takes note of what became of a call that started then.
func (p *pace) answered(started time.Time, answer *http.Response) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if answer.StatusCode != http.StatusTooManyRequests {
		p.carried++
		return
	}
	now := time.Now()
	asked, told := retryAfter(answer, p.retry.RetryAfter)
	current := !started.Before(p.since)
	if current {
		p.slowDown(now, told)
	}
	if told && (current || p.resumes.After(now)) {
		p.hold(now, withJitter(asked))
	}
}

// slowDown cuts the rate to what the service carried out. It pauses where that was nothing, unless the service said how long to wait.
func (p *pace) slowDown(now time.Time, told bool) {
	if p.carried > 0 {
		share := cutTo
		if p.quiet == 0 {
			share = cutAgainTo
		}
		p.rate, p.barren = max(slowest, share*p.measured(now)), 0
	}
	p.since, p.quiet, p.pausing = now, 0, 0
	if p.carried == 0 && !told {
		p.hold(now, p.retry.backoff(p.barren))
		p.barren++
	}
	p.carried = 0
}

// measured is the rate at which the service carried calls out. A moment says little about a rate that was set before.
func (p *pace) measured(now time.Time) float64 {
	active := now.Sub(p.since) - p.pausing + min(p.pausing, paused)
	if active < window && !math.IsInf(p.rate, 1) {
		return p.rate
	}
	return min(p.rate, float64(p.carried)/max(window, active).Seconds())
}

func (p *pace) hold(now time.Time, delay time.Duration) {
	if until := now.Add(delay); until.After(p.resumes) {
		p.pausing += until.Sub(p.resumes)
		if p.resumes.Before(now) {
			p.pausing = delay
		}
		p.resumes = until
	}
}

// withJitter adds up to a tenth, so that many plugins which were told the same do not come back together.
func withJitter(asked time.Duration) time.Duration {
	return asked + rand.N(asked/10+1) //nolint:gosec // jitter, not a secret
}
