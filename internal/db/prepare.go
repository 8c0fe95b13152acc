package db

import (
	"context"
)

// Prepares returns what is wrong with the text of a statement, if anything,
// without running it. Tests prepare every statement of the program.
func (d *DB) Prepares(ctx context.Context, text string) error {
	s, err := d.back.begin(ctx, manner{})
	if err != nil {
		return err
	}
	defer s.rollback()
	switch s := s.(type) {
	case *liteTx:
		st, err := s.c.prepare(text, true)
		if err == nil {
			s.c.done(st)
		}
		return err
	case *pgTx:
		_, err := s.conn.Conn().Prepare(ctx, "", native(text))
		return err
	}
	return nil
}
