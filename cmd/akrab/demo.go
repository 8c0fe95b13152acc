package main

import (
	"context"
	"fmt"
	"time"

	"github.com/akrab-crm/akrab/internal/demo"
)

type demoCmd struct {
	source
	Seed uint64 `default:"${seed}" help:"Another seed makes another company." placeholder:"N"`
	JSON bool   `name:"json" help:"Print how to sign in as JSON."`
}

// Run makes the demo company.
func (c *demoCmd) Run(ctx context.Context, e *env) error {
	a, err := c.open(ctx, e)
	if err != nil {
		return err
	}
	defer a.Close()
	start := time.Now()
	p := newProgress(e, "demo", c.JSON)
	s, err := a.MakeDemo(ctx, c.Seed, p.of)
	p.end()
	if err != nil {
		return err
	}
	if c.JSON {
		type member struct {
			Name  string `json:"name"`
			Email string `json:"email"`
			Role  string `json:"role"`
			Job   string `json:"job"`
		}
		var staff []member
		for _, m := range s.Staff {
			staff = append(staff, member{m.Name, m.Email, m.Role, m.Job})
		}
		return printJSON(e, map[string]any{
			"company": s.Company, "email": s.Email, "password": s.Password, "staff": staff, "operation": s.Operation,
			"customers": s.Customers, "orders": s.Orders, "order_lines": s.Lines, "interactions": s.Interactions, "tasks": s.Tasks,
		})
	}
	fmt.Fprintf(e.out, "%s: %d customers, %d orders with %d lines, %d interactions, %d tasks, in %.1f s\n",
		s.Company, s.Customers, s.Orders, s.Lines, s.Interactions, s.Tasks, time.Since(start).Seconds())
	fmt.Fprintf(e.out, "operation %s\n", s.Operation)
	fmt.Fprintf(e.out, "Sign in as %s, %s, with the password %s, which everybody on its staff has.\n", s.Name, s.Email, s.Password)
	if c.Database == "" {
		fmt.Fprintf(e.out, "akrab serve --data %s serves it.\n", c.Data)
	}
	return nil
}

// demoSeed is what --seed is if it is not given.
var demoSeed = fmt.Sprint(demo.Seed)
