package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// S3 keeps the state as one object of a bucket, and the lock as another beside it. Every write
// names the version that it replaces (If-Match, or If-None-Match for the first), so that two
// writers cannot overwrite each other, even without a lock.
type S3 struct {
	client   *s3.Client
	settings spec.S3Settings
	region   string
	host     string      // of a custom endpoint, or AWS's for the region
	checked  atomic.Bool // the store is known to honour the conditions of a write
	Options
}

var _ state.Store = (*S3)(nil)

// Address returns the document's address for people.
func (s *S3) Address() string { return "s3://" + s.settings.Bucket + "/" + s.settings.Key }

func (s *S3) lockKey() string { return s.settings.Key + ".lock" }

// Read implements state.Store.
func (s *S3) Read(ctx context.Context) (*state.Snapshot, state.Version, error) {
	got, err := s.get(ctx, s.settings.Key)
	if errors.Is(err, errAbsent) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	snapshot, err := state.Decode(got.body)
	if err != nil {
		err = fmt.Errorf("read state %s: %w", s.Address(), err)
	}
	return snapshot, state.Version(got.etag), err
}

// Write implements state.Store.
func (s *S3) Write(ctx context.Context, snapshot *state.Snapshot, since state.Version) (state.Version, error) {
	data, err := state.Encode(snapshot)
	if err != nil {
		return "", err
	}
	if err := s.checkSize(data); err != nil {
		return "", fmt.Errorf("write state %s: %w", s.Address(), err)
	}
	etag, err := s.put(ctx, s.settings.Key, data, string(since))
	if errors.Is(err, errMoved) {
		err = fmt.Errorf("write state %s: %w", s.Address(), state.ErrConflict)
	}
	return state.Version(etag), err
}

var (
	errAbsent = errors.New("the object does not exist")
	errMoved  = errors.New("the object is not the one that was expected")
	errNoETag = errors.New("it answered 200 without an ETag, so not as S3 does; check the endpoint, and for a proxy between")
)

// object is what is stored under a key. Its age is measured by the server's clock only.
type object struct {
	body []byte
	etag string
	age  time.Duration
}

// get reads an object, and returns errAbsent if there is none. It repeats the request if the body
// breaks off: the SDK retries only until an answer begins.
func (s *S3) get(ctx context.Context, key string) (object, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stalled := time.AfterFunc(s.patience(0), func() { cancel(context.DeadlineExceeded) })
	defer stalled.Stop()
	for n := 1; ; n++ {
		out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.settings.Bucket, Key: &key})
		if isNoKey(err) {
			return object{}, errAbsent
		}
		answered := err == nil
		if answered {
			stalled.Reset(s.patience(int(aws.ToInt64(out.ContentLength))))
			var got object
			if got, err = read(out, s.bound(key)); err == nil {
				return got, nil
			}
		}
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if !answered || isLong(err) || errors.Is(err, errNoETag) || n == attempts || sleep(ctx, pause(n)) != nil {
			return object{}, s.explain(opRead, key, err)
		}
	}
}

// bound returns how many bytes the object under a key may have.
func (s *S3) bound(key string) int {
	if key == s.lockKey() {
		return lockBytes
	}
	return s.Options.longest
}

// read reads an object. Without an ETag no write could name the version that it replaces.
func read(out *s3.GetObjectOutput, most int) (object, error) {
	defer out.Body.Close()
	if aws.ToString(out.ETag) == "" {
		return object{}, errNoETag
	}
	body, err := readBody(out.Body, most)
	if err == nil && out.ContentLength != nil && int64(len(body)) != *out.ContentLength {
		err = io.ErrUnexpectedEOF
	}
	now, known := middleware.GetServerTime(out.ResultMetadata)
	if !known {
		now = time.Now()
	}
	return object{body: body, etag: aws.ToString(out.ETag), age: now.Sub(aws.ToTime(out.LastModified))}, err
}

// put writes an object over the version since, or as a new one if that is empty. It returns
// errMoved if there is another version. If the first attempt of a request was carried out and its
// answer lost, the second is refused because of it (412): then what is stored is what was sent.
func (s *S3) put(ctx context.Context, key string, body []byte, since string) (etag string, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.patience(len(body)))
	defer cancel()
	in := &s3.PutObjectInput{
		Bucket: &s.settings.Bucket, Key: &key, Body: bytes.NewReader(body), ContentType: aws.String("application/json"),
	}
	s.encrypt(in)
	if in.IfMatch = &since; since == "" {
		in.IfMatch, in.IfNoneMatch = nil, aws.String("*")
	}
	out, err := s.client.PutObject(ctx, in)
	if err == nil && aws.ToString(out.ETag) == "" {
		return "", s.explain(opWrite, key, errNoETag) // as a proxy answers, which stores nothing
	}
	if err == nil {
		return *out.ETag, nil
	}
	gone := since != "" && isNoKey(err)
	if status(err) != http.StatusPreconditionFailed && !gone {
		return "", s.explain(opWrite, key, err)
	}
	stored, err := s.get(ctx, key)
	switch {
	case err == nil && bytes.Equal(stored.body, body):
		return stored.etag, nil
	case err == nil || errors.Is(err, errAbsent):
		return "", errMoved
	}
	return "", err
}

// encrypt requests the encryption that the block declares. The lock is encrypted as the state is: a
// bucket policy may refuse anything else.
func (s *S3) encrypt(in *s3.PutObjectInput) {
	switch {
	case s.settings.KMSKeyID != "":
		in.ServerSideEncryption, in.SSEKMSKeyId = types.ServerSideEncryptionAwsKms, &s.settings.KMSKeyID
	case s.settings.Encrypt:
		in.ServerSideEncryption = types.ServerSideEncryptionAes256
	}
}

// remove deletes an object if it still has this version, and returns errMoved if it does not. An
// object that is already gone is not an error.
func (s *S3) remove(ctx context.Context, key, etag string) error {
	ctx, cancel := context.WithTimeout(ctx, s.patience(0))
	defer cancel()
	_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.settings.Bucket, Key: &key, IfMatch: &etag})
	switch {
	case err == nil, isNoKey(err):
		return nil
	case status(err) == http.StatusPreconditionFailed:
		return errMoved
	}
	return s.explain(opDelete, key, err)
}
