package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/retainctl/retainctl/state"
)

// lockDocument is the content of the lock object. Each renewal changes it, because it holds the
// time.
type lockDocument struct {
	state.LockInfo
	LeaseSeconds float64
	Renewed      time.Time
}

func (d lockDocument) lease() time.Duration {
	return time.Duration(d.LeaseSeconds * float64(time.Second))
}

// s3Lock is a lock that this process holds.
type s3Lock struct {
	store *S3
	doc   lockDocument
	etag  string
	lease lease
}

// Lock implements state.Store: only one PUT with If-None-Match can succeed.
func (s *S3) Lock(ctx context.Context, info state.LockInfo) (context.Context, func(context.Context) error, error) {
	l := &s3Lock{store: s, doc: lockDocument{LockInfo: info, LeaseSeconds: s.settings.LockLease.Seconds()}}
	began, err := l.take(ctx)
	if err != nil {
		if ctx.Err() != nil { // the request may have been carried out
			l.discard(ctx)
		}
		return nil, nil, err
	}
	l.lease = lease{path: s.Address(), length: s.settings.LockLease, renew: l.renew}
	return l.lease.hold(ctx, began), l.unlock, nil
}

// take takes the lock, and returns when the request that did so began: the lease counts from then
// at the latest.
func (l *s3Lock) take(ctx context.Context) (began time.Time, err error) {
	const tries = 10 // others may take and release it meanwhile
	for range tries {
		began = time.Now()
		if err = l.write(ctx, ""); err == nil {
			return began, l.checkStore(ctx)
		}
		if !errors.Is(err, errMoved) {
			return began, err
		}
		other, held, getErr := l.store.readLock(ctx)
		switch {
		case errors.Is(getErr, errAbsent): // released meanwhile
			continue
		case getErr != nil:
			return began, getErr
		case other.ID == l.doc.ID: // an attempt of ours whose answer was lost
			l.etag = held.etag
			return began, nil
		case other.LeaseSeconds <= 0 || held.age <= other.lease():
			return began, &state.LockedError{Holder: other.LockInfo}
		}
		began, err = l.takeOver(ctx, other, held)
		if !errors.Is(err, errMoved) {
			return began, err
		}
	}
	return began, fmt.Errorf("lock %s: others kept taking and releasing it; try again", l.store.Address())
}

// takeOver waits one more lease for a holder that may be alive and slow, and takes its lock if it
// has not been renewed by then. It returns errMoved if it has.
func (l *s3Lock) takeOver(ctx context.Context, other lockDocument, held object) (began time.Time, err error) {
	wait := other.lease()
	l.store.Note(fmt.Sprintf("The lock on %s is held by %s, which has not renewed it for %s: its lease of %s is "+
		"over. Waiting %s more before it is taken over.",
		l.store.Address(), other.LockInfo, held.age.Round(time.Second), wait, wait))
	for end := time.Now().Add(wait); time.Now().Before(end); {
		if err := sleep(ctx, min(wait/10+time.Millisecond, time.Until(end))); err != nil {
			return began, err
		}
		now, err := l.store.get(ctx, l.store.lockKey())
		switch {
		case errors.Is(err, errAbsent):
			return began, errMoved
		case err != nil:
			return began, err
		case now.etag != held.etag:
			return began, errMoved
		}
	}
	began = time.Now()
	if err = l.write(ctx, held.etag); err == nil {
		l.store.Note("The lock on " + l.store.Address() + " was taken over.")
	}
	return began, err
}

// checkStore checks that a store other than AWS's honours the conditions of a write: one that does
// not would grant a lock to everybody, and lose states.
func (l *s3Lock) checkStore(ctx context.Context) error {
	if !l.store.foreign() || l.store.checked.Load() {
		return nil
	}
	for name, since := range map[string]string{"If-None-Match": "", "If-Match": `"00000000000000000000000000000000"`} {
		probe := *l
		probe.doc.Operation += " (probe of the store)"
		switch err := probe.write(ctx, since); {
		case errors.Is(err, errMoved):
			continue
		case err == nil:
			probe.discard(ctx)
			return fmt.Errorf("lock %s: the store at %s ignores %s: it overwrote an object that it should "+
				"have kept. It cannot keep two applies apart, so no state can be kept there",
				l.store.Address(), l.store.host, name)
		default:
			l.discard(ctx)
			return err
		}
	}
	l.store.checked.Store(true)
	return nil
}

