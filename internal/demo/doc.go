// Package demo is the frame of the programs in examples: the flags that all have, their temporary directory, the troupe's
// beginning and end, the report of what was asserted, and the exit status. It knows nothing of what they show.
package demo
