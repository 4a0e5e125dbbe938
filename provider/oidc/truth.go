package oidc

// Outcome is a decision with a third value. To ask whether an intended subject is admitted, count Unknown as denied; to ask
// whether anybody else is, count it as allowed.
type Outcome string

// The outcomes. Unknown is for what depends on more than the token says.
const (
	Allowed Outcome = "allowed"
	Denied  Outcome = "denied"
	Unknown Outcome = "unknown"
)

// truth is a condition's value: true, false, or not known from the token. The order lets `min` stand for "and", and `max` for
// "or".
type truth int

const (
	no truth = iota
	maybe
	yes
)

func truthOf(holds bool) truth {
	if holds {
		return yes
	}
	return no
}

func (t truth) not() truth { return yes - t }

// agreed is the value that all possibilities have, or maybe.
func agreed(possible ...truth) truth {
	for _, one := range possible[1:] {
		if one != possible[0] {
			return maybe
		}
	}
	return possible[0]
}
