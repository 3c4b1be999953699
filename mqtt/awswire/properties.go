// Package awswire encodes user properties as the AWS IoT data plane does, for both ends of a
// connection: a JSON array of objects with one key each, which keeps order and repeats.
package awswire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/retainctl/retainctl/mqtt"
)

// EncodeUserProperties returns the JSON text, or "" if there are none.
func EncodeUserProperties(props []mqtt.UserProperty) (string, error) {
	if len(props) == 0 {
		return "", nil
	}
	objects := make([]map[string]string, len(props))
	for i, p := range props {
		objects[i] = map[string]string{p.Name: p.Value}
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(objects); err != nil {
		return "", fmt.Errorf("encode user properties: %w", err)
	}
	return string(bytes.TrimSuffix(text.Bytes(), []byte("\n"))), nil
}

// DecodeUserProperties reads the JSON text in order. It reads token by token, because a map would
// lose order and repeats within an object of several keys.
func DecodeUserProperties(text []byte) ([]mqtt.UserProperty, error) {
	if trimmed := bytes.TrimSpace(text); len(trimmed) == 0 || string(trimmed) == "null" {
		return nil, nil
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	var props []mqtt.UserProperty
	err := readArray(dec, func() error {
		p, err := readObject(dec)
		props = append(props, p...)
		return err
	})
	if err == nil {
		if _, err = dec.Token(); err == io.EOF {
			return props, nil
		}
		err = errors.New("text after the array")
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return nil, fmt.Errorf("decode user properties: want a JSON array of objects with string values: %w", err)
}

func readArray(dec *json.Decoder, element func() error) error {
	if err := readDelim(dec, '['); err != nil {
		return err
	}
	for dec.More() {
		if err := element(); err != nil {
			return err
		}
	}
	return readDelim(dec, ']')
}

func readObject(dec *json.Decoder) ([]mqtt.UserProperty, error) {
	if err := readDelim(dec, '{'); err != nil {
		return nil, err
	}
	var props []mqtt.UserProperty
	for dec.More() {
		name, err := readString(dec)
		if err != nil {
			return nil, err
		}
		value, err := readString(dec)
		if err != nil {
			return nil, err
		}
		props = append(props, mqtt.UserProperty{Name: name, Value: value})
	}
	return props, readDelim(dec, '}')
}

func readDelim(dec *json.Decoder, want json.Delim) error {
	token, err := dec.Token()
	if err == nil && token != want {
		err = fmt.Errorf("found %v instead of %q", token, want)
	}
	return err
}

func readString(dec *json.Decoder) (string, error) {
	token, err := dec.Token()
	if err != nil {
		return "", err
	}
	s, ok := token.(string)
	if !ok {
		return "", fmt.Errorf("found %v instead of a string", token)
	}
	return s, nil
}
