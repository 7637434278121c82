package document_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/bench/report/page/document"
	"github.com/troupedb/troupe/bench/results"
)

var update = flag.Bool("update", false, "write the golden file")

func written(t require.TestingT, run *results.Run) string {
	require.NoError(t, run.Check())
	var page bytes.Buffer
	require.NoError(t, document.Write(&page, run))
	return page.String()
}

func TestGolden(t *testing.T) {
	got := written(t, sample())
	assert.Equal(t, got, written(t, sample()), "twice the same")
	golden := filepath.Join("testdata", "page.golden.html")
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	assert.Equal(t, string(want), got, "go test ./document -update writes it anew; look at it then")
}

// wellFormed parses a page as XML, which is stricter than HTML, sees that it needs nothing from elsewhere, and returns the ids.
func wellFormed(t require.TestingT, page string) map[string]int {
	page, found := strings.CutPrefix(page, "<!DOCTYPE html>\n")
	require.True(t, found)
	decoder := xml.NewDecoder(strings.NewReader(page))
	ids := map[string]int{}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return ids
		}
		require.NoError(t, err)
		if start, ok := token.(xml.StartElement); ok {
			for _, a := range start.Attr {
				if a.Name.Local == "id" {
					ids[a.Value]++
				}
				for _, of := range []string{"href", "src"} {
					if a.Name.Local == of {
						require.True(t, strings.HasPrefix(a.Value, "#"), "%s is elsewhere", a.Value)
					}
				}
			}
			require.NotContains(t, []string{"script", "link", "img", "iframe", "image"}, start.Name.Local)
		}
	}
}

var references = regexp.MustCompile(`(?:href="#|aria-labelledby=")([^"]*)"`)

func sound(t require.TestingT, page string) {
	ids := wellFormed(t, page)
	for id, n := range ids {
		require.Equal(t, 1, n, "id %s", id)
	}
	for _, match := range references.FindAllStringSubmatch(page, -1) {
		for id := range strings.FieldsSeq(match[1]) {
			require.Contains(t, ids, id)
		}
	}
	for _, never := range []string{"NaN", "Inf", "ZgotmplZ", "%!", "#0000", "http://"} {
		require.NotContains(t, strings.ReplaceAll(page, `xmlns="http://www.w3.org/2000/svg"`, ""), never)
	}
}

func TestPageIsSound(t *testing.T) {
	page := written(t, sample())
	sound(t, page)
	assert.Equal(t, strings.Count(page, "<svg "), strings.Count(page, "<title id="), "each chart has a title")
	assert.Equal(t, strings.Count(page, "<svg "), strings.Count(page, "<desc id="))
	assert.Equal(t, strings.Count(page, "<svg "), strings.Count(page, "<figure>"), "and a figure, with its table")
	assert.Equal(t, strings.Count(page, "<svg "), strings.Count(page, "</desc><g "), "and a drawing")
	assert.NotContains(t, page, "<best>")
	assert.NotContains(t, page, "<here>")
	for _, says := range []string{
		"pool &lt;best&gt; &amp; &#34;more&#34;", "Not measured: insert: no PostgreSQL &lt;here&gt;", "must, troupe", "seeds: rate, × sqlalchemy", "pool-best is pool of 16",
		`<td class="missed">missed`, `<td class="must">reached`, `<td class="aim">aim reached`, `<td class="unmeasured">not measured`,
	} {
		assert.Contains(t, page, says)
	}
}

// TestAnyRun: whatever was measured or not, under whatever names, the page is sound and shows no number that isn't one.
func TestAnyRun(t *testing.T) {
	name := rapid.OneOf(rapid.StringMatching(`[a-z<>&"'|\\]{1,12}`), rapid.String(), rapid.SampledFrom([]string{
		`</title><script>alert(1)</script>`, "fill:#000001", `" onload="x`, "]]>", "<!-- -->", strings.Repeat("long ", 40), "\x00\x1b\u202e", "{{.}}",
	}))
	span := rapid.Map(rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(1, 1e13)), func(n int64) time.Duration { return time.Duration(n) })
	rapid.Check(t, func(t *rapid.T) {
		group := rapid.Bool().Draw(t, "group")
		run := &results.Run{Machine: results.Machine{CPU: name.Draw(t, "cpu")}}
		for _, x := range rapid.SliceOfNDistinct(rapid.IntRange(-2, 1000), 0, 4, rapid.ID).Draw(t, "xs") {
			e := results.Experiment{Name: rapid.StringMatching(`[a-z]{12}/<`).Draw(t, "name"), Title: name.Draw(t, "title"), Unit: "calls"}
			if group {
				e.Group, e.X, e.XLabel = "<group>", float64(x), "<x>"
			}
			n := rapid.IntRange(0, 3).Draw(t, "rounds")
			for _, v := range rapid.SliceOfNDistinct(name, 1, 11, rapid.ID).Filter(func(s []string) bool { return !contains(s, "") }).Draw(t, "variants") {
				variant := results.Variant{Name: v}
				for range n {
					variant.Rounds = append(variant.Rounds, results.Round{
						Count: rapid.IntRange(0, 1e9).Draw(t, "count"), Wall: span.Draw(t, "wall"), P50: span.Draw(t, "p50"), P99: span.Draw(t, "p99"),
						ClientCPU: span.Draw(t, "client"), ServerCPU: span.Draw(t, "server"), PeakRSS: int64(span.Draw(t, "memory")),
					})
				}
				e.Variants = append(e.Variants, variant)
			}
			for _, f := range []results.Figure{results.Rate, results.P99, results.Own} {
				e.Goals = append(e.Goals, results.Goal{Variant: e.Variants[len(e.Variants)-1].Name, Baseline: e.Variants[0].Name, Figure: f, Must: 1, Aim: 1})
			}
			run.Experiments = append(run.Experiments, e)
		}
		if run.Check() != nil { // two experiments of one name
			t.Skip()
		}
		page := written(t, run)
		for _, own := range []string{"NaN", "Inf", "%!", "http://", "#0000"} { // of the names, which may say what they like
			if strings.Contains(strings.Join(names(run), " "), own) {
				t.Skip()
			}
		}
		sound(t, page)
	})
}

func names(run *results.Run) []string {
	all := []string{run.Machine.CPU}
	for _, e := range run.Experiments {
		all = append(all, e.Name, e.Title)
		for _, v := range e.Variants {
			all = append(all, v.Name)
		}
	}
	return all
}

func contains(all []string, one string) bool {
	for _, s := range all {
		if s == one {
			return true
		}
	}
	return false
}

func TestAnEmptyRun(t *testing.T) {
	page := written(t, &results.Run{})
	sound(t, page)
	assert.Contains(t, page, "Goals reached: 0 of 0")
}
