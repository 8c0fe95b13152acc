package ui

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/ids"
)

// A Panel is a part of a page about a record, given by another module: on a
// customer's page, say, the customer's deals.
type Panel struct {
	Key    string        // names the panel in the log and its message panel.<key>
	Perm   Perm          // visitors without it don't see the panel
	Order  int           // panels are shown in ascending order
	Budget time.Duration // how long the page waits for it; 0 means 300 ms

	// Load returns what the panel shows of the record, or nil for nothing.
	Load func(ctx context.Context, v *View, id ids.ID) (templ.Component, error)
}

// LoadPanels loads those panels that the visitor may see, at the same time,
// each within its own budget, and returns them in order. A slow or broken one
// leaves a gap that says so, and a line in the log.
func LoadPanels(ctx context.Context, v *View, log *slog.Logger, panels []Panel, id ids.ID) []templ.Component {
	panels = slices.Clone(panels)
	panels = slices.DeleteFunc(panels, func(p Panel) bool { return !v.May(p.Perm) })
	slices.SortStableFunc(panels, func(a, b Panel) int { return cmp.Compare(a.Order, b.Order) })

	type loaded struct {
		i    int
		html []byte
		err  error
	}
	done := make(chan loaded, len(panels)) // room for all, so that a late one doesn't hang
	for i, p := range panels {
		go func() {
			html, err := loadPanel(ctx, v, p, id)
			done <- loaded{i, html, err}
		}()
	}

	list := make([]templ.Component, len(panels))
	missing := make(map[int]time.Duration, len(panels))
	longest := time.Duration(0)
	for i, p := range panels {
		missing[i] = budget(p)
		longest = max(longest, budget(p))
	}
	start := time.Now()
	timer := time.NewTimer(longest)
	defer timer.Stop()
	for len(missing) > 0 {
		select {
		case l := <-done:
			delete(missing, l.i)
			switch {
			case l.err != nil:
				log.Error("panel failed", "panel", panels[l.i].Key, "err", l.err)
				list[l.i] = PanelGap(v, errors.Is(l.err, context.DeadlineExceeded))
			case l.html != nil:
				list[l.i] = templ.Raw(string(l.html))
			}
		case <-timer.C:
			for i := range missing {
				log.Error("panel too slow", "panel", panels[i].Key, "after", time.Since(start))
				list[i] = PanelGap(v, true)
			}
			clear(missing)
		}
	}
	return slices.DeleteFunc(list, func(c templ.Component) bool { return c == nil })
}

func budget(p Panel) time.Duration {
	if p.Budget > 0 {
		return p.Budget
	}
	return 300 * time.Millisecond
}

// loadPanel loads and renders a panel, so that a template that fails is a gap
// too. It returns nil for a panel with nothing to show.
func loadPanel(ctx context.Context, v *View, p Panel, id ids.ID) (html []byte, err error) {
	defer func() {
		if x := recover(); x != nil {
			html, err = nil, fmt.Errorf("panic: %v", x)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, budget(p))
	defer cancel()
	c, err := p.Load(ctx, v, id)
	if err != nil || c == nil {
		return nil, err
	}
	var buf bytes.Buffer
	if err := c.Render(ctx, &buf); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}
