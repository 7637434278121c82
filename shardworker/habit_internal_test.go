package shardworker

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// ask looks a text up as a worker does, and adds it if it is new.
func (hs *habits) ask(sql string) *habit {
	h, known := hs.of(sql, true)
	if !known && h != nil {
		hs.know(sql, true, h)
	}
	return h
}

// TestHabitsAreBounded in number and bytes, and those in use are kept.
func TestHabitsAreBounded(t *testing.T) {
	for name, length := range map[string]int{"short": 0, "long": maxHabitBytes - 10} {
		t.Run(name, func(t *testing.T) {
			var hs habits
			padding := strings.Repeat(" ", length)
			used := hs.ask("used")
			for i := range 10 * maxHabits {
				require.NotNil(t, hs.ask(fmt.Sprint(i, padding)))
				if i%2 == 0 {
					require.Same(t, used, hs.ask("used"))
				}
				for _, generation := range []map[habitKey]*habit{hs.young, hs.old} {
					bytes := 0
					for key := range generation {
						bytes += len(key.sql)
					}
					require.LessOrEqual(t, bytes, maxHabitsBytes)
					require.LessOrEqual(t, len(generation), maxHabits)
				}
			}
			_, known := hs.of("0"+padding, true)
			require.False(t, known, "a text that nobody uses is forgotten")
		})
	}
	var hs habits
	require.Nil(t, hs.ask(strings.Repeat("x", maxHabitBytes+1)))
}

// TestWritesMayTakeAsLongAsACommit, whatever kind of arguments they have.
func TestWritesMayTakeAsLongAsACommit(t *testing.T) {
	var h habit
	require.False(t, h.joins(AmongReads, 0), "nothing is known")
	h.learn(30*time.Millisecond, 0)
	require.False(t, h.joins(AmongReads, 0))
	require.True(t, h.joins(AmongWrites, 0))
	h.learn(time.Second, 0)
	require.False(t, h.joins(AmongWrites, 0))
	require.True(t, h.joins(AmongWrites, time.Second))
	h.learn(0, smallAnswer+1)
	require.False(t, h.joins(AmongWrites, time.Minute))
}

// TestFarAwayReadsJoin has a database to which the way takes longer than a read may take.
func TestFarAwayReadsJoin(t *testing.T) {
	h := &habit{}
	h.learn(40*time.Millisecond, 100)
	require.False(t, h.joins(AmongReads, 0), "others are quicker")
	require.True(t, h.joins(AmongReads, 38*time.Millisecond), "nothing is quicker")
	h.learnEach(10 * time.Millisecond)
	require.True(t, h.joins(AmongReads, 38*time.Millisecond), "four share the way")
	h.learnEach(100 * time.Millisecond)
	require.False(t, h.joins(AmongReads, 38*time.Millisecond), "it is the statement that takes long")
}

func TestLargeArgumentsAreCounted(t *testing.T) {
	require.Equal(t, 9, argBytes([]any{1, "abc", nil, []byte("de"), json.RawMessage(`"ab"`)}))
}
