package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConvert(t *testing.T) {
	var page bytes.Buffer
	require.NoError(t, convert(strings.NewReader(`{"when":"2026-11-22T20:00:00Z","machine":{"cpu":"a CPU"},"experiments":[]}`), &page))
	assert.Contains(t, page.String(), "a CPU")
	assert.Error(t, convert(strings.NewReader(`{"what":1}`), &page))
	assert.ErrorIs(t, convert(strings.NewReader(`{}`), full{}), errFull)
}

var errFull = errors.New("the disk is full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }
