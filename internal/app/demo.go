package app

import (
	"context"

	"github.com/akrab-crm/akrab/internal/demo"
	"github.com/akrab-crm/akrab/internal/ids"
)

// A DemoSignin says how to get into the demo company.
type DemoSignin struct {
	Company   string
	Name      string // of who shows it: an administrator with customers of her own
	Email     string
	Password  string // everybody on the staff has it
	Operation ids.ID
	Staff     []*demo.Member

	Customers, Orders, Lines, Interactions, Tasks int
}

// MakeDemo fills a workspace in which there is nobody yet with the demo company.
// It returns a Conflict error if somebody is there.
func (a *App) MakeDemo(ctx context.Context, seed uint64, progress func(done, total int)) (DemoSignin, error) {
	text, pw, err := demo.NewPassword(ctx)
	if err != nil {
		return DemoSignin{}, err
	}
	c := demo.Make(seed, a.DB.Now())
	op, err := c.Store(ctx, a.DB, demo.Options{Permissions: Permissions, Password: pw, Progress: progress})
	if err != nil {
		return DemoSignin{}, err
	}
	host := c.Staff[demo.Host]
	s := DemoSignin{
		Company: c.Settings.LegalName, Name: host.Name, Email: host.Email, Password: text, Operation: op, Staff: c.Staff,
		Customers: len(c.Customers), Orders: len(c.Orders), Interactions: len(c.Interactions), Tasks: len(c.Tasks) + len(c.Routines),
	}
	for _, o := range c.Orders {
		s.Lines += len(o.Lines)
	}
	return s, nil
}
