package activity

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

// MaxFiles is how many files an interaction has at most.
const MaxFiles = 50

// Attach adds files, which [AddFile] has stored, to an interaction. It returns
// an Invalid error at the field files if they become too many, and a Conflict
// error if the interaction stands for a record of another module.
func Attach(ctx context.Context, tx *db.Tx, id ids.ID, files ...File) error {
	i, err := change(ctx, tx, id)
	if err != nil || len(files) == 0 {
		return err
	}
	if len(i.Files)+len(files) > MaxFiles {
		return errs.InvalidField("files", "activity.files_many", "max", MaxFiles)
	}
	last, err := db.Get(ctx, tx, db.One[int64], `SELECT COALESCE(MAX(n), 0) FROM interaction_file WHERE interaction_id = $1`, id)
	if err != nil {
		return err
	}
	for n, f := range files {
		if err := attach(ctx, tx, id, last+int64(n)+1, f.ID, tx.Op); err != nil {
			return err
		}
	}
	return touch(ctx, tx, id)
}

// Detach takes a file away from an interaction. Undo brings it back. It
// returns a NotFound error if the interaction has no such file, and a Conflict
// error as [Attach] does.
func Detach(ctx context.Context, tx *db.Tx, id, file ids.ID) error {
	if _, err := change(ctx, tx, id); err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `DELETE FROM interaction_file WHERE interaction_id = $1 AND file_id = $2`, id, file)
	if err != nil {
		return err
	}
	if n == 0 {
		return errs.New(errs.NotFound, "error.not_found")
	}
	return touch(ctx, tx, id)
}

// change locks an interaction whose files are to be changed.
func change(ctx context.Context, tx *db.Tx, id ids.ID) (Interaction, error) {
	if err := Lock(ctx, tx, id); err != nil {
		return Interaction{}, err
	}
	i, err := Get(ctx, tx, id)
	if _, ok := RecordOf(id); ok && err == nil {
		err = errs.New(errs.Conflict, "activity.entry")
	}
	return i, err
}

// touch gives an interaction whose files have changed another revision.
func touch(ctx context.Context, tx *db.Tx, id ids.ID) error {
	_, err := tx.Exec(ctx, `UPDATE interaction SET updated_at = $2, rev = rev + 1 WHERE id = $1`, id, tx.Now.UnixMilli())
	return err
}
