package house

// maxLines is where a file is split. From 300 on it is worth a look.
const maxLines = 500

func checkLengths(t *tree, report reporter) {
	for _, f := range t.files {
		if !f.test && f.lines > maxLines {
			report(f, 1, "%d lines: split it, %d is the limit", f.lines, maxLines)
		}
	}
}
