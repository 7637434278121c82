package profile

import "fmt"

// Answer is what a test has found: how many rows, and a sum over what is in them that doesn't depend on their order. Making it costs
// a few nanoseconds for each row, so that it can be part of what is measured.
type Answer struct {
	Rows int64
	Sum  uint64
}

// Add adds a row: a number, and of each text its length and its last byte.
func (a *Answer) Add(number int64, texts ...string) {
	h := uint64(number) * 0x9e3779b97f4a7c15
	for _, text := range texts {
		last := byte(0)
		if text != "" {
			last = text[len(text)-1]
		}
		h = (h ^ uint64(len(text)+1)<<8 ^ uint64(last)) * 0xff51afd7ed558ccd
	}
	a.Rows++
	a.Sum += h ^ h>>32
}

// Join adds the rows of another answer.
func (a *Answer) Join(other Answer) {
	a.Rows += other.Rows
	a.Sum += other.Sum
}

// Times returns the answer of n who each have found a.
func (a Answer) Times(n int) Answer { return Answer{Rows: a.Rows * int64(n), Sum: a.Sum * uint64(n)} }

// Want returns an error unless a is the right answer.
func (a Answer) Want(right Answer) error {
	switch {
	case a.Rows != right.Rows:
		return fmt.Errorf("wrong answer: %d rows, not %d", a.Rows, right.Rows)
	case a.Sum != right.Sum:
		return fmt.Errorf("wrong answer: %d rows as there should be, with other values in them", a.Rows)
	}
	return nil
}
