package insights

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/insights/learn"
)

// Live returns the live models; those that know nothing if there are none.
func Live(context.Context, *db.Tx) (*learn.Models, error) { return &learn.Models{}, nil }
