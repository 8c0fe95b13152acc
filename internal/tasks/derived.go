package tasks

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/outbox"
	"github.com/akrab-crm/akrab/internal/search"
)

// Refresh makes what is derived of the given tasks anew. Guests are told what
// that means for them.
func Refresh(ctx context.Context, tx *db.Tx, many []ids.ID) error {
	z, err := zone(ctx, tx)
	if err != nil {
		return err
	}
	found, err := db.ListIn(ctx, tx, scanTask, many, `SELECT `+taskCols+` FROM task t WHERE t.id IN ($list)`)
	if err != nil {
		return err
	}
	there := make(map[ids.ID]bool, len(found))
	for i := range found {
		t := &found[i]
		there[t.ID] = true
		t.derive(z)
		touch(ctx, tx, t.Customer)
		if _, err := tx.Exec(ctx, `UPDATE task SET done = $2, due_by = $3 WHERE id = $1`, t.ID, !t.Done.IsZero(), t.by); err != nil {
			return err
		}
	}
	if err := index(ctx, tx, found); err != nil {
		return err
	}
	var gone []ids.ID
	for _, id := range many {
		if !there[id] {
			gone = append(gone, id)
		}
	}
	if err := unindex(ctx, tx, gone); err != nil {
		return err
	}
	told, err := db.ListIn(ctx, tx, db.One[ids.ID], many, `
		SELECT task_id FROM task_guest WHERE task_id IN ($list) UNION SELECT task_id FROM task_invitation WHERE task_id IN ($list)`)
	if err != nil {
		return err
	}
	for _, id := range told {
		outbox.Publish(ctx, tx, Changed{Task: id})
	}
	return nil
}

// index makes tasks findable by their titles.
func index(ctx context.Context, tx *db.Tx, many []Task) error {
	docs := make([]search.Doc, len(many))
	for i, t := range many {
		docs[i] = search.Doc{Kind: "task", Ref: t.ID, Title: t.Title, Touched: t.Created}
	}
	return search.Put(ctx, tx, docs)
}

func unindex(ctx context.Context, tx *db.Tx, many []ids.ID) error {
	if len(many) == 0 {
		return nil
	}
	return search.Remove(ctx, tx, many)
}

// Source finds tasks by words of their titles.
var Source = search.Source{Kind: "task", Load: hits}

func hits(ctx context.Context, tx *db.Tx, many []ids.ID) ([]search.Hit, error) {
	rows, err := List.Rows(ctx, tx, many)
	if err != nil {
		return nil, err
	}
	var out []search.Hit
	for i := range rows {
		t := &rows[i]
		out = append(out, search.Hit{Kind: "task", Ref: t.ID, Title: t.Title, Detail: t.Place, URL: "/tasks/" + t.ID.String()})
	}
	return out, nil
}
