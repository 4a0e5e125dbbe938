package oidc

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// googleProvider is a provider of a workload identity pool as lint parses it, in any spelling of its members.
type googleProvider struct {
	isOIDC     bool
	issuer     string
	audiences  []string
	mapping    map[string]string
	condition  string
	other      string // the member that says that it is a provider of another kind
	bare       bool   // a condition alone, without the mapping that says what its attributes are
	at         spelling
	unknown    []string
	recognized bool
}

// googleIgnored are members that do not affect who is admitted: those of Google's API and of Terraform.
var googleIgnored = []string{
	"name", "id", "displayname", "description", "state", "disabled", "expiretime", "project", "location", "workloadidentitypoolid",
	"workloadidentitypoolproviderid", "timeouts",
}

func (l *linter) google(document string) {
	const effect = "Google refuses to save such a provider, and it keeps what it had"
	l.location = googleLocation{}
	if !isKind([]byte(document), '{') && !isKind([]byte(document), '[') {
		provider := googleProvider{condition: document, bare: true}
		l.googleMapping(provider)
		l.googleCondition(provider, effect)
		l.googleAudiences(provider)
		return
	}
	providers, paths, err := rawObjects([]byte(document), googleProviders)
	if err != nil {
		l.invalid("", err, effect)
		return
	}
	l.besides([]byte(document), googleProviders, len(providers) > 0)
	for i, raw := range providers {
		l.location = googleLocation{i}
		provider, err := readGoogle(raw, paths[i])
		if err != nil {
			l.invalid(strings.TrimSuffix(paths[i], "."), err, effect)
			continue
		}
		l.googleProvider(paths[i], provider, effect)
	}
}

// googleProviders is the member of Google's answers that lists providers, in lower case.
const googleProviders = "workloadidentitypoolproviders"

func (l *linter) googleProvider(path string, provider googleProvider, effect string) {
	l.unknownMembers(path, provider.unknown, provider.recognized)
	switch {
	case !provider.recognized && len(provider.unknown) > 0:
	case provider.other != "":
		l.notChecked(path+provider.other, provider.other, "the provider of an OIDC issuer", Low)
	default:
		l.googleCondition(provider, effect)
		l.googleAudiences(provider)
	}
}

// googleMapping handles a condition without a mapping: its attributes count as the claims of the same name.
func (l *linter) googleMapping(p googleProvider) {
	tokens, _ := celTokens(p.condition)
	for _, token := range tokens {
		if !token.literal && strings.HasPrefix(token.text, attributeOf) {
			l.notChecked("", token.text, "a claim, since the mapping is not given, and is taken for the one of that name", Low)
			return
		}
	}
}

const attributeOf = "attribute."

func readGoogle(document []byte, path string) (p googleProvider, err error) {
	p.at.prefix = path
	all, err := spelled(document)
	if err != nil {
		return p, err
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		one := all[name]
		p.at.add(name, path+one.key)
		known := true
		switch name {
		case "attributecondition":
			p.condition, err = optionalText(one.value)
		case "attributemapping":
			err = json.Unmarshal(one.value, &p.mapping)
		case "oidc":
			err = p.readOIDC(one)
		case "aws", "saml", "x509":
			if !empty(one.value) {
				p.other = one.key
			}
		default:
			known = false
			if !slices.Contains(googleIgnored, name) {
				p.unknown = append(p.unknown, one.key)
			}
		}
		if err != nil {
			return p, fmt.Errorf("%s: %w", one.key, err)
		}
		p.recognized = p.recognized || known
	}
	if p.isOIDC && p.other != "" {
		return p, fmt.Errorf("%s and oidc are two kinds of a provider, which has one", p.other)
	}
	slices.Sort(p.unknown)
	return p, nil
}

// readOIDC reads the block of an OIDC provider; Terraform has it as a list of one.
func (p *googleProvider) readOIDC(block member) error {
	raw := block.value
	var list []json.RawMessage
	if isKind(raw, '[') && json.Unmarshal(raw, &list) == nil && len(list) == 1 {
		raw = list[0]
	}
	if empty(block.value) {
		return nil
	}
	all, err := spelled(raw)
	if err != nil {
		return err
	}
	p.isOIDC = true
	for _, name := range slices.Sorted(maps.Keys(all)) {
		one := all[name]
		p.at.add(name, p.at.prefix+block.key+"."+one.key)
		switch name {
		case "issueruri":
			p.issuer, err = optionalText(one.value)
		case "allowedaudiences":
			p.audiences, err = optionalTexts(one.value)
		case "jwksjson":
		default:
			p.unknown = append(p.unknown, block.key+"."+one.key)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", one.key, err)
		}
	}
	return nil
}

