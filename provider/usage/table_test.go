package usage_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/usage"
)

// row is an open of payments/prod, 100 to 200 seconds after 1970.
const row = `{"event":"environment-open","refused":false,"login":"bo","token_id":"","token_name":"","address":"192.0.2.1","anonymous":false,` +
	`"environment":"payments/prod","stack":"","account":"","hour_of_day":0,"first_second":100,"last_second":200,"events":3}`

func TestTablesAreRead(t *testing.T) {
	t.Parallel()
	l := usage.New("acme", time.Time{}, time.Time{})
	lost := `{"event":null,"refused":false,"login":"","token_id":"","token_name":"","address":"","anonymous":false,"environment":"","stack":"","account":"","hour_of_day":null,"first_second":0,"last_second":0,"events":7}`
	require.NoError(t, l.ReadTables(fstest.MapFS{
		"table/part-1.json":  {Data: []byte(row + "\n")},
		"table/part-2.json":  {Data: zipped(lost + "\n" + row)},
		"table/_SUCCESS":     {Data: []byte("no row")},
		"table/.part-1.crc":  {Data: []byte("no row")},
		"elsewhere/row.json": {Data: []byte(row)},
	}, "table"))
	require.Len(t, l.Uses(), 1)
	use := l.Uses()[0]
	assert.Equal(t, []any{6, "payments/prod", "bo", int64(100), int64(200)}, []any{use.Count, use.Entity, use.Login, use.First.Unix(), use.Last.Unix()})
	assert.Equal(t, 7, l.Damage.Lines)
	assert.Equal(t, 6, l.Habits()[0].Count)
}

func TestTablesThatCannotBeReadAreErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ from, to, want string }{
		"not JSON":          {`{"event"`, `"event"`, "row 1"},
		"an unknown column": {`"login"`, `"user"`, `unknown field "user"`},
		"no events":         {`"events":3`, `"events":0`, "number of events is not positive"},
		"no time":           {`"first_second":100`, `"first_second":0`, "no valid times"},
		"backwards":         {`"last_second":200`, `"last_second":50`, "no valid times"},
		"cut off":           {`"events":3}`, `"events"`, "row 1"},
	} {
		changed := strings.Replace(row, c.from, c.to, 1)
		require.NotEqual(t, row, changed, name)
		require.ErrorContains(t, usage.New("acme", time.Time{}, time.Time{}).ReadTable("t", strings.NewReader(changed)), c.want, name)
	}
}

// Which events of a row are within a time cannot be told when only some are.
func TestRowsPartlyOutsideOfTheTimeAreErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		since, until int64
		events       int
		fails        bool
	}{
		"all": {0, 0, 3, false}, "within": {100, 200, 3, false}, "before": {201, 0, 0, false}, "after": {0, 99, 0, false},
		"begins before": {150, 0, 0, true}, "ends after": {0, 150, 0, true}, "around": {120, 150, 0, true},
	} {
		at := func(second int64) time.Time {
			if second == 0 {
				return time.Time{}
			}
			return time.Unix(second, 0).UTC()
		}
		l := usage.New("acme", at(c.since), at(c.until))
		err := l.ReadTable("t", strings.NewReader(row))
		assert.Equal(t, c.fails, err != nil, "%s: %v", name, err)
		assert.Equal(t, c.events, l.Events, name)
	}
}
