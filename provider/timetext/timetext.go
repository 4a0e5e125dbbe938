// Package timetext reads and writes durations and points in time as programs write them: [ParseDuration] takes `30m`, `12h`
// and `90d`, and [FormatDuration] writes them.
package timetext

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Day is the unit beyond those of package time.
const Day = 24 * time.Hour

var leadingDays = regexp.MustCompile(`^(\d+)d`)

// ParseDuration parses a Go duration that may start with days: `30m`, `12h`, `90d`, `1d12h`. It must be positive.
func ParseDuration(text string) (time.Duration, error) {
	rest, total := text, time.Duration(0)
	if days := leadingDays.FindStringSubmatch(text); days != nil {
		n, err := strconv.ParseInt(days[1], 10, 64)
		if err != nil || n > math.MaxInt64/int64(Day) {
			return 0, badDuration(text)
		}
		total, rest = time.Duration(n)*Day, text[len(days[0]):]
	}
	if rest != "" {
		d, err := time.ParseDuration(rest)
		if err != nil || strings.ContainsAny(rest, "+-") || total > math.MaxInt64-d {
			return 0, badDuration(text)
		}
		total += d
	}
	if total <= 0 {
		return 0, badDuration(text)
	}
	return total, nil
}

// maxDays is the longest expiry policy that the service takes.
const maxDays = 3650

// ParseDays parses how long an organization lets access tokens live: a whole number of days from 1 to 3650.
func ParseDays(text string) (int, error) {
	d, err := ParseDuration(text)
	if err != nil {
		return 0, err
	}
	if d%Day != 0 || d > maxDays*Day {
		return 0, fmt.Errorf("%s is not a whole number of days from 1d to %dd", text, maxDays)
	}
	return int(d / Day), nil
}

var bareNumber = regexp.MustCompile(`^0*[1-9][0-9]*$`)

func badDuration(text string) error {
	reason := fmt.Sprintf("%q is not a duration: write a positive one such as 30m, 12h, 90d or 1d12h", text)
	if bareNumber.MatchString(text) {
		reason += fmt.Sprintf("; for days that is %sd", text)
	}
	return errors.New(reason)
}

// FormatDuration writes a duration as people write it: `30m`, `1h30m`, `90d`.
func FormatDuration(d time.Duration) string {
	var text strings.Builder
	if days := d / Day; days > 0 {
		fmt.Fprintf(&text, "%dd", days)
		d -= days * Day
	}
	if d == 0 && text.Len() > 0 {
		return text.String()
	}
	rest := d.String()
	if strings.HasSuffix(rest, "m0s") {
		rest = strings.TrimSuffix(rest, "0s")
	}
	if strings.HasSuffix(rest, "h0m") {
		rest = strings.TrimSuffix(rest, "0m")
	}
	text.WriteString(rest)
	return text.String()
}

// ParseMoment parses a point in time: RFC 3339, or a duration before now.
func ParseMoment(text string, now time.Time) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	before, err := ParseDuration(text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is neither a time such as 2026-01-31T12:00:00Z nor a duration before now such as 90d or 12h", text)
	}
	return now.Add(-before), nil
}
