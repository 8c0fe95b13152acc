package team

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
)

// A limit is a bucket that holds so many attempts, and loses one every so often.
type limit struct {
	kind  string
	burst int64
	every time.Duration
}

// Attempts to sign in are counted before the password is looked at, so that
// many at once don't slip through, and forgotten when it was right. One account
// tried from one address gives way soonest; the limit for the account as a
// whole is wide, so that a stranger can't easily keep its owner out, and so is
// that for an address, behind which a whole office may sit.
var (
	perPair    = limit{"pair", 10, 90 * time.Second}
	perAccount = limit{"account", 100, 5 * time.Minute}
	perAddress = limit{"address", 100, 10 * time.Second}
)

// key names the bucket of what, which is not stored: people type passwords
// into the field for the address.
func (l limit) key(what string) string {
	sum := sha256.Sum256([]byte(what))
	return l.kind + ":" + hex.EncodeToString(sum[:16])
}

// take puts an attempt into the bucket of what. It returns a Limited error if
// the bucket is full.
func (l limit) take(ctx context.Context, tx *db.Tx, what string) error {
	now, every := tx.Now.UnixMilli(), l.every.Milliseconds()
	n, err := tx.Exec(ctx, `
		INSERT INTO team_attempt (key, until) VALUES ($1, $2)
		ON CONFLICT (key) DO UPDATE SET until = $3 + CASE WHEN team_attempt.until > $4 THEN team_attempt.until ELSE $4 END
		WHERE team_attempt.until <= $5`,
		l.key(what), now+every, every, now, now+(l.burst-1)*every)
	if err == nil && n == 0 {
		err = errs.New(errs.Limited, "team.signin.limited", "n", int((l.every+time.Minute-1)/time.Minute))
	}
	return err
}

// give takes one attempt out of the bucket of what.
func (l limit) give(ctx context.Context, tx *db.Tx, what string) error {
	_, err := tx.Exec(ctx, `UPDATE team_attempt SET until = until - $2 WHERE key = $1`, l.key(what), l.every.Milliseconds())
	return err
}

// clear empties the bucket of what.
func (l limit) clear(ctx context.Context, tx *db.Tx, what string) error {
	_, err := tx.Exec(ctx, `DELETE FROM team_attempt WHERE key = $1`, l.key(what))
	return err
}

// attempt counts an attempt on an account from an address. Its error keeps the
// transaction from being committed, so that an attempt that was refused fills
// nothing further.
func attempt(ctx context.Context, tx *db.Tx, account, address string) error {
	address = network(address)
	if err := perPair.take(ctx, tx, account+" "+address); err != nil {
		return err
	}
	if err := perAccount.take(ctx, tx, account); err != nil {
		return err
	}
	return perAddress.take(ctx, tx, address)
}

// forgive forgets the attempts before one that was right.
func forgive(ctx context.Context, tx *db.Tx, account, address string) error {
	address = network(address)
	if err := perPair.clear(ctx, tx, account+" "+address); err != nil {
		return err
	}
	if err := perAccount.clear(ctx, tx, account); err != nil {
		return err
	}
	return perAddress.give(ctx, tx, address)
}

// network returns what an address is counted as: whoever has one of version 6
// has 2⁶⁴ of them.
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil || a.Is4() || a.Is4In6() {
		return address
	}
	return netip.PrefixFrom(a.WithZone(""), 64).Masked().String()
}
