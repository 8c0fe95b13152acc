package db

import (
	"context"
	"testing"
	"time"
)

func TestGateHeld(t *testing.T) {
	ctx := context.Background()
	var g gate
	free, err := g.hold(ctx)
	if err != nil {
		t.Fatal(err)
	}
	in := make(chan struct{})
	go func() {
		if err := g.enter(ctx, true); err == nil {
			close(in)
		}
	}()
	for range 3 { // users come and go
		if err := g.enter(ctx, false); err != nil {
			t.Fatal(err)
		}
		g.leave()
	}
	short, stop := context.WithTimeout(ctx, 20*time.Millisecond)
	defer stop()
	if err := g.enter(short, true); err == nil {
		t.Fatal("background work was let in while it was held")
	}
	select {
	case <-in:
		t.Fatal("background work was let in while it was held")
	default:
	}
	free()
	<-in
	if err := g.enter(short, false); err == nil {
		t.Fatal("two were let in")
	}
	g.leave()
	if err := g.enter(ctx, false); err != nil {
		t.Fatal(err)
	}
}
