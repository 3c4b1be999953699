package spec

import (
	"errors"
	"net/url"
	"strings"
)

// ParseAWSEndpoint takes a host or a URL, since DescribeEndpoint and the console
// show the host alone; nil for none.
func ParseAWSEndpoint(s string) (*url.URL, error) {
	if s == "" {
		return nil, nil
	}
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
		// Not quoted: it may hold a password.
		return nil, errors.New("the endpoint must be a host, or a URL https://HOST[:PORT] with nothing behind the port")
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}
