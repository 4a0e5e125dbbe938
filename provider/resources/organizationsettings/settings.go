package organizationsettings

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// The names of the settings that more than one place speaks of.
const (
	defaultStackSetting       = "defaultStackPermission"
	defaultEnvironmentSetting = "defaultEnvironmentPermission"
	defaultAccountSetting     = "defaultAccountPermission"
	tokenExpirySetting        = "maxAccessTokenExpiry"
	defaultRoleSetting        = "defaultRoleId"
	deploymentRoleSetting     = "defaultDeploymentRoleId"
	permissionModeSetting     = "permissionMode"
)

// settings are settings in canonical form, by property; "" stands for none, where there can be none. One that is absent
// is not managed.
type settings map[string]string

// setting is one setting: how inputs and service write it.
type setting struct {
	property string
	given    func(ManagedSettings) *string
	keep     func(*ManagedSettings, string) // of a value that is not ""
	live     func(cloud.Organization) string
	change   func(*cloud.OrganizationChange, string) error // nil: it is set by a call of its own
}

// knownSettings are all of them, in the order of the inputs.
var knownSettings = []setting{
	levelSetting(defaultStackSetting, stackLevelNames,
		func(v *ManagedSettings) **types.DefaultStackPermission { return &v.DefaultStackPermission },
		func(o cloud.Organization) cloud.StackPermission { return o.DefaultStackPermission },
		func(c *cloud.OrganizationChange) **cloud.StackPermission { return &c.DefaultStackPermission }),
	{
		property: defaultEnvironmentSetting,
		given:    func(v ManagedSettings) *string { return (*string)(v.DefaultEnvironmentPermission) },
		keep: func(v *ManagedSettings, text string) {
			v.DefaultEnvironmentPermission = (*types.DefaultEnvironmentPermission)(&text)
		},
		live: func(o cloud.Organization) string { return o.DefaultEnvironmentPermission },
		change: func(c *cloud.OrganizationChange, text string) error {
			c.DefaultEnvironmentPermission = &text
			return nil
		},
	},
	levelSetting(defaultAccountSetting, accountLevelNames,
		func(v *ManagedSettings) **types.DefaultAccountPermission { return &v.DefaultAccountPermission },
		func(o cloud.Organization) cloud.AccountPermission { return o.DefaultAccountPermission },
		func(c *cloud.OrganizationChange) **cloud.AccountPermission { return &c.DefaultAccountPermission }),
	toggleSetting("membersCanCreateStacks", func(v *ManagedSettings) **bool { return &v.MembersCanCreateStacks },
		func(o cloud.Organization) bool { return o.MembersCanCreateStacks },
		func(c *cloud.OrganizationChange) **bool { return &c.MembersCanCreateStacks }),
	toggleSetting("membersCanCreateTeams", func(v *ManagedSettings) **bool { return &v.MembersCanCreateTeams },
		func(o cloud.Organization) bool { return o.MembersCanCreateTeams },
		func(c *cloud.OrganizationChange) **bool { return &c.MembersCanCreateTeams }),
	toggleSetting("membersCanCreateAccounts", func(v *ManagedSettings) **bool { return &v.MembersCanCreateAccounts },
		func(o cloud.Organization) bool { return o.MembersCanCreateAccounts },
		func(c *cloud.OrganizationChange) **bool { return &c.MembersCanCreateAccounts }),
	toggleSetting("membersCanTransferStacks", func(v *ManagedSettings) **bool { return &v.MembersCanTransferStacks },
		func(o cloud.Organization) bool { return o.MembersCanTransferStacks },
		func(c *cloud.OrganizationChange) **bool { return &c.MembersCanTransferStacks }),
	toggleSetting("membersCanDeleteStacks", func(v *ManagedSettings) **bool { return &v.MembersCanDeleteStacks },
		func(o cloud.Organization) bool { return o.MembersCanDeleteStacks },
		func(c *cloud.OrganizationChange) **bool { return &c.MembersCanDeleteStacks }),
	{
		property: tokenExpirySetting,
		given: func(v ManagedSettings) *string {
			days, err := timetext.ParseDays(ptr.Value(v.MaxAccessTokenExpiry))
			if err != nil {
				return v.MaxAccessTokenExpiry
			}
			return new(daysText(days))
		},
		keep: func(v *ManagedSettings, text string) { v.MaxAccessTokenExpiry = &text },
		live: func(o cloud.Organization) string { return daysText(o.MaxAccessTokenExpiryDays) },
		change: func(c *cloud.OrganizationChange, text string) error {
			days, err := daysOf(text)
			c.MaxAccessTokenExpiryDays = &days
			return err
		},
	},
	{
		property: defaultRoleSetting,
		given:    func(v ManagedSettings) *string { return v.DefaultRoleID },
		keep:     func(v *ManagedSettings, text string) { v.DefaultRoleID = &text },
		live:     func(o cloud.Organization) string { return o.DefaultRoleID },
	},
	{
		property: deploymentRoleSetting,
		given:    func(v ManagedSettings) *string { return v.DefaultDeploymentRoleID },
		keep:     func(v *ManagedSettings, text string) { v.DefaultDeploymentRoleID = &text },
		live:     func(o cloud.Organization) string { return o.DefaultDeploymentRoleID },
		change:   func(c *cloud.OrganizationChange, text string) error { c.DefaultDeploymentRoleID = &text; return nil },
	},
	{
		property: permissionModeSetting,
		given:    func(v ManagedSettings) *string { return (*string)(v.PermissionMode) },
		keep:     func(v *ManagedSettings, text string) { v.PermissionMode = (*types.PermissionMode)(&text) },
		live:     func(o cloud.Organization) string { return cmp.Or(o.PermissionMode, cloud.PermissionModePermissive) },
		change:   func(c *cloud.OrganizationChange, text string) error { c.PermissionMode = &text; return nil },
	},
}

