// Package chart draws charts as SVG that stands in a page of HTML: no scripts, no fonts and no fixed colours, which are the page's variables
// of CSS (Style), so that it can be light or dark. Each has a title, a description, and a table of what it shows. The drawing is gonum's.
package chart
