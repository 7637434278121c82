package chart

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"regexp"
	"strings"
	"unicode"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/troupedb/troupe/bench/results"
)

// Chart is a chart of either kind.
type Chart interface {
	// SVG draws the chart as an element svg, whose ids begin with id.
	SVG(id string) (string, error)
	// Table returns what the chart shows.
	Table() results.Table
	// Name returns the chart's title.
	Name() string
}

// Text is what a chart says beside its figures.
type Text struct {
	// Title names it, and Description says in a sentence what is seen, for those who don't see it.
	Title, Description string
	// X and Y name the axes.
	X, Y string
}

// Name implements Chart.
func (t Text) Name() string { return t.Title }

const (
	width       = vg.Length(640)
	lineHeight  = vg.Length(16)
	letterSize  = vg.Length(12)
	longestName = 48 // letters of a name beside an axis; the table has all of it
)

func newPlot(text Text) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil // the page's
	letters := font.Font{Typeface: "Liberation", Variant: "Sans", Size: letterSize}
	p.X.Label.Text, p.Y.Label.Text = label(text.X), label(text.Y)
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font, axis.Tick.Label.Font = letters, letters
		axis.Label.Padding = 4
		axis.Color, axis.Tick.Color = ink.colour(), ink.colour()
	}
	p.Legend.TextStyle.Font = letters
	p.Legend.ThumbnailWidth, p.Legend.Padding = 32, 3
	p.Legend.Left, p.Legend.Top = true, true
	return p
}

var (
	// styled is a style of the library's: text can't look like one, because its quotes are escaped.
	styled   = regexp.MustCompile(`\s+style="([^"]*)"`)
	worded   = regexp.MustCompile(`(?s)<text ([^>]*)>([^<]*)</text>`)
	penned   = regexp.MustCompile(`#0000([0-9A-F]{2})\b`)
	lettered = regexp.MustCompile(`font-(family|variant|weight|style):[^;]*;`)
)

var errLibrary = errors.New("the chart isn't the SVG that was expected")

// svg draws a plot with its legend of so many lines below.
func svg(p *plot.Plot, text Text, id string, height vg.Length, legend int) (string, error) {
	below := lineHeight * vg.Length(legend)
	canvas := vgsvg.NewWith(vgsvg.UseWH(width, height+below))
	whole := draw.New(canvas)
	entries := p.Legend
	p.Legend = plot.NewLegend()
	p.Draw(draw.Crop(whole, 0, -8, below, -4))
	if legend > 0 {
		entries.Draw(draw.Crop(whole, 40, 0, 0, -(height + 2)))
	}
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return "", err
	}
	_, body, found := strings.Cut(out.String(), "<svg")
	_, body, begins := strings.Cut(body, ">")
	body, ends := strings.CutSuffix(strings.TrimSpace(body), "</svg>")
	if !found || !begins || !ends {
		return "", errLibrary
	}
	body = worded.ReplaceAllStringFunc(body, func(element string) string { // it takes the room that was reckoned with, whatever font the reader has
		parts := worded.FindStringSubmatch(element)
		room := entries.TextStyle.Width(html.UnescapeString(parts[2])).Points()
		return fmt.Sprintf(`<text textLength="%.1f" lengthAdjust="spacingAndGlyphs" %s>%s</text>`, room, parts[1], parts[2])
	})
	body = styled.ReplaceAllStringFunc(body, func(style string) string {
		style = lettered.ReplaceAllString(strings.TrimSpace(style), "")
		return " " + penned.ReplaceAllStringFunc(style, variableOf)
	})
	head := fmt.Sprintf(`<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" role="img" aria-labelledby="%s">`,
		width.Points(), (height + below).Points(), id+"-title "+id+"-desc")
	return head + "\n<title id=\"" + id + "-title\">" + escape(text.Title) + "</title>\n<desc id=\"" + id + "-desc\">" + escape(text.Description) + "</desc>" + body + "</svg>", nil
}

func variableOf(colour string) string {
	var n int
	if _, err := fmt.Sscanf(colour, "#0000%X", &n); err != nil {
		return colour
	}
	return fmt.Sprintf("var(--c%d)", n)
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;")

func escape(text string) string { return escaper.Replace(printable(text)) }

// printable replaces what XML doesn't allow, and what would break a line.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsGraphic(r) || r == unicode.ReplacementChar:
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// label makes a name fit beside an axis.
func label(name string) string {
	letters := []rune(printable(name))
	if len(letters) > longestName {
		return string(letters[:longestName-1]) + "…"
	}
	return string(letters)
}
