// Package bounds ends what an untrusted configuration would make without end. Plans run
// on pull requests of anybody, and Go recovers neither from a stack nor from memory that
// is used up, so each bound is checked before the work that it bounds:
//
//   - Source and Tokens, before parsing: how deep brackets, templates and operators nest.
//   - Value: how long a string and how large a number may be.
//   - WhollyKnown: how many values may be within a value.
//   - Budget: how many bytes all expressions of a configuration may make together.
//
// The bounds are constants and counted, never timed, so that a configuration is refused on
// every machine or on none. What is refused is said without the value, which may be
// sensitive.
package bounds
