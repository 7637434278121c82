package chart

import (
	"fmt"
	"image/color"
	"strings"
)

// The library draws in colours that stand for variables of CSS: #0000NN for the NNth.
type pen uint8

// The pens. The first are those of variants, or of the parts of a bar.
const (
	variants     = 8
	ink      pen = iota + variants // 9
	grid
	must
	aim
)

func (p pen) colour() color.Color { return color.NRGBA{B: uint8(p), A: 255} }

// variant is the pen of the nth variant. After eight they begin again: dashes tell those apart.
func variant(n int) pen { return pen(n%variants + 1) }

// palettes are the pens' colours on white and on black, those of Okabe and Ito, which most colour-blind people can tell apart.
var palettes = map[string][]string{
	"light": {
		"#0072b2", "#c44e00", "#00805d", "#b0568a", "#a87400", "#2b8fc7", "#6f6f00", "#5c5c5c",
		"#1c1c1c", "#dddddd", "#a40000", "#1d6b1d",
	},
	"dark": {
		"#5cb3ec", "#ff8a47", "#2fcfa0", "#e8a3ca", "#f0b73a", "#8fd0f5", "#d8d84e", "#b8b8b8",
		"#ececec", "#3d3d3d", "#ff8080", "#7fd67f",
	},
}

// Style returns the CSS that charts need: on screens that are dark, dark, and light anywhere else and on paper.
func Style() string {
	return fmt.Sprintf(":root{%s}\n@media screen and (prefers-color-scheme:dark){:root{%s}}\n"+
		".chart{width:100%%;height:auto}\n.chart text{fill:var(--c%d);font-family:Arial,'Liberation Sans',Helvetica,sans-serif}\n",
		variables("light"), variables("dark"), ink)
}

func variables(palette string) string {
	var b strings.Builder
	for i, colour := range palettes[palette] {
		fmt.Fprintf(&b, "--c%d:%s;", i+1, colour)
	}
	return b.String()
}
