package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// DefaultAPIURL is the address of the Pulumi Cloud that Pulumi runs.
const DefaultAPIURL = "https://api.pulumi.com"

const (
	// acceptVersion is the API version that the Pulumi CLI asks for; it selects response shapes.
	acceptVersion = "application/vnd.pulumi+9"

	maxErrorBody = 1 << 20  // 1 MiB, more of an error is never looked at
	maxBody      = 32 << 20 // 32 MiB, far above the largest list page
)

// Config is the address and the token of a client. Its zero value is not usable: every call that the service authenticates needs
// Token, but New accepts an empty one, so that programs that make no call need none.
type Config struct {
	URL     string // base address without a trailing slash; DefaultAPIURL when empty
	Token   string // access token, sent as "Authorization: token ..."
	Version string // this product's version, sent in User-Agent

	Retry   Retry         // how calls are repeated; the zero value is right for production
	Timeout time.Duration // of one try, its answer included; a minute when zero
	HTTP    *http.Client  // transport; a pooled client when nil

	AllowInsecure bool // plain http to another machine, which shows the token to everybody on the way
}

// Retry bounds how a repeatable call is repeated.
type Retry struct {
	Max        int           // tries after the first, those aside that the service refused because there were too many; 4 when zero
	BaseDelay  time.Duration // before the first retry, doubling with jitter; 500ms when zero
	MaxDelay   time.Duration // cap of a delay of our own; 15s when zero
	RetryAfter time.Duration // cap of a delay that the service asks for; 60s when zero
	Limited    time.Duration // how long the service may refuse one call because there are too many (429); 3m when zero
}

// Client calls one Pulumi Cloud with one token.
type Client struct {
	url   string
	token string
	agent string
	http  *retryablehttp.Client
	retry Retry

	memory    memory
	observing sync.Mutex
	observers []func(Write)
}

// Write is a call that may have changed something: its method, and the unescaped segments of its path below /api.
type Write struct {
	Method string
	Path   []string
	// Environment is the one (project/name) that a gate guards, whose path does not say it; "" for any other call.
	Environment string
}

// OnWrite calls a function after each call that may have changed something, whatever its outcome.
func (c *Client) OnWrite(observe func(Write)) {
	c.observing.Lock()
	defer c.observing.Unlock()
	c.observers = append(c.observers, observe)
}

func (c *Client) wrote(in call) {
	c.memory.forget(in)
	c.observing.Lock()
	observers := slices.Clone(c.observers)
	c.observing.Unlock()
	write := Write{Method: in.method, Path: in.path}
	if gate, ok := in.body.(gateRequest); ok {
		write.Environment = gate.Target.QualifiedName
	}
	for _, observe := range observers {
		observe(write)
	}
}

// New returns a client. It fails for an address that is not an absolute http or https URL of a host and, at most, a
// path.
func New(config Config) (*Client, error) {
	if config.URL == "" {
		config.URL = DefaultAPIURL
	}
	if err := checkAddress(config.URL, config.AllowInsecure); err != nil {
		return nil, err
	}
	if config.Version == "" {
		config.Version = "dev"
	}
	if config.Timeout == 0 {
		config.Timeout = time.Minute
	}
	retry := config.Retry.withDefaults()
	return &Client{
		url:   strings.TrimRight(config.URL, "/"),
		token: strings.TrimSpace(config.Token), // tokens come from files, too, which end in a newline
		agent: "pulumi-leastprivilege/" + config.Version,
		http:  newRetryingHTTP(config.HTTP, config.Timeout, retry),
		retry: retry,
	}, nil
}

func checkAddress(address string, allowInsecure bool) error {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" || (parsed.Scheme != "https" && parsed.Scheme != "http") {
		return fmt.Errorf("%q is not the address of a Pulumi Cloud: give an http or https URL such as %s",
			address, DefaultAPIURL)
	}
	if parsed.User != nil || parsed.RawQuery != "" || parsed.ForceQuery || parsed.Fragment != "" {
		// What else is in it may be a password, so it is not repeated.
		return fmt.Errorf("the address of Pulumi Cloud at %s holds a user, a query or a fragment: give scheme, host and path only, "+
			"such as %s", parsed.Host, DefaultAPIURL)
	}
	if parsed.Scheme == "http" && !allowInsecure && !isLoopback(parsed.Hostname()) {
		return fmt.Errorf("the address of Pulumi Cloud at %s is plain http, which shows the access token to everybody on the way: "+
			"give an https URL, or set leastprivilege:allowInsecureApi to true", parsed.Host)
	}
	return nil
}

