package main

import (
	"context"
	"errors"
	"sync"

	"github.com/troupedb/troupe/internal/demo"
	"github.com/troupedb/troupe/internal/demo/weather"
)

// raceForIDs lets a hundred writers take an id each, all at once.
func (e *example) raceForIDs(ctx context.Context) (err error) {
	if e.ids, err = weather.NewIDs(ctx, e.Stage); err != nil {
		return err
	}
	const writers = 100
	var (
		wg    sync.WaitGroup
		taken [writers][]any
		errs  [writers]error
	)
	for i := range writers {
		wg.Go(func() { taken[i], errs[i] = e.ids.Next(ctx, "weather_locations", 1) })
	}
	wg.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	distinct := map[any]bool{}
	for _, one := range taken {
		for _, id := range one {
			distinct[id] = true
		}
	}
	demo.Check(e.Report, "different ids that 100 concurrent writers took", len(distinct), writers)
	return nil
}
