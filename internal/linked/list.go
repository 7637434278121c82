// Package linked has lists that are linked through their elements, for what comes and goes within microseconds: neither adding nor
// removing allocates.
package linked

// List is elements, the newest first. The zero value is empty. It isn't safe for concurrent use: whoever has it guards it, and the Links in it.
type List[T any] struct {
	newest *Links[T]
	number int
}

// Links are an element's place in a list, and a part of the element. The zero value is in none.
type Links[T any] struct {
	newer, older *Links[T]
	element      *T // nil if they are in no list
}

// Add adds an element, whose links are in no list.
func (l *List[T]) Add(element *T, links *Links[T]) {
	links.element, links.older = element, l.newest
	if l.newest != nil {
		l.newest.newer = links
	}
	l.newest = links
	l.number++
}

// Remove removes the element with these links, if they are in the list.
func (l *List[T]) Remove(links *Links[T]) {
	if links.element == nil {
		return
	}
	if links.newer != nil {
		links.newer.older = links.older
	} else {
		l.newest = links.older
	}
	if links.older != nil {
		links.older.newer = links.newer
	}
	*links = Links[T]{}
	l.number--
}

// Len returns how many elements there are.
func (l *List[T]) Len() int { return l.number }

// All returns the elements.
func (l *List[T]) All() []*T {
	all := make([]*T, 0, l.number)
	for links := l.newest; links != nil; links = links.older {
		all = append(all, links.element)
	}
	return all
}

// In reports whether the links are in a list.
func (links *Links[T]) In() bool { return links.element != nil }
