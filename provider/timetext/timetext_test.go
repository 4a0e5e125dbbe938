package timetext_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	tests := []struct {
		text string
		want time.Duration // 0 when it is refused
	}{
		{text: "30m", want: 30 * time.Minute},
		{text: "1h30m", want: 90 * time.Minute},
		{text: "30m0s", want: 30 * time.Minute},
		{text: "1.5h", want: 90 * time.Minute},
		{text: "90d", want: 90 * day},
		{text: "1d12h", want: 36 * time.Hour},
		{text: "01d", want: day},
		{text: "0d5m", want: 5 * time.Minute},
		{text: "1ns", want: 1},
		{text: "106751d", want: 106751 * day},
		{text: "106751d23h47m16.854775807s", want: 1<<63 - 1},
		{text: "106751d23h47m16.854775808s"}, // a nanosecond over what a duration holds
		{text: "106752d"},
		{text: "99999999999999999999d"},
		{text: ""},
		{text: "0"},
		{text: "0s"},
		{text: "0d"},
		{text: "-1h"},
		{text: "+1h"},
		{text: "-1d"},
		{text: "1d-1h"},
		{text: "1d+1h"},
		{text: "1d0s", want: day},
		{text: "d"},
		{text: "1.5d"},
		{text: "1h1d"},
		{text: "1d1d"},
		{text: "1d 1h"},
		{text: " 1h"},
		{text: "1D"},
		{text: "90"},
		{text: "1w"},
		{text: "one hour"},
		{text: "1e3s"},
	}
	for _, test := range tests {
		got, err := timetext.ParseDuration(test.text)
		if test.want == 0 {
			require.ErrorContains(t, err, "write a positive one such as 30m, 12h, 90d or 1d12h", test.text)
			continue
		}
		require.NoError(t, err, test.text)
		assert.Equal(t, test.want, got, test.text)
	}
}

func TestFormatDuration(t *testing.T) {
	t.Parallel()
	tests := map[time.Duration]string{
		30 * time.Minute:                    "30m",
		time.Hour:                           "1h",
		10 * time.Hour:                      "10h",
		90 * time.Minute:                    "1h30m",
		time.Hour + 30*time.Second:          "1h0m30s",
		10 * time.Second:                    "10s",
		24 * time.Hour:                      "1d",
		90 * 24 * time.Hour:                 "90d",
		36 * time.Hour:                      "1d12h",
		24*time.Hour + 100*time.Millisecond: "1d100ms",
		0:                                   "0s",
	}
	for duration, want := range tests {
		assert.Equal(t, want, timetext.FormatDuration(duration))
	}
}

func FuzzParseDuration(f *testing.F) {
	for _, seed := range []string{"30m", "1h0m30s", "90d", "1d12h", "0d", "1d-1h", "106751d23h47m16.854775807s", "1µs", "1.5h", "-1h"} {
		f.Add(seed, int64(time.Hour))
	}
	f.Fuzz(func(t *testing.T, text string, n int64) {
		if parsed, err := timetext.ParseDuration(text); err == nil {
			if parsed <= 0 {
				t.Fatalf("%q is %d", text, parsed)
			}
			roundTrip(t, parsed)
		}
		if n > 0 {
			roundTrip(t, time.Duration(n))
		}
	})
}

func roundTrip(t *testing.T, d time.Duration) {
	t.Helper()
	text := timetext.FormatDuration(d)
	again, err := timetext.ParseDuration(text)
	if err != nil || again != d {
		t.Fatalf("%d is written %q and read as %d (%v)", d, text, again, err)
	}
}

func TestDurationsWithoutAUnitSuggestOne(t *testing.T) {
	t.Parallel()
	_, err := timetext.ParseDuration("90")
	if err == nil || !strings.Contains(err.Error(), "for days that is 90d") {
		t.Errorf("got %v", err)
	}
}

func TestParseDays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"1d": 1, "90d": 90, "24h": 1, "2160h": 90, "3650d": 3650} {
		got, err := timetext.ParseDays(text)
		assert.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "0d", "36h", "3651d", "90", "-1d", "1d1s"} {
		_, err := timetext.ParseDays(text)
		assert.Error(t, err, text)
	}
}
