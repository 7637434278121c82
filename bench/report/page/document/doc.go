// Package document writes a run of comparisons as one page of HTML: its goals and what became of them, and for each section a table of all
// figures, and charts with their tables beside. The page needs nothing else, no network and no scripts.
package document
