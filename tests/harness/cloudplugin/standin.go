package cloudplugin

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// standIn is the plugin of one package.
type standIn struct {
	pulumirpc.UnimplementedResourceProviderServer
	name      string
	version   string // as it is installed
	resources registry
	cloud     cloud
}

func serve(plugin standIn) error {
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{Init: func(server *grpc.Server) error {
		pulumirpc.RegisterResourceProviderServer(server, plugin)
		return nil
	}})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(os.Stdout, handle.Port); err != nil { // by which the engine finds the plugin
		return err
	}
	return <-handle.Done
}

func (s standIn) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: s.version}, nil
}

func (standIn) CheckConfig(_ context.Context, r *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	return &pulumirpc.CheckResponse{Inputs: r.GetNews()}, nil
}

func (standIn) DiffConfig(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
}

func (standIn) Configure(context.Context, *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	return &pulumirpc.ConfigureResponse{SupportsPreview: true}, nil
}

func (s standIn) handler(urn string) (handler, error) {
	token := string(resource.URN(urn).Type())
	h, ok := s.resources[token]
	if !ok {
		return handler{}, fmt.Errorf("the stand-in for the package %s does not know the resource %s", s.name, token)
	}
	return h, nil
}

func (s standIn) Check(_ context.Context, r *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	h, err := s.handler(r.GetUrn())
	if err != nil {
		return nil, err
	}
	inputs, err := properties(r.GetNews())
	if err != nil {
		return nil, err
	}
	answer := &pulumirpc.CheckResponse{}
	for _, problem := range checkArguments(h.args.ElementType(), h.required, inputs) {
		answer.Failures = append(answer.Failures, &pulumirpc.CheckFailure{Property: problem.path, Reason: problem.reason})
	}
	if err := h.nameIt(r, inputs); err != nil {
		return nil, err
	}
	answer.Inputs, err = marshal(inputs)
	return answer, err
}

// nameIt gives the resource the name that it has, or a new one of the form that Pulumi chooses.
func (h handler) nameIt(r *pulumirpc.CheckRequest, inputs resource.PropertyMap) error {
	if h.named == "" || inputs.HasValue(resource.PropertyKey(h.named)) {
		return nil
	}
	before, err := properties(r.GetOlds())
	if err != nil {
		return err
	}
	key := resource.PropertyKey(h.named)
	if before.HasValue(key) {
		inputs[key] = before[key]
		return nil
	}
	inputs[key] = resource.NewProperty(resource.URN(r.GetUrn()).Name() + "-" + hex.EncodeToString(r.GetRandomSeed())[:7])
	return nil
}

func (s standIn) Diff(_ context.Context, r *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	h, err := s.handler(r.GetUrn())
	if err != nil {
		return nil, err
	}
	before, err := properties(r.GetOldInputs())
	if err != nil {
		return nil, err
	}
	after, err := properties(r.GetNews())
	if err != nil {
		return nil, err
	}
	changes := before.Diff(after)
	if changes == nil {
		return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
	}
	answer := &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_SOME, DeleteBeforeReplace: true}
	for _, key := range changes.Keys() {
		if !changes.Changed(key) {
			continue
		}
		answer.Diffs = append(answer.Diffs, string(key))
		if slices.Contains(h.fixed, string(key)) || string(key) == h.named {
			answer.Replaces = append(answer.Replaces, string(key))
		}
	}
	return answer, nil
}

func (s standIn) Create(ctx context.Context, r *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	h, err := s.handler(r.GetUrn())
	if err != nil {
		return nil, err
	}
	if r.GetPreview() { // what only the cloud knows is left out, and so unknown
		return &pulumirpc.CreateResponse{Properties: r.GetProperties()}, nil
	}
	inputs, err := properties(r.GetProperties())
	if err != nil {
		return nil, err
	}
	id, computed, err := h.create(ctx, s.cloud, values(inputs))
	if err != nil {
		return nil, err
	}
	outputs, err := marshal(with(inputs, computed))
	return &pulumirpc.CreateResponse{Id: id, Properties: outputs}, err
}

func (s standIn) Update(ctx context.Context, r *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	h, err := s.handler(r.GetUrn())
	if err != nil {
		return nil, err
	}
	state, err := properties(r.GetOlds())
	if err != nil {
		return nil, err
	}
	inputs, err := properties(r.GetNews())
	if err != nil {
		return nil, err
	}
	outputs := state.Copy()
	for key := range outputs { // an input that is no longer given is not an output either
		if slices.Contains(argumentNames(h.args.ElementType()), string(key)) {
			delete(outputs, key)
		}
	}
	var computed map[string]any
	switch {
	case r.GetPreview():
	case h.update != nil:
		computed, err = h.update(ctx, s.cloud, r.GetId(), values(inputs))
	default:
		_, computed, err = h.create(ctx, s.cloud, values(inputs))
	}
	if err != nil {
		return nil, err
	}
	for key, value := range inputs {
		outputs[key] = value
	}
	answered, err := marshal(with(outputs, computed))
	return &pulumirpc.UpdateResponse{Properties: answered}, err
}

func (s standIn) Read(ctx context.Context, r *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	h, err := s.handler(r.GetUrn())
	if err != nil {
		return nil, err
	}
	answer := &pulumirpc.ReadResponse{Id: r.GetId(), Inputs: r.GetInputs(), Properties: r.GetProperties()}
	if h.read == nil {
		return answer, nil
	}
	state, err := properties(r.GetProperties())
	if err != nil {
		return nil, err
	}
	found, err := h.read(ctx, s.cloud, r.GetId(), values(state))
	if errors.As(err, &errGone{}) {
		return &pulumirpc.ReadResponse{}, nil
	}
	if err != nil {
		return nil, err
	}
	inputs, err := properties(r.GetInputs())
	if err != nil {
		return nil, err
	}
	if answer.Inputs, err = marshal(with(inputs, found)); err != nil {
		return nil, err
	}
	answer.Properties, err = marshal(with(state, found))
	return answer, err
}

func (s standIn) Delete(ctx context.Context, r *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	h, err := s.handler(r.GetUrn())
	if err != nil || h.remove == nil {
		return &emptypb.Empty{}, err
	}
	state, err := properties(r.GetProperties())
	if err != nil {
		return nil, err
	}
	err = h.remove(ctx, s.cloud, r.GetId(), values(state))
	if errors.As(err, &errGone{}) {
		err = nil
	}
	return &emptypb.Empty{}, err
}

// with adds outputs to properties.
func with(in resource.PropertyMap, computed map[string]any) resource.PropertyMap {
	out := in.Copy()
	for name, value := range computed {
		out[resource.PropertyKey(name)] = resource.NewPropertyValue(value)
	}
	return out
}

func properties(s *structpb.Struct) (resource.PropertyMap, error) {
	return plugin.UnmarshalProperties(s, plugin.MarshalOptions{KeepUnknowns: true, SkipNulls: true})
}

func marshal(in resource.PropertyMap) (*structpb.Struct, error) {
	return plugin.MarshalProperties(in, plugin.MarshalOptions{KeepUnknowns: true})
}

// values are known properties, as a handler sees them.
type values resource.PropertyMap

// text is a string, "" when it is absent.
func (v values) text(name string) string {
	if value := v[resource.PropertyKey(name)]; value.IsString() {
		return value.StringValue()
	}
	return ""
}

// of is the plain Go value: string, float64, bool, []any, map[string]any, or nil when it is absent.
func (v values) of(name string) any { return v[resource.PropertyKey(name)].Mappable() }
