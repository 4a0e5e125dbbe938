package types

import "github.com/pulumi/pulumi-go-provider/infer"

// OnForeign says what to do where an update would replace a value that the resource did not write.
type OnForeign string

// What to do about values of others.
const (
	WarnOnForeign OnForeign = "warn"
	FailOnForeign OnForeign = "error"
)

// Values lists what can be done.
func (OnForeign) Values() []infer.EnumValue[OnForeign] {
	return []infer.EnumValue[OnForeign]{
		{Name: "Warn", Value: WarnOnForeign, Description: "Name the value at preview, and replace it."},
		{Name: "Error", Value: FailOnForeign, Description: "Refuse, at preview and in the update, and leave the value as it is."},
	}
}

// OnForeignHelp describes the input of that name.
const OnForeignHelp = "What to do where an update would replace a value that this resource did not write, because somebody set it in the " +
	"console or another program did: `warn` (default) names it at preview and replaces it, `error` refuses."

// Refuses reports whether values of others are not to be replaced. An absent word is the default.
func (v *OnForeign) Refuses() bool { return v != nil && *v == FailOnForeign }
