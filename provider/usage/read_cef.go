package usage

import (
	"regexp"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/audit"
)

// cefFields is how many fields the header of CEF has.
const cefFields = 7

var (
	extensionKey = regexp.MustCompile(`(?:^|\s)([A-Za-z][A-Za-z0-9_.]*)=`)
	eventID      = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)+$`)
)

// cefTimes are the forms in which CEF writes times that are no numbers.
var cefTimes = []string{"Jan 02 2006 15:04:05", "Jan 02 2006 15:04:05.000", "Jan 2 2006 15:04:05", "Jan 02 2006 15:04:05 MST"}

// parseCEF reads an event, or says what is wrong with the line.
func parseCEF(line string) (event audit.Event, reason string) {
	at := strings.Index(line, "CEF:")
	if at < 0 {
		return event, "it is not a line of CEF"
	}
	header, extension, ok := cefHeader(line[at:])
	if !ok {
		return event, "its header has fewer fields than CEF's"
	}
	event.Kind, event.Description = header[4], header[5]
	if !eventID.MatchString(event.Kind) {
		return event, "the id of its event is not one of an audit event"
	}
	pairs := cefPairs(extension)
	var err error
	if event.Time, err = cefTime(pairs["rt"]); err != nil {
		return event, "its time is not valid"
	}
	refused, good := truth(pairs["authenticationFailure"])
	admin, valid := truth(pairs["requireOrgAdmin"])
	if !good || !valid {
		return event, "one of its flags is neither true nor false"
	}
	event.User, event.SourceIP, event.Refused, event.NeededAdmin = pairs["suser"], pairs["src"], refused, admin
	return event, ""
}

// cefHeader splits at bars that are not escaped.
func cefHeader(line string) (fields []string, rest string, ok bool) {
	var field strings.Builder
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '\\' && i+1 < len(line):
			i++
			field.WriteByte(line[i])
		case line[i] == '|':
			if fields = append(fields, field.String()); len(fields) == cefFields {
				return fields, line[i+1:], true
			}
			field.Reset()
		default:
			field.WriteByte(line[i])
		}
	}
	return nil, "", false
}

// cefPairs reads the extension. A value goes on until the next key, and has `\=`, `\\` and `\n` escaped.
func cefPairs(text string) map[string]string {
	pairs := map[string]string{}
	keys := extensionKey.FindAllStringSubmatchIndex(text, -1)
	for i, key := range keys {
		end := len(text)
		if i+1 < len(keys) {
			end = keys[i+1][0]
		}
		name := text[key[2]:key[3]]
		if _, twice := pairs[name]; !twice {
			pairs[name] = strings.TrimSpace(cefUnescape.Replace(text[key[1]:end]))
		}
	}
	return pairs
}

var cefUnescape = strings.NewReplacer(`\\`, `\`, `\=`, `=`, `\n`, "\n", `\r`, "\r")

func cefTime(text string) (time.Time, error) {
	at, err := audit.ParseTime(text)
	for _, form := range cefTimes {
		if err == nil {
			break
		}
		at, err = time.Parse(form, text)
	}
	return at.UTC(), err
}
