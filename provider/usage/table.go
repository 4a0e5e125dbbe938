package usage

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/audit"
)

// tableRow is a row of the usage table, as the statement of package usage/sql makes it: events that differ in nothing but their times, and
// are of one hour of the day. One without an event counts lines that could not be read.
type tableRow struct {
	Event       *string `json:"event"`
	Refused     bool    `json:"refused"`
	Login       string  `json:"login"`
	TokenID     string  `json:"token_id"`
	TokenName   string  `json:"token_name"`
	Address     string  `json:"address"`
	Anonymous   bool    `json:"anonymous"`
	Environment string  `json:"environment"`
	Stack       string  `json:"stack"`
	Account     string  `json:"account"`
	First       int64   `json:"first_second"`
	Last        int64   `json:"last_second"`
	Events      int     `json:"events"`
}

// ReadTable takes the usage table, as JSON lines that may be gzip. It is made by a program, so that a row which cannot be read is an error, and
// no damage of the log. Rows outside of the log's time are left out; one that is partly outside is an error.
func (l *Log) ReadTable(name string, file io.Reader) error {
	text, err := unzipped(file)
	if err != nil {
		return fmt.Errorf("usage table %s: it is not valid gzip: %w", name, err)
	}
	decoder := json.NewDecoder(text)
	decoder.DisallowUnknownFields()
	for n := 1; ; n++ {
		var row struct {
			tableRow
			Hour json.Number `json:"hour_of_day"`
		}
		err := decoder.Decode(&row)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = l.addRow(name, row.tableRow)
		}
		if err != nil {
			return fmt.Errorf("usage table %s, row %d: %w", name, n, err)
		}
	}
}

// ReadTables takes the tables in a folder, as engines write them that work in parts, or in one file. Names that begin with a dot or an underscore are left out.
func (l *Log) ReadTables(files fs.FS, root string) error {
	return fs.WalkDir(files, root, func(name string, entry fs.DirEntry, err error) error {
		hidden := name != root && strings.ContainsAny(path.Base(name)[:1], "._")
		switch {
		case err != nil:
			return fmt.Errorf("usage table %s: %w", name, err)
		case entry.IsDir() && hidden:
			return fs.SkipDir
		case entry.IsDir(), hidden:
			return nil
		}
		file, err := files.Open(name)
		if err != nil {
			return fmt.Errorf("usage table %s: %w", name, err)
		}
		defer file.Close()
		return l.ReadTable(name, file)
	})
}

func (l *Log) addRow(name string, row tableRow) error {
	if row.Events <= 0 {
		return errors.New("its number of events is not positive")
	}
	if row.Event == nil {
		l.Damage.merge(Damage{Lines: row.Events, Named: []DamagedLine{{File: name, Reason: "lines of the export that are no valid events"}}})
		return nil
	}
	if *row.Event == "" || row.First <= 0 || row.Last < row.First {
		return errors.New("it has no event, or no valid times")
	}
	o := observed{
		Event: audit.Event{
			Time: time.Unix(row.First, 0).UTC(), Kind: *row.Event, User: row.Login, SourceIP: row.Address, TokenID: row.TokenID,
			TokenName: row.TokenName, Refused: row.Refused,
		},
		last: time.Unix(row.Last, 0).UTC(), count: row.Events,
		anonymous: row.Anonymous && strings.HasPrefix(*row.Event, "environment-"),
		entities:  map[access.EntityKind]string{access.Environment: row.Environment, access.Stack: row.Stack, access.Account: row.Account},
	}
	within := audit.Query{Since: l.Since, Until: l.Until}
	first, last := o.Event, o.Event
	last.Time = o.last
	switch before, after := within.Matches(first), within.Matches(last); {
	case !before && !after && !(l.spans(o)):
	case before && after:
		l.observe(o)
	default:
		return errors.New("some of its events are outside of the time that is asked about: make the table again for this time, with --since and --until")
	}
	return nil
}

// spans reports whether events begin before the log's time and end after it.
func (l *Log) spans(o observed) bool {
	return !l.Since.IsZero() && o.Time.Before(l.Since) && !l.Until.IsZero() && o.last.After(l.Until)
}
