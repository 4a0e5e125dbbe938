// Package awsplugin is a stand-in for the official AWS plugin, which needs an AWS account and cannot be built from Go
// modules. It knows roles, and puts them into the sandbox's AWS account, which decides by their trust policies.
package awsplugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

const (
	// Name is the name of the executable that the engine looks for.
	Name = "pulumi-resource-aws"

	// SandboxVariable is the environment variable that tells the plugin where the sandbox is.
	SandboxVariable = "LEASTPRIVILEGE_TEST_SANDBOX"

	// Account is the account in which roles are made.
	Account = "123456789012"

	roleToken = "aws:iam/role:Role"
	arnPrefix = "arn:aws:iam::" + Account + ":role/"
)

// Serve runs the plugin until the engine ends it.
func Serve() error {
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{Init: func(server *grpc.Server) error {
		pulumirpc.RegisterResourceProviderServer(server, standIn{sandbox: os.Getenv(SandboxVariable)})
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

// standIn creates and deletes roles. Anything else is refused, so that no program seems to work which does not.
type standIn struct {
	pulumirpc.UnimplementedResourceProviderServer
	sandbox string
}

func (standIn) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{}, nil
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

func (standIn) Check(_ context.Context, r *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	if resource.URN(r.GetUrn()).Type() != roleToken {
		return nil, fmt.Errorf("the stand-in for AWS has roles, and no %s", resource.URN(r.GetUrn()).Type())
	}
	return &pulumirpc.CheckResponse{Inputs: r.GetNews()}, nil
}

func (standIn) Diff(_ context.Context, r *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	before, err := properties(r.GetOldInputs())
	if err != nil {
		return nil, err
	}
	after, err := properties(r.GetNews())
	if err != nil {
		return nil, err
	}
	if before.DeepEquals(after) {
		return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
	}
	return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_SOME}, nil
}

func (a standIn) Create(ctx context.Context, r *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	inputs, err := properties(r.GetProperties())
	if err != nil {
		return nil, err
	}
	name, policy := inputs["name"], inputs["assumeRolePolicy"]
	if !name.IsString() {
		return nil, errors.New("the stand-in for AWS names no role by itself")
	}
	arn := arnPrefix + name.StringValue()
	inputs["arn"] = resource.NewProperty(arn)
	outputs, err := plugin.MarshalProperties(inputs, plugin.MarshalOptions{KeepUnknowns: true})
	if err != nil || r.GetPreview() {
		return &pulumirpc.CreateResponse{Properties: outputs}, err
	}
	role := map[string]any{"arn": arn, "trustPolicy": json.RawMessage(policy.StringValue())}
	if err := a.send(ctx, http.MethodPost, "", role); err != nil {
		return nil, err
	}
	return &pulumirpc.CreateResponse{Id: name.StringValue(), Properties: outputs}, nil
}

func (standIn) Read(_ context.Context, r *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	return &pulumirpc.ReadResponse{Id: r.GetId(), Inputs: r.GetInputs(), Properties: r.GetProperties()}, nil
}

func (a standIn) Delete(ctx context.Context, r *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, a.send(ctx, http.MethodDelete, "?arn="+url.QueryEscape(arnPrefix+r.GetId()), nil)
}

func (a standIn) send(ctx context.Context, method, query string, body any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return err
	}
	address := a.sandbox + "/_sandbox/clouds/aws/roles" + query
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(string(encoded)))
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s %s: %s", method, address, answer.Status)
	}
	return nil
}

func properties(s *structpb.Struct) (resource.PropertyMap, error) {
	return plugin.UnmarshalProperties(s, plugin.MarshalOptions{KeepUnknowns: true})
}
