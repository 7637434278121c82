// Package bench measures troupe beside the loop that a good engineer would write by hand, in one run: each round runs
// every variant once, in rotating order, and a benchmark reports the median of the rounds' ratios to the first variant.
// Only ratios carry over to other machines. The figures and how to repeat them are in docs/performance.md.
package bench
