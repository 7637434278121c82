// Package load has clients do something again and again, all at once, and measures it: what a comparison calls a sample. It uses nothing but the
// standard library, because peers' programs use it, too.
package load
