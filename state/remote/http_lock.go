package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/retainctl/retainctl/state"
)

// Lock implements state.Store. The protocol has no lease: the lock stays until it is released. So
// it cannot be lost, and it outlives a holder that died.
func (h *HTTP) Lock(ctx context.Context, info state.LockInfo) (context.Context, func(context.Context) error, error) {
	if h.settings.LockAddress == nil {
		h.Note("The http backend of " + h.Address() + " has no lock_address: nothing keeps two runs apart.")
		return ctx, func(context.Context) error { return nil }, nil
	}
	if err := h.take(ctx, info); err != nil {
		if !isHeld(err) && ctx.Err() != nil { // the request may have been carried out
			h.release(context.WithoutCancel(ctx), info)
		}
		return nil, nil, err
	}
	h.holds(info.ID)
	return ctx, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, h.answer) // the work is done, so a dead server is not waited for long
		defer cancel()
		h.holds("")
		if err := h.release(ctx, info); err != nil {
			return fmt.Errorf("%w; release it with \"retainctl force-unlock %s\"", err, info.ID)
		}
		return nil
	}, nil
}

func (h *HTTP) holds(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lockID = id
}

func isHeld(err error) bool {
	var held *state.LockedError
	return errors.As(err, &held)
}

// take sends LOCK. A refusal that names our own ID means that an earlier attempt was carried out
// and its answer lost.
func (h *HTTP) take(ctx context.Context, info state.LockInfo) error {
	body, err := json.Marshal(info)
	if err != nil {
		return err
	}
	a, err := h.send(ctx, h.settings.LockMethod, h.settings.LockAddress, body)
	if err != nil {
		return err
	}
	switch a.status {
	case http.StatusOK, http.StatusCreated, http.StatusNoContent:
		return nil
	case http.StatusLocked, http.StatusConflict:
		holder := holderOf(a.body)
		if holder.ID == info.ID {
			return nil
		}
		return &state.LockedError{Holder: holder}
	}
	return h.explain("lock", a)
}

// holderOf returns who holds a lock. A server may write its time in another form than RFC 3339.
func holderOf(body []byte) (info state.LockInfo) {
	var text struct {
		state.LockInfo
		Created string
	}
	if json.Unmarshal(body, &text) != nil {
		return info
	}
	info = text.LockInfo
	info.Created.UnmarshalText([]byte(text.Created)) // the zero time if it cannot be parsed
	return info
}

// release sends UNLOCK.
func (h *HTTP) release(ctx context.Context, info state.LockInfo) error {
	body, err := json.Marshal(info)
	if err != nil {
		return err
	}
	a, err := h.send(ctx, h.settings.UnlockMethod, h.settings.UnlockAddress, body)
	if err != nil {
		return err
	}
	switch a.status {
	case http.StatusOK, http.StatusCreated, http.StatusNoContent:
		return nil
	}
	return h.explain("unlock", a)
}

// ForceUnlock implements state.Store. In the protocol the only way to learn who holds the lock is
// to try to take it.
func (h *HTTP) ForceUnlock(ctx context.Context, id string) error {
	if h.settings.LockAddress == nil {
		return errors.New("the http backend has no lock_address, so nothing is ever locked")
	}
	probe := state.NewLockInfo("force-unlock", h.Address(), time.Now())
	err := h.take(ctx, probe)
	var held *state.LockedError
	switch {
	case err == nil:
		return errors.Join(h.release(ctx, probe), state.ErrNotLocked)
	case !errors.As(err, &held):
		return err
	case held.Holder.ID == "":
		return errors.New("the server does not say which lock it holds, so it may not be this one: release " +
			"it there")
	case held.Holder.ID != id:
		return fmt.Errorf("another lock is held: %s", held.Holder)
	}
	return h.release(ctx, held.Holder)
}
