package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReport(t *testing.T) {
	for name, c := range map[string]struct {
		events []string
		want   string
		passed bool
	}{
		"passed": {
			[]string{
				`{"Action":"start","Package":"p/a"}`,
				`{"Action":"run","Package":"p/a","Test":"TestOne"}`,
				`{"Action":"output","Package":"p/a","Test":"TestOne","Output":"=== RUN   TestOne\n"}`,
				`{"Action":"output","Package":"p/a","Test":"TestOne","Output":"    a_test.go:3: quiet\n"}`,
				`{"Action":"pass","Package":"p/a","Test":"TestOne","Elapsed":1.5}`,
				`{"Action":"output","Package":"p/a","Output":"PASS\n"}`,
				`{"Action":"output","Package":"p/a","Output":"ok  \tp/a\t1.501s\n"}`,
				`{"Action":"pass","Package":"p/a","Elapsed":1.501}`,
			},
			"ok  \tp/a\t1.501s\n\nslowest:\n     1.5s  a.TestOne\n\ntests: 1 passed, 0 failed, 0 skipped\n", true,
		},
		"failed in a subtest": {
			[]string{
				`{"Action":"run","Package":"p","Test":"TestBad"}`,
				`{"Action":"run","Package":"p","Test":"TestBad/x"}`,
				`{"Action":"output","Package":"p","Test":"TestBad/x","Output":"    a_test.go:4: why\n"}`,
				`{"Action":"run","Package":"p","Test":"TestBad/y"}`,
				`{"Action":"output","Package":"p","Test":"TestBad","Output":"--- FAIL: TestBad\n"}`,
				`{"Action":"fail","Package":"p","Test":"TestBad/x"}`,
				`{"Action":"pass","Package":"p","Test":"TestBad/y"}`,
				`{"Action":"fail","Package":"p","Test":"TestBad"}`,
				`{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}`,
				`{"Action":"fail","Package":"p"}`,
			},
			"    a_test.go:4: why\n--- FAIL: TestBad\nFAIL\tp\t0.1s\n\ntests: 1 passed, 1 failed, 0 skipped\n", false,
		},
		"skipped": {
			[]string{
				`{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:4: no server: sorry\n"}`,
				`{"Action":"skip","Package":"p","Test":"TestA"}`,
				`{"Action":"run","Package":"p","Test":"TestB/one"}`,
				`{"Action":"output","Package":"p","Test":"TestB/one","Output":"    b_test.go:44: no server: sorry\n"}`,
				`{"Action":"skip","Package":"p","Test":"TestB/one"}`,
				`{"Action":"pass","Package":"p","Test":"TestB"}`,
				`{"Action":"pass","Package":"p","Test":"TestC"}`,
				`{"Action":"pass","Package":"p"}`,
			},
			"\nskipped 2: no server: sorry\n    TestA, TestB/one\n\ntests: 1 passed, 0 failed, 2 skipped\n", true,
		},
		"the process died": {
			[]string{
				`{"Action":"run","Package":"p","Test":"TestHang"}`,
				`{"Action":"run","Package":"p","Test":"TestHang/x"}`,
				`{"Action":"output","Package":"p","Test":"TestHang/x","Output":"panic: test timed out\n"}`,
				`{"Action":"fail","Package":"p"}`,
			},
			"panic: test timed out\n\ntests: 0 passed, 1 failed, 0 skipped\n", false,
		},
		"a leak after the tests": {
			[]string{
				`{"Action":"pass","Package":"p","Test":"TestFine"}`,
				`{"Action":"output","Package":"p","Output":"goleak: Errors on successful test run\n"}`,
				`{"Action":"fail","Package":"p"}`,
			},
			"goleak: Errors on successful test run\n\ntests: 1 passed, 1 failed, 0 skipped\n", false,
		},
		"it doesn't build": {
			[]string{
				`{"ImportPath":"p [p.test]","Action":"build-output","Output":"a.go:3: undefined: x\n"}`,
				`{"ImportPath":"p [p.test]","Action":"build-fail"}`,
				`{"Action":"output","Package":"p","Output":"FAIL\tp [build failed]\n"}`,
				`{"Action":"fail","Package":"p","FailedBuild":"p [p.test]"}`,
			},
			"a.go:3: undefined: x\nFAIL\tp [build failed]\n\ntests: 0 passed, 1 failed, 0 skipped\n", false,
		},
		"the end is missing": {
			[]string{`{"Action":"start","Package":"p"}`, `{"Action":"pass","Package":"p","Test":"TestFine"}`},
			"\nFAIL p: the output ends before the package does\n\ntests: 1 passed, 1 failed, 0 skipped\n", false,
		},
		"no tests": {
			[]string{
				"go: something else\n", `{"Action":"output","Package":"p","Output":"?   \tp\t[no test files]\n"}`,
				`{"Action":"skip","Package":"p"}`,
			},
			"go: something else\n\n\ntests: 0 passed, 0 failed, 0 skipped\n", false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			passed, err := run(strings.NewReader(strings.Join(c.events, "\n")+"\n"), &out)
			require.NoError(t, err)
			assert.Equal(t, c.want, out.String())
			assert.Equal(t, c.passed, passed)
		})
	}
}
