package clouds

import (
	"fmt"
	"time"

	"github.com/pulumi/esc"
	"github.com/pulumi/esc/schema"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// LoginDuration is a duration among a login's inputs, 0 when it is absent.
func LoginDuration(inputs map[string]esc.Value, name string) (time.Duration, error) {
	written := Text(inputs, name)
	if written == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(written)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("oidc.%s %q is not a duration such as 1h or 30m", name, written)
	}
	return d, nil
}

// Entries reads what a store's entries ask for: each is an object with inputs that known has. Where is the input that holds the
// entries, for errors.
func Entries(where string, entries map[string]esc.Value, known schema.BuilderMap, read func(entry map[string]esc.Value) (string, error)) (esc.Value, error) {
	values := map[string]esc.Value{}
	for _, name := range rest.SortedKeys(entries) {
		entry, _ := Object(entries, name)
		value, err := "", CheckInputs(known, entry)
		if err == nil {
			value, err = read(entry)
		}
		if err != nil {
			return esc.Value{}, fmt.Errorf("%s.%s: %w", where, name, err)
		}
		values[name] = esc.NewSecret(value)
	}
	return esc.NewSecret(values), nil
}

// Object is an input that is an object, false if it is absent.
func Object(inputs map[string]esc.Value, key string) (map[string]esc.Value, bool) {
	value, ok := inputs[key].Value.(map[string]esc.Value)
	return value, ok
}

// Text is an input that is a string, "" if it is absent. The evaluator has already checked the inputs against the schema.
func Text(inputs map[string]esc.Value, key string) string {
	value, _ := inputs[key].Value.(string)
	return value
}

// Texts are those of an input that is a list of strings.
func Texts(inputs map[string]esc.Value, key string) []string {
	items, _ := inputs[key].Value.([]esc.Value)
	var all []string
	for _, item := range items {
		if value, ok := item.Value.(string); ok {
			all = append(all, value)
		}
	}
	return all
}

// SettingsText is a text of deployment settings, "" if it is absent.
func SettingsText(settings map[string]any, name string) string {
	value, _ := settings[name].(string)
	return value
}

// SettingsDuration is a duration of deployment settings, 0 if it is absent.
func SettingsDuration(settings map[string]any, name string) (time.Duration, error) {
	written := SettingsText(settings, name)
	if written == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(written)
	if err != nil {
		return 0, fmt.Errorf("%s %q is not a duration", name, written)
	}
	return d, nil
}
