package statement

import "strings"

// expressions checks a list of expressions from token i on, to the end or to one of the words outside parentheses, and
// returns the place where it stopped.
func (p *plain) expressions(i int, stops ...string) (int, *Refusal) {
	var calls []string // for each open bracket the word before it
	label := false     // the token before is AS, so that the next one is a name whatever it is
	for ; i < len(p.tokens); i++ {
		t := p.tokens[i]
		name := label || p.symbol(i-1) == '.'
		label = false
		switch t.kind {
		case wordToken:
			if !name {
				if len(calls) == 0 && contains(stops, t.word) && !p.distinctFrom(i) {
					return i, nil
				}
				label = t.word == "as"
				if r := p.keyword(i, calls); r != nil {
					return i, r
				}
			}
			if r := p.column(i, t.word); r != nil {
				return i, r
			}
			if r := p.call(i, name); r != nil && (p.word(i-1) != "as" || !postgresTypes[t.word]) {
				return i, r
			}
		case nameToken:
			if !p.isName(i) {
				return i, refuse(p.source(i), t.start, "escapes in names aren't read", "write the name in plain quotes")
			}
			if r := p.column(i, strings.Trim(p.source(i), `"`)); r != nil {
				return i, r
			}
			if r := p.call(i, true); r != nil {
				return i, r
			}
		case stringToken:
			if mayReadClock(p.source(i)) {
				return i, refuse(p.source(i), t.start, "as a time it would be read from each shard's clock", hintCompute)
			}
		case symbolToken:
			switch c := p.text[t.start]; c {
			case '(', '[':
				calls = append(calls, p.word(i-1))
			case ')', ']':
				if len(calls) == 0 {
					return i, refuse(string(c), t.start, reasonUnknown, hintPin)
				}
				calls = calls[:len(calls)-1]
			default:
				if strings.IndexByte(".,:*/<>=~!@#%^&|`?+-", c) < 0 {
					return i, refuse(p.source(i), t.start, reasonUnknown, hintPin)
				}
			}
		}
	}
	if len(calls) > 0 {
		return i, refuse("parentheses", p.start(i), reasonUnknown, hintPin)
	}
	return i, nil
}

// distinctFrom reports whether token i is the FROM of IS [NOT] DISTINCT FROM.
func (p *plain) distinctFrom(i int) bool {
	return p.word(i) == "from" && p.word(i-1) == "distinct" && p.isDistinct(i-1)
}

// isDistinct reports whether token i is the DISTINCT of IS [NOT] DISTINCT FROM.
func (p *plain) isDistinct(i int) bool {
	if p.word(i+1) != "from" {
		return false
	}
	if p.word(i-1) == "not" {
		i--
	}
	// After a dot or AS, "is" would be a name.
	return p.word(i-1) == "is" && p.symbol(i-2) != '.' && p.word(i-2) != "as"
}

// keyword refuses a word that begins a clause or reads something other than the row and the arguments.
func (p *plain) keyword(i int, calls []string) *Refusal {
	word, call := p.tokens[i].word, ""
	if len(calls) > 0 {
		call = calls[len(calls)-1]
	}
	switch word {
	case "distinct":
		if p.isDistinct(i) {
			return nil
		}
	case "from":
		if p.distinctFrom(i) || postgresFromArguments[call] {
			return nil
		}
	case "for":
		if postgresForArguments[call] {
			return nil
		}
	// These aren't reserved: a column may have their name.
	case "over":
		if p.symbol(i-1) != ')' {
			return nil
		}
	case "current":
		if p.word(i+1) != "of" {
			return nil
		}
	case "values":
		if p.symbol(i+1) != '(' {
			return nil
		}
	}
	if c, ok := postgresClauses[word]; ok {
		return refuse(c.name, p.start(i), c.reason, c.hint)
	}
	if postgresValues[word] {
		return refuse(strings.ToUpper(word), p.start(i), reasonVaries, hintCompute)
	}
	return nil
}

// column refuses names, quoted or not, that stand for something other than a column.
func (p *plain) column(i int, name string) *Refusal {
	switch {
	case postgresSystem[name]:
		return refuse(p.source(i), p.start(i), reasonVaries, hintPin)
	case p.symbol(i-1) == '.' && postgresRowAggregates[name]:
		return refuse(p.source(i), p.start(i), "without such a column it is a call of the aggregate with the whole row",
			"leave out the table's name before it, or "+hintPin)
	}
	return nil
}

// call refuses a call of the function that token i names, if it is one and not known to be harmless. A qualified name
// may be anybody's function.
func (p *plain) call(i int, name bool) *Refusal {
	if p.symbol(i+1) != '(' {
		return nil
	}
	word := p.word(i)
	if !name && (postgresBeforeParentheses[word] || postgresTypes[word] || postgresScalars[word]) {
		return nil
	}
	clause := strings.Trim(p.source(i), `"`) + "()"
	switch {
	case word == "exists" && !name:
		return refuse("EXISTS", p.start(i), reasonElsewhere, hintPin)
	case postgresAggregates[word]:
		return refuse(clause, p.start(i), "an aggregate's rows may live on several shards", hintClient)
	default:
		return refuse(clause, p.start(i), reasonFunction, hintCompute)
	}
}

// mayReadClock reports whether a literal, converted to a time, would read the clock: 'now', '10:00 today', 'today PST'.
// Whether it will be converted isn't seen in the text. Characters given by their numbers aren't read and are suspects.
func mayReadClock(literal string) bool {
	body := literal[strings.IndexAny(literal, "'$"):]
	if body[0] == '$' {
		tag := strings.IndexByte(body[1:], '$') + 2
		body = body[tag : len(body)-tag]
	}
	// Before the quote stands the U& or the E of a literal with escapes; B, X and N have none, which does no harm.
	if strings.HasPrefix(literal, "U") || strings.HasPrefix(literal, "u") {
		return strings.Contains(body, `\`)
	}
	if body[0] == '\'' && len(body) < len(literal) {
		if numericEscape(body) {
			return true
		}
		body = plainEscapes.Replace(body)
	}
	words := strings.FieldsFunc(strings.ToLower(body), func(r rune) bool { return r <= ' ' || r == '\'' || r == ',' })
	if len(words) > 4 {
		return false
	}
	for _, w := range words {
		switch {
		case w == "now" || w == "today" || w == "tomorrow" || w == "yesterday":
			return true
		case isNameStart(w[0]):
			return false
		}
	}
	return false
}

var plainEscapes = strings.NewReplacer(`\b`, " ", `\f`, " ", `\n`, " ", `\r`, " ", `\t`, " ", `\\`, "?", `\`, "")

// numericEscape reports whether the body of an E” literal may give a character by its number.
func numericEscape(body string) bool {
	for i := 0; i+1 < len(body); i++ {
		if body[i] != '\\' {
			continue
		}
		i++
		if strings.IndexByte("xuU01234567", body[i]) >= 0 {
			return true
		}
	}
	return false
}
