package app

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/offers"
)

// learnOdds learns from what customers answered how offers go.
func (a *App) learnOdds(ctx context.Context, _ *jobs.Job) error {
	return a.DB.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error { return offers.LearnOdds(ctx, tx) })
}