// isLoopback reports whether a host is this machine. The names below localhost are reserved for it.
func isLoopback(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().IsLoopback()
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// URL returns the base address, without a trailing slash.
func (c *Client) URL() string { return c.url }

// Token is the access token, for those who keep it out of messages.
func (c *Client) Token() string { return c.token }

// ErrNoToken is returned by every call of a client that has no access token.
var ErrNoToken = errors.New("no Pulumi Cloud access token: set the environment variable PULUMI_ACCESS_TOKEN, " +
	"set the provider configuration leastprivilege:accessToken (`pulumi config set --secret leastprivilege:accessToken`), " +
	"or run `pulumi login`")

// call is one request: what to send, what it is about, and whether it may be sent twice.
type call struct {
	method string
	path   []string // segments below /api, escaped one by one
	query  url.Values
	body   any         // encoded as JSON, unless it is rawBody
	header http.Header // extra headers
	object string      // what it is about, for errors: `team "payments"`
	// once marks a call whose repetition would do something twice: it is retried only when the service says that it
	// did nothing (429).
	once bool
	// reads marks a call that changes nothing although its method says that it may.
	reads bool
	// sparse marks an answer whose every field may be left out. The service's request id tells such a one from a proxy's.
	sparse bool
	// streams marks a list of which nothing is kept, so that it may be longer than others.
	streams bool
}

// rawBody is sent as it is, with its own content type.
type rawBody struct {
	contentType string
	data        []byte
}

// response is what a successful call answered.
type response struct {
	status int
	header http.Header
	body   []byte
	quiet  func(string) string // takes the secrets of the call out of what the answer says
}

// do sends the call and answers the response when its status is below 300, an [*Error] otherwise.
func (c *Client) do(ctx context.Context, in call) (response, error) {
	if c.token == "" {
		return response{}, ErrNoToken
	}
	if in.remembered(ctx) {
		return c.remember(ctx, in)
	}
	return c.ask(ctx, in)
}

func (c *Client) ask(ctx context.Context, in call) (response, error) {
	request, err := c.request(ctx, in)
	if err != nil {
		return response{}, err
	}
	if in.method != http.MethodGet && in.method != http.MethodHead && !in.reads {
		c.memory.forget(in)
		defer c.wrote(in)
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return response{}, c.transportError(ctx, in, err)
	}
	defer answer.Body.Close()
	body, err := wholeBody(answer)
	if err != nil {
		return response{}, c.transportError(ctx, in, err)
	}
	if answer.StatusCode >= http.StatusMultipleChoices {
		return response{}, c.errorFromAnswer(in, answer, body)
	}
	return response{answer.StatusCode, answer.Header, body, c.quiet(in)}, nil
}

// wholeBody is what a try has read, without another copy.
func wholeBody(answer *http.Response) ([]byte, error) {
	if read, ok := answer.Body.(body); ok {
		return read.data, nil
	}
	return io.ReadAll(answer.Body)
}

func (c *Client) request(ctx context.Context, in call) (*retryablehttp.Request, error) {
	path, err := escapePath(in.path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.object, err)
	}
	address := c.url + "/api/" + path
	if len(in.query) > 0 {
		address += "?" + in.query.Encode()
	}
	body, contentType, err := encodeBody(in.body)
	if err != nil {
		return nil, fmt.Errorf("%s: encoding the request: %w", in.object, err)
	}
	plain, err := http.NewRequestWithContext(withAttempts(ctx, c.retry, !in.once), in.method, address, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.object, err)
	}
	request, err := retryablehttp.FromRequest(plain)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.object, err)
	}
	if len(body) > 0 { // an empty reader would be sent in chunks, without a length
		if err := request.SetBody(bytes.NewReader(body)); err != nil {
			return nil, fmt.Errorf("%s: %w", in.object, err)
		}
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	request.Header.Set("Authorization", "token "+c.token)
	request.Header.Set("Accept", acceptVersion)
	request.Header.Set("User-Agent", c.agent)
	request.Header.Set("X-Pulumi-Source", "pulumi-leastprivilege")
	for name, values := range in.header {
		request.Header[name] = values
	}
	return request, nil
}

func encodeBody(body any) (data []byte, contentType string, err error) {
	switch body := body.(type) {
	case nil:
		return nil, "", nil
	case rawBody:
		return body.data, body.contentType, nil
	default:
		data, err = json.Marshal(body)
		return data, "application/json", err
	}
}

// escapePath joins segments, each escaped. Names come from users: a name that would leave its segment is refused.
func escapePath(segments []string) (string, error) {
	escaped := make([]string, len(segments))
	for i, segment := range segments {
		if segment == "" || segment == "." || segment == ".." {
			return "", fmt.Errorf("%q cannot be part of an address (segment %d of %q)", segment, i+1, segments)
		}
		escaped[i] = url.PathEscape(segment)
	}
	return strings.Join(escaped, "/"), nil
}

// route is the path for people. It is escaped, since names in it come from users.
func (in call) route() string {
	escaped := make([]string, len(in.path))
	for i, segment := range in.path {
		escaped[i] = url.PathEscape(segment)
	}
	return "/api/" + strings.Join(escaped, "/")
}
