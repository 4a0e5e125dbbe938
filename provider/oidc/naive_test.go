package oidc

import (
	"encoding/json"
	"regexp"
	"strings"
)

// naiveRequest is a call to assume a role: by whom, through which action, and with which condition keys (in lower case). A
// principal is its kind (Federated, AWS, Service) and its name in a policy.
type naiveRequest struct {
	kind, name string
	action     string
	context    map[string][]string
}

// naiveAllows decides as AWS's documentation says, without any code of this package: an explicit denial wins, then an
// allowance, else the answer is no. It knows what the tests draw, and nothing more.
func naiveAllows(document string, request naiveRequest) bool { return naivePolicy(document)(request) }

// naivePolicy reads a document once for several requests.
func naivePolicy(document string) func(naiveRequest) bool {
	var policy struct{ Statement any }
	if err := json.Unmarshal([]byte(document), &policy); err != nil {
		return func(naiveRequest) bool { return false }
	}
	statements, many := policy.Statement.([]any)
	if !many {
		statements = []any{policy.Statement}
	}
	return func(request naiveRequest) bool {
		allowed := false
		for _, one := range statements {
			statement, _ := one.(map[string]any)
			if !naiveApplies(statement, request) {
				continue
			}
			if statement["Effect"] == "Deny" {
				return false
			}
			allowed = true
		}
		return allowed
	}
}

func naiveApplies(statement map[string]any, request naiveRequest) bool {
	if statement["Principal"] != nil && !naivePrincipal(statement["Principal"], request) {
		return false
	}
	if statement["NotPrincipal"] != nil && naivePrincipal(statement["NotPrincipal"], request) {
		return false
	}
	if statement["Action"] != nil && !naiveAction(statement["Action"], request.action) {
		return false
	}
	if statement["NotAction"] != nil && naiveAction(statement["NotAction"], request.action) {
		return false
	}
	conditions, _ := statement["Condition"].(map[string]any)
	for operator, keys := range conditions {
		for key, values := range keys.(map[string]any) {
			if !naiveCondition(operator, naiveTexts(values), request.context[strings.ToLower(key)]) {
				return false
			}
		}
	}
	return true
}

func naiveTexts(value any) (texts []string) {
	switch value := value.(type) {
	case string:
		return []string{value}
	case bool:
		if value {
			return []string{"true"}
		}
		return []string{"false"}
	case []any:
		for _, one := range value {
			texts = append(texts, one.(string))
		}
	}
	return texts
}

var naiveRoot = regexp.MustCompile(`^(?:arn:[a-z-]+:iam::)?([0-9]{12})(?::root)?$`)

func naivePrincipal(principal any, request naiveRequest) bool {
	if principal == "*" {
		return true
	}
	kinds, _ := principal.(map[string]any)
	for kind, names := range kinds {
		for _, name := range naiveTexts(names) {
			if name == "*" && (kind == "AWS" || kind == request.kind) || kind == request.kind && name == request.name {
				return true
			}
			// The root of an account stands for everybody in it.
			account := naiveRoot.FindStringSubmatch(name)
			if kind == "AWS" && request.kind == "AWS" && account != nil && strings.Contains(request.name, "::"+account[1]+":") {
				return true
			}
		}
	}
	return false
}

func naiveAction(actions any, action string) bool {
	for _, pattern := range naiveTexts(actions) {
		if naiveLike(strings.ToLower(pattern), strings.ToLower(action)) {
			return true
		}
	}
	return false
}

func naiveLike(pattern, text string) bool {
	if !strings.ContainsAny(pattern, "*?") {
		return pattern == text
	}
	expression := regexp.QuoteMeta(pattern)
	expression = strings.ReplaceAll(expression, `\*`, `(?s:.*)`)
	expression = strings.ReplaceAll(expression, `\?`, `(?s:.)`)
	return regexp.MustCompile(`^(?:` + expression + `)$`).MatchString(text)
}

func naiveCondition(operator string, values, context []string) bool {
	if operator == "Null" {
		return (values[0] == "true") == (len(context) == 0)
	}
	set := ""
	if before, after, found := strings.Cut(operator, ":"); found {
		set, operator = before, after
	}
	if name, ifExists := strings.CutSuffix(operator, "IfExists"); ifExists {
		if len(context) == 0 {
			return true
		}
		operator = name
	}
	if len(context) == 0 {
		return set == "ForAllValues" || set == "" && strings.Contains(operator, "Not")
	}
	matching := 0
	for _, value := range context {
		if naiveMatches(operator, values, value) {
			matching++
		}
	}
	switch {
	case set == "ForAllValues", set == "" && strings.Contains(operator, "Not"):
		return matching == len(context)
	default:
		return matching > 0
	}
}

// naiveMatches is what an operator says of one value of the key; a negated one holds when none of the policy's values match.
func naiveMatches(operator string, values []string, value string) bool {
	listed := false
	for _, one := range values {
		switch operator {
		case "StringEquals", "StringNotEquals":
			listed = listed || one == value
		case "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase":
			listed = listed || strings.EqualFold(one, value)
		case "StringLike", "StringNotLike":
			listed = listed || naiveLike(one, value)
		case "IpAddress":
			listed = listed || one == "0.0.0.0/0"
		default:
			panic("the tests draw no " + operator)
		}
	}
	return listed != strings.Contains(operator, "Not")
}
