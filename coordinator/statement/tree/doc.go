// Package tree is the neutral model of a parsed SQL statement: what the front ends of the dialects produce and everything
// above them reads. It knows no dialect's grammar, no schema and no shard.
//
// A tree is immutable once its front end has returned it. Every node has the bytes that it covers in the text, so that a
// statement can be changed by splicing; nodes that nest, nest in the text as well, and siblings come in the order of the
// text. What a front end doesn't understand is an [Opaque] node with its children, so that no table hides in it.
package tree
