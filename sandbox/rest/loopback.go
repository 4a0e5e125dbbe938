package rest

import (
	"net"
	"strings"
)

// IsLoopback reports whether an address, with or without a port, is this machine's own. The Host header is asked as
// well as the peer's address: a web page that a browser on this machine shows must not get tokens.
func IsLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	host = strings.Trim(host, "[]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
