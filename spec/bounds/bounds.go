// Package bounds limits what an untrusted configuration can use of stack, memory and time.
// Anybody can open a pull request that is planned, and Go recovers neither from an exhausted
// stack nor from exhausted memory.
//
// Whatever one step could exhaust has a bound that is checked before the step. These bounds are
// constants and are counted, never timed, so that every machine refuses the same configurations:
//
//   - Source and Tokens, before parsing: how deeply brackets, templates and operators nest.
//   - Value: how long a string and how large a number may be.
//   - WhollyKnown: how many values a value may contain.
//
// A watchdog sees none of these in time: one allocation that the system refuses, and one stack that is
// too deep, end the process at once.
//
// What takes too much in many small steps, such as a for expression inside another, is not counted:
// Work says which expression is being evaluated, so that whoever watches the time and the memory of
// the process can name it. Errors and diagnostics do not quote the value, which may be sensitive.
package bounds
