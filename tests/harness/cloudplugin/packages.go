package cloudplugin

import (
	"context"
	"reflect"
)

// packages are the official packages that can be stood in for, by name.
var packages = map[string]registry{
	"aws":          awsResources,
	"azure-native": azureResources,
	"gcp":          gcpResources,
}

// registry holds the resources of a package that its stand-in knows, by token.
type registry map[string]handler

// handler is what a stand-in knows of one kind of resource.
type handler struct {
	args     interface{ ElementType() reflect.Type } // the official SDK's arguments, such as iam.RoleArgs{}
	required []string                                // required lists and maps, which the SDK's types don't tell from optional ones
	named    string                                  // the property for which Pulumi chooses a name when it is not given
	fixed    []string                                // properties that can only be changed by replacing the resource

	// create makes the resource in the cloud, and returns its id and the outputs that are no inputs.
	create func(ctx context.Context, in cloud, inputs values) (id string, outputs map[string]any, err error)
	// update changes it, and returns the outputs that changed with it. Without one, create does it.
	update func(ctx context.Context, in cloud, id string, inputs values) (outputs map[string]any, err error)
	// read returns the inputs as they are in the cloud, nil when the resource was deleted. Without one, a refresh sees nothing.
	read func(ctx context.Context, in cloud, id string, state values) (inputs map[string]any, err error)
	// remove deletes it. Without one there is nothing to delete.
	remove func(ctx context.Context, in cloud, id string, state values) error
}