// The service's numbers for levels. Their order means nothing.
var (
	stackLevelNames = map[cloud.StackPermission]string{
		cloud.StackNone: "none", cloud.StackRead: "read", cloud.StackWrite: "write", cloud.StackAdmin: "admin",
	}
	accountLevelNames = map[cloud.AccountPermission]string{0: "none", 1: "read", 2: "write", 3: "admin"}
)

// levelSetting is a setting that the service holds as a number. A number without a name is written as it is.
func levelSetting[N ~int, L ~string](
	property string, names map[N]string, field func(*ManagedSettings) **L,
	live func(cloud.Organization) N, change func(*cloud.OrganizationChange) **N,
) setting {
	return setting{
		property: property,
		given: func(v ManagedSettings) *string {
			if level := *field(&v); level != nil {
				return new(string(*level))
			}
			return nil
		},
		keep: func(v *ManagedSettings, text string) { *field(v) = new(L(text)) },
		live: func(o cloud.Organization) string {
			if name, ok := names[live(o)]; ok {
				return name
			}
			return strconv.Itoa(int(live(o)))
		},
		change: func(c *cloud.OrganizationChange, text string) error {
			for n, name := range names {
				if name == text {
					*change(c) = &n
					return nil
				}
			}
			number, err := strconv.Atoi(text) // a level that has no name is called by its number
			if err != nil {
				return fmt.Errorf("%s: %q is not a level", property, text)
			}
			*change(c) = new(N(number))
			return nil
		},
	}
}

func toggleSetting(
	property string, field func(*ManagedSettings) **bool, live func(cloud.Organization) bool,
	change func(*cloud.OrganizationChange) **bool,
) setting {
	return setting{
		property: property,
		given: func(v ManagedSettings) *string {
			if on := *field(&v); on != nil {
				return new(strconv.FormatBool(*on))
			}
			return nil
		},
		keep: func(v *ManagedSettings, text string) { *field(v) = new(text == "true") },
		live: func(o cloud.Organization) string { return strconv.FormatBool(live(o)) },
		change: func(c *cloud.OrganizationChange, text string) error {
			on, err := strconv.ParseBool(text)
			*change(c) = &on
			return err
		},
	}
}

// daysText writes an expiry policy; "" for none.
func daysText(days int) string {
	if days == 0 {
		return ""
	}
	return strconv.Itoa(days) + "d"
}

// daysOf is the inverse of daysText. A policy that cannot be read is an error, never none. What the service had before may be longer than
// what it takes from a program.
func daysOf(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	d, err := timetext.ParseDuration(text)
	if err == nil && d%timetext.Day != 0 {
		err = fmt.Errorf("%q is not a whole number of days", text)
	}
	if err != nil {
		return 0, fmt.Errorf("%s: %w", tokenExpirySetting, err)
	}
	return int(d / timetext.Day), nil
}

// wanted are the settings that are given.
func (v ManagedSettings) wanted() settings {
	out := settings{}
	for _, s := range knownSettings {
		if value := s.given(v); value != nil {
			out[s.property] = *value
		}
	}
	return out
}

// liveSettings are all settings.
func liveSettings(organization cloud.Organization) settings {
	out := settings{}
	for _, s := range knownSettings {
		out[s.property] = s.live(organization)
	}
	return out
}

// only keeps some of the settings.
func (s settings) only(properties []string) settings {
	out := maps.Clone(s)
	maps.DeleteFunc(out, func(property, _ string) bool { return !slices.Contains(properties, property) })
	return out
}

// settings are the settings as inputs write them: as the program wrote them, wherever that means the same.
func (s settings) settings(written ManagedSettings) ManagedSettings {
	out := ManagedSettings{}
	for _, known := range knownSettings {
		if value := s[known.property]; value != "" {
			known.keep(&out, value)
		}
	}
	if before := known(tokenExpirySetting).given(written); written.MaxAccessTokenExpiry != nil && *before == s[tokenExpirySetting] {
		out.MaxAccessTokenExpiry = written.MaxAccessTokenExpiry
	}
	return out
}

func known(property string) setting {
	return knownSettings[slices.IndexFunc(knownSettings, func(s setting) bool { return s.property == property })]
}

// managed are the settings that the state holds, one that was found unset included.
func (v State) managed() []string {
	all := v.wanted()
	for property := range v.Previous {
		all[property] = ""
	}
	return slices.Sorted(maps.Keys(all))
}
