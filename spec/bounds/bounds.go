// Package bounds limits what an untrusted configuration can use of stack, memory and time.
// Anybody can open a pull request that is planned, and Go recovers neither from an exhausted
// stack nor from exhausted memory, so each bound is checked before the work that it limits:
//
//   - Source and Tokens, before parsing: how deeply brackets, templates and operators nest.
//   - Value: how long a string and how large a number may be.
//   - WhollyKnown: how many values a value may contain.
//   - Budget: how many bytes of values all expressions of a configuration may create.
//
// The bounds are constants and are counted, never timed, so that every machine refuses the
// same configurations. Errors and diagnostics do not quote the value, which may be sensitive.
package bounds