// discard tries to release a lock that is not used after all. If that fails, its lease ends by
// itself.
func (l *s3Lock) discard(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), dialTimeout)
	defer cancel()
	if doc, held, err := l.store.readLock(ctx); err == nil && doc.ID == l.doc.ID {
		l.store.remove(ctx, l.store.lockKey(), held.etag)
	}
}

// write replaces the version since of the lock.
func (l *s3Lock) write(ctx context.Context, since string) error {
	l.doc.Renewed = time.Now().UTC()
	data, err := json.Marshal(l.doc)
	if err != nil {
		return err
	}
	etag, err := l.store.put(ctx, l.store.lockKey(), data, since)
	if err == nil {
		l.etag = etag
	}
	return err
}

// renew writes the lock again. A refusal may be due to a renewal of ours that was carried out after
// we had stopped waiting for its answer.
func (l *s3Lock) renew(ctx context.Context) error {
	err := l.write(ctx, l.etag)
	if !errors.Is(err, errMoved) {
		return err
	}
	other, held, err := l.store.readLock(ctx)
	switch {
	case errors.Is(err, errAbsent):
		return errMoved
	case err != nil:
		return err
	case other.ID != l.doc.ID:
		return errMoved
	}
	l.etag = held.etag
	return l.write(ctx, l.etag)
}

// unlock removes the lock if it is still ours. The work is done by then and the lease ends anyway,
// so a dead store is not waited for long.
func (l *s3Lock) unlock(ctx context.Context) error {
	l.lease.release()
	ctx, cancel := context.WithTimeout(ctx, l.store.answer)
	defer cancel()
	err := l.store.remove(ctx, l.store.lockKey(), l.etag)
	if errors.Is(err, errMoved) {
		other, held, getErr := l.store.readLock(ctx)
		switch {
		case getErr == nil && other.ID == l.doc.ID: // a late renewal
			err = l.store.remove(ctx, l.store.lockKey(), held.etag)
		case getErr == nil || errors.Is(getErr, errAbsent): // taken over, or removed by force
			return nil
		}
	}
	if err != nil {
		return fmt.Errorf("%w; the lock's lease ends in %s, or release it with \"retainctl force-unlock %s\"",
			err, l.store.settings.LockLease, l.doc.ID)
	}
	return nil
}

// readLock reads the lock, and returns errAbsent if nobody holds it. If another program wrote the
// object, the lock has no known holder.
func (s *S3) readLock(ctx context.Context) (lockDocument, object, error) {
	held, err := s.get(ctx, s.lockKey())
	if err != nil {
		return lockDocument{}, held, err
	}
	var doc lockDocument
	if json.Unmarshal(held.body, &doc) != nil {
		doc = lockDocument{}
	}
	return doc, held, nil
}

// ForceUnlock implements state.Store.
func (s *S3) ForceUnlock(ctx context.Context, id string) error {
	doc, held, err := s.readLock(ctx)
	switch {
	case errors.Is(err, errAbsent):
		return state.ErrNotLocked
	case err != nil:
		return err
	case doc.ID == "":
		return fmt.Errorf("s3://%s/%s is not a lock of retainctl; if nothing uses it, delete the object",
			s.settings.Bucket, s.lockKey())
	case doc.ID != id:
		return fmt.Errorf("another lock is held: %s", doc.LockInfo)
	}
	if err := s.remove(ctx, s.lockKey(), held.etag); errors.Is(err, errMoved) {
		return errors.New("the holder has just renewed the lock: it is alive")
	} else if err != nil {
		return err
	}
	return nil
}
