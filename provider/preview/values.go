package preview

import (
	"encoding/json"
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// hidden is what the preview prints in place of a secret.
const hidden = "[secret]"

// signature is the key of an object that stands for a secret, an asset or a reference.
const signature = "4dabf18193072939515e22adb298388d"

var notKnown = map[string]bool{
	plugin.UnknownStringValue: true, plugin.UnknownBoolValue: true, plugin.UnknownNumberValue: true, plugin.UnknownArrayValue: true,
	plugin.UnknownObjectValue: true, plugin.UnknownAssetValue: true, plugin.UnknownArchiveValue: true, hidden: true,
}

// mapOf are properties as they were printed. What is a secret, an asset, or not known yet is computed: it cannot be told.
func mapOf(printed map[string]any) property.Map {
	all := map[string]property.Value{}
	for key, value := range printed {
		if len(key) < 2 || key[:2] != "__" {
			all[key] = valueOf(value)
		}
	}
	return property.NewMap(all)
}

func valueOf(printed any) property.Value {
	switch v := printed.(type) {
	case string:
		if notKnown[v] {
			return property.New(property.Computed)
		}
		return property.New(v)
	case bool:
		return property.New(v)
	case float64:
		return property.New(v)
	case []any:
		all := make([]property.Value, len(v))
		for i, one := range v {
			all[i] = valueOf(one)
		}
		return property.New(all)
	case map[string]any:
		if v[signature] != nil {
			return property.New(property.Computed)
		}
		return property.New(mapOf(v))
	default:
		return property.Value{}
	}
}

var errUnknown = errors.New("not known before the update")

// jsonOf is a value as JSON; an error if something in it is not known.
func jsonOf(v property.Value) ([]byte, error) {
	plain, known := plainOf(v)
	if !known {
		return nil, errUnknown
	}
	return json.Marshal(plain)
}

func plainOf(v property.Value) (plain any, known bool) {
	switch {
	case v.IsNull():
		return nil, true
	case v.IsString():
		return v.AsString(), true
	case v.IsBool():
		return v.AsBool(), true
	case v.IsNumber():
		return v.AsNumber(), true
	case v.IsArray():
		all := make([]any, 0, v.AsArray().Len())
		for _, one := range v.AsArray().All {
			plain, known := plainOf(one)
			if !known {
				return nil, false
			}
			all = append(all, plain)
		}
		return all, true
	case v.IsMap():
		all := map[string]any{}
		for key, one := range v.AsMap().AllStable {
			if all[key], known = plainOf(one); !known {
				return nil, false
			}
		}
		return all, true
	default:
		return nil, false
	}
}

// descriptorIn is the descriptor that a role of pulumiservice gives as the service's JSON.
func descriptorIn(v property.Value) (access.Descriptor, error) {
	text, err := jsonOf(v)
	if err != nil {
		return nil, err
	}
	return access.ParseDescriptor(text)
}

// policiesIn are the policies of an issuer. pulumiservice writes none as one that denies everybody.
func policiesIn(v property.Value) ([]oidc.IssuerPolicy, error) {
	if v.IsNull() {
		return nil, errUnknown // the service then has a policy of its own
	}
	text, err := jsonOf(v)
	if err != nil {
		return nil, err
	}
	var policies []oidc.IssuerPolicy
	return policies, json.Unmarshal(text, &policies)
}
