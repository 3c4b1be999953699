package spec

import (
	"errors"
	"net/url"
	"strings"
)

// ParseAWSEndpoint parses the endpoint of an AWS service: a host, which is what AWS shows, or
// a URL with the scheme https or http, a host and optionally a port. It returns nil for "".
// The error does not quote s, which may contain a password.
func ParseAWSEndpoint(s string) (*url.URL, error) {
	if s == "" {
		return nil, nil
	}
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
		return nil, errors.New("the endpoint must be a host, or a URL https://HOST[:PORT] with nothing after the port")
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}
