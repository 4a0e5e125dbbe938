package harness

import (
	"context"
	"errors"
	"fmt"
	"net"

	p "github.com/pulumi/pulumi-go-provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider"
)

// ServeProvider serves providers from this process until the context ends, and returns the setting of the environment
// by which the engine attaches to them in place of starting the built plugin. A provider that is made here can be given
// what the plugin's process takes from its surroundings, such as a clock. It does not have the environment of the
// commands that use it: what it needs of that, the stack's configuration says.
//
// The engine takes each connection for a process of its own: it configures it once, and cancels it when it ends. So
// each gets a provider of its own.
func ServeProvider(ctx context.Context, newProvider func() (p.Provider, error)) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	context.AfterFunc(ctx, func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return // closed
			}
			go serveConnection(ctx, connection, newProvider)
		}
	}()
	return fmt.Sprintf("PULUMI_DEBUG_PROVIDERS=leastprivilege:%d", listener.Addr().(*net.TCPAddr).Port), nil
}

// serveConnection serves one provider. One that cannot be made closes the connection, which the engine reports.
func serveConnection(ctx context.Context, connection net.Conn, newProvider func() (p.Provider, error)) {
	defer connection.Close()
	made, err := newProvider()
	if err != nil {
		return
	}
	// The engine says where it is when it attaches.
	plugin, err := provider.Server(made)(nil)
	if err != nil {
		return
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(maxMessage))
	pulumirpc.RegisterResourceProviderServer(server, plugin)
	context.AfterFunc(ctx, server.Stop)
	only := &single{connection: connection, done: make(chan struct{})}
	_ = server.Serve(only) // ends when the test does
}

const maxMessage = 400 << 20 // what the engine sends at most

// single is a listener with one connection.
type single struct {
	connection net.Conn
	taken      bool
	done       chan struct{}
}

// Accept returns the connection, and then waits until the listener is closed.
func (s *single) Accept() (net.Conn, error) {
	if !s.taken {
		s.taken = true
		return s.connection, nil
	}
	<-s.done
	return nil, errors.New("closed")
}

// Close implements [net.Listener].
func (s *single) Close() error {
	close(s.done)
	return nil
}

// Addr implements [net.Listener].
func (s *single) Addr() net.Addr { return s.connection.LocalAddr() }
