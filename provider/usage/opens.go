package usage

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// Open is an open of an environment.
type Open struct {
	Environment string
	Time        time.Time
	Address     string
}

// Habits are the opens of one login: the first one in each hour of the day (UTC) and from each address.
type Habits struct {
	Login string
	Count int
	First time.Time
	// ByHour and ByAddress have the first open of each.
	ByHour    map[int]Open
	ByAddress map[string]Open
	// More says that there were more addresses than [MaxAddresses]: then an address that is not among them may be known.
	More bool
}

type opens struct{ Habits }

func (l *Log) opensOf(login string) *opens {
	if l.opens[login] == nil {
		l.opens[login] = &opens{Habits{Login: login, ByHour: map[int]Open{}, ByAddress: map[string]Open{}}}
	}
	return l.opens[login]
}

// add takes a number of opens of one hour of the day, of which one is the first.
func (o *opens) add(one Open, count int) {
	o.Count += count
	o.First, _ = span(o.First, o.First, one.Time, one.Time)
	keepOne(o.ByHour, one.Time.UTC().Hour(), one)
	keepOne(o.ByAddress, one.Address, one)
	o.bound()
}

func (o *opens) merge(other *opens) {
	o.Count += other.Count
	o.First, _ = span(o.First, o.First, other.First, other.First)
	o.More = o.More || other.More
	keepFirst(o.ByHour, other.ByHour)
	keepFirst(o.ByAddress, other.ByAddress)
	o.bound()
}

func (o *opens) bound() {
	for len(o.ByAddress) > MaxAddresses {
		delete(o.ByAddress, slices.Max(slices.Collect(maps.Keys(o.ByAddress))))
		o.More = true
	}
}

func keepFirst[K comparable](to, from map[K]Open) {
	for at, open := range from {
		keepOne(to, at, open)
	}
}

func keepOne[K comparable](to map[K]Open, at K, open Open) {
	if known, found := to[at]; !found || open.before(known) {
		open.Environment, open.Address = strings.Clone(open.Environment), strings.Clone(open.Address)
		to[at] = open
	}
}

// before orders opens, those of the same second as well, so that the order of events makes no difference.
func (o Open) before(other Open) bool {
	return cmp.Or(o.Time.Compare(other.Time), cmp.Compare(o.Environment, other.Environment), cmp.Compare(o.Address, other.Address)) < 0
}

// Habits are the opens by login, sorted.
func (l *Log) Habits() []Habits {
	all := make([]Habits, 0, len(l.opens))
	for _, login := range slices.Sorted(maps.Keys(l.opens)) {
		all = append(all, l.opens[login].Habits)
	}
	return all
}