// claimOf is the token's claim that a name in a condition stands for, or "".
func (p googleProvider) claimOf(name string) string {
	if claim, found := strings.CutPrefix(name, "assertion."); found {
		return claim
	}
	if claim, found := strings.CutPrefix(name, attributeOf); found && p.bare {
		return claim
	}
	expression, mapped := p.mapping[name]
	if !mapped && name == "google.subject" && len(p.mapping) == 0 {
		return subjectClaim
	}
	tokens, err := celTokens(expression)
	if err != nil || len(tokens) != 1 || tokens[0].literal {
		return ""
	}
	claim, found := strings.CutPrefix(tokens[0].text, "assertion.")
	if !found {
		return ""
	}
	return claim
}

// alternatives are the restrictions of each way to meet the condition, by claim.
func (p googleProvider) alternatives() ([]map[string]celPin, error) {
	named, err := celPins(p.condition)
	if err != nil {
		return nil, err
	}
	alternatives := make([]map[string]celPin, len(named))
	for i, one := range named {
		alternatives[i] = p.claims(one)
	}
	return alternatives, nil
}

func (p googleProvider) claims(named map[string]celPin) map[string]celPin {
	claims := map[string]celPin{}
	for _, name := range slices.Sorted(maps.Keys(named)) {
		if claim := p.claimOf(name); claim != "" {
			// Whatever joins the two, an exact one is exact under either name.
			one, other := claims[claim], named[name]
			claims[claim] = celPin{
				exact: one.exact || other.exact, values: append(one.values, other.values...), patterns: append(one.patterns, other.patterns...),
			}
		}
	}
	return claims
}

// pins are the restrictions that all ways to meet the condition share, by claim.
func (p googleProvider) pins() (map[string]celPin, error) {
	alternatives, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	return anyOfPins(alternatives), nil
}

func (p googleProvider) view(claims map[string]celPin) issuerView {
	view := issuerView{issuer: knownIssuer(p.issuer), exact: map[string][]string{}, audience: p.isOIDC || len(p.audiences) > 0 || claims["aud"].exact}
	for claim, pin := range claims {
		if pin.exact {
			view.exact[claim] = pin.values
		}
		if claim != subjectClaim && claim != "aud" {
			view.others = append(view.others, claim)
		}
	}
	return view
}

// googleCondition checks which tokens each way to meet the attribute condition admits.
func (l *linter) googleCondition(p googleProvider, effect string) {
	path := ""
	if !p.bare {
		path = p.at.of("attributeCondition")
	}
	alternatives, err := p.alternatives()
	if err != nil {
		l.invalid(path, err, effect)
		return
	}
	start := len(l.findings)
	for _, claims := range alternatives {
		l.googleAlternative(path, p, claims)
	}
	said := map[string]bool{}
	l.findings = append(l.findings[:start:start], slices.DeleteFunc(l.findings[start:], func(f Finding) bool {
		twice := said[f.Rule+f.Message]
		said[f.Rule+f.Message] = true
		return twice
	})...)
}

func (l *linter) googleAlternative(path string, p googleProvider, claims map[string]celPin) {
	view, subject := p.view(claims), claims[subjectClaim]
	if len(subject.values)+len(subject.patterns) > 0 || view.identified() {
		values := map[string][]string{}
		for claim, pin := range claims {
			values[claim] = pin.patterns
			if pin.exact {
				values[claim] = literal(pin.values)
			}
		}
		delete(values, "aud")
		since := len(l.findings)
		defer func() { l.pullRequests(since, path, view.system(), values) }()
	}
	for _, value := range subject.values {
		l.exactSubject(path, view, value)
	}
	if subject.exact || view.identified() {
		return
	}
	found := false
	for _, claim := range slices.Sorted(maps.Keys(claims)) {
		for _, pattern := range claims[claim].patterns {
			if view.system().isIdentifier(claim) {
				found = true
				l.wildcardSubject(path, view, pattern)
				l.subject(path, pattern)
			}
		}
	}
	if !found {
		l.missingSubject(path, view)
	}
}

// googleAudiences checks the audiences. An empty list stands for the provider's own resource name, which is exact.
func (l *linter) googleAudiences(p googleProvider) {
	claims, err := p.pins()
	if err != nil {
		return // which was said
	}
	view, path := p.view(claims), ""
	if !p.bare {
		path = p.at.of("attributeCondition")
	}
	allowed := p.at.of("oidc") + ".allowedAudiences"
	if written, found := p.at.names["allowedaudiences"]; found {
		allowed = written
	}
	switch {
	case p.bare:
	case !p.isOIDC && !claims["aud"].exact:
		l.missingAudience(allowed, view)
	case view.pulumi() && len(p.audiences) == 0:
		l.add(RuleWrongAudience, Low, allowed, "An empty list stands for the provider's own resource name, which no login and no deployment "+
			"of Pulumi Cloud has as its audience: nothing is accepted.", audienceFix)
	}
	if !view.pulumi() {
		return
	}
	for _, value := range claims["aud"].values {
		l.audience(GCP, path, value)
	}
	for i, value := range p.audiences {
		l.audience(GCP, fmt.Sprintf("%s[%d]", allowed, i), value)
	}
}
