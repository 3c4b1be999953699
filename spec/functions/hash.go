package functions

import (
	"crypto"
	_ "crypto/md5" // registers what crypto.MD5 names; so do the next
	"crypto/rsa"
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/zclconf/go-cty/cty/function"
)

// digest returns a function that hashes data with h and spells the sum.
func digest(h crypto.Hash, spell func([]byte) string) func(data []byte) string {
	return func(data []byte) string {
		w := h.New()
		w.Write(data)
		return spell(w.Sum(nil))
	}
}

// digests are the hash functions by their names; file functions have them too.
func digests() map[string]func([]byte) string {
	return map[string]func([]byte) string{
		"base64sha256": digest(crypto.SHA256, base64.StdEncoding.EncodeToString),
		"base64sha512": digest(crypto.SHA512, base64.StdEncoding.EncodeToString),
		"md5":          digest(crypto.MD5, hex.EncodeToString),
		"sha1":         digest(crypto.SHA1, hex.EncodeToString),
		"sha256":       digest(crypto.SHA256, hex.EncodeToString),
		"sha512":       digest(crypto.SHA512, hex.EncodeToString),
	}
}

func hashFunctions() map[string]function.Function {
	all := map[string]function.Function{
		"rsadecrypt": ofStrings(rsaDecrypt, "ciphertext", "privatekey"),
		"uuidv5":     ofStrings(uuidV5, "namespace", "name"),
	}
	for name, sum := range digests() {
		all[name] = ofStrings(func(s ...string) (string, error) { return sum([]byte(s[0])), nil }, "str")
	}
	return all
}

// uuidV5 is RFC 9562 section 5.5: a name within a namespace, hashed.
func uuidV5(s ...string) (string, error) {
	namespace, err := uuidNamespace(s[0])
	if err != nil {
		return "", err
	}
	h := crypto.SHA1.New()
	h.Write(namespace)
	h.Write([]byte(s[1]))
	id := h.Sum(nil)[:16]
	id[6] = id[6]&0x0f | 0x50
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:]), nil
}

// uuidNamespace returns the namespace's 16 bytes: a name of RFC 9562 section 6.6,
// or any UUID in one of its spellings.
func uuidNamespace(s string) ([]byte, error) {
	known := map[string]string{
		"dns":  "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
		"url":  "6ba7b811-9dad-11d1-80b4-00c04fd430c8",
		"oid":  "6ba7b812-9dad-11d1-80b4-00c04fd430c8",
		"x500": "6ba7b814-9dad-11d1-80b4-00c04fd430c8",
	}
	id, ok := known[s]
	if !ok {
		id = strings.TrimPrefix(strings.TrimSuffix(strings.TrimPrefix(s, "{"), "}"), "urn:uuid:")
	}
	b, err := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
	if err != nil || len(b) != 16 {
		return nil, function.NewArgErrorf(0, "%q is no namespace: give dns, url, oid, x500 or a UUID", s)
	}
	return b, nil
}

func rsaDecrypt(s ...string) (string, error) {
	ciphertext, err := base64.StdEncoding.DecodeString(s[0])
	if err != nil {
		return "", function.NewArgErrorf(0, "the ciphertext must be base64")
	}
	key, err := rsaKey(s[1])
	if err != nil {
		return "", function.NewArgError(1, err)
	}
	//lint:ignore SA1019 rsadecrypt is PKCS #1 v1.5 by definition, on the author's own key
	plain, err := rsa.DecryptPKCS1v15(nil, key, ciphertext)
	if err != nil {
		return "", function.NewArgErrorf(0, "the ciphertext was not encrypted for this key: %w", err)
	}
	return string(plain), nil
}

// rsaKey reads the two PEM forms that the standard library knows.
func rsaKey(text string) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	switch {
	case block == nil:
		return nil, errors.New("no PEM block found; the key begins with -----BEGIN RSA PRIVATE KEY-----")
	case block.Type == "RSA PRIVATE KEY":
		return x509.ParsePKCS1PrivateKey(block.Bytes)
	case block.Type == "PRIVATE KEY":
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return nil, err
		}
		if key, ok := key.(*rsa.PrivateKey); ok {
			return key, nil
		}
		return nil, errors.New("the key is no RSA key")
	}
	return nil, fmt.Errorf("a PEM block of type %q cannot be read; ssh-keygen -p -m PEM rewrites an OpenSSH key", block.Type)
}
