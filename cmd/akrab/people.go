package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/akrab-crm/akrab/internal/app"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/team"
)

type userCmd struct {
	Create   userCreateCmd   `cmd:"" help:"Add a user; asks for the password, or reads it from standard input."`
	Password userPasswordCmd `cmd:"" help:"Set a user's password and end their sessions."`
}

type userCreateCmd struct {
	source
	Email string `required:"" help:"E-mail address to sign in with." placeholder:"ADDRESS"`
	Name  string `required:"" help:"Name as colleagues see it." placeholder:"NAME"`
	Role  string `default:"administrator" help:"Key of the role." placeholder:"ROLE"`
}

// Run adds the user.
func (c *userCreateCmd) Run(ctx context.Context, e *env) error {
	a, err := c.open(ctx, e)
	if err != nil {
		return err
	}
	defer a.Close()
	text, err := askPassword(e)
	if err != nil {
		return err
	}
	pw, err := team.NewPassword(ctx, text, c.Name, c.Email)
	if err != nil {
		return err
	}
	u := team.User{Name: c.Name, Email: c.Email}
	err = a.DB.Write(ctx, db.Op{Who: system, Why: "team.user.create", Args: map[string]any{"name": c.Name}}, func(tx *db.Tx) error {
		if err := team.EnsureRoles(ctx, tx, app.Permissions); err != nil {
			return err
		}
		role, err := team.RoleByKey(ctx, tx, c.Role)
		if err != nil {
			return err
		}
		u.RoleID = role.ID
		return team.CreateUser(ctx, tx, &u, pw)
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(e.out, u.ID)
	return err
}

type userPasswordCmd struct {
	source
	Email string `arg:"" help:"E-mail address of the user."`
}

// Run sets the password.
func (c *userPasswordCmd) Run(ctx context.Context, e *env) error {
	a, err := c.openExisting(ctx, e)
	if err != nil {
		return err
	}
	defer a.Close()
	text, err := askPassword(e)
	if err != nil {
		return err
	}
	pw, err := team.NewPassword(ctx, text, c.Email)
	if err != nil {
		return err
	}
	return a.DB.Write(ctx, db.Op{Who: system}, func(tx *db.Tx) error {
		u, err := team.ByEmail(ctx, tx, c.Email)
		if err != nil {
			return err
		}
		return team.SetPassword(ctx, tx, u.ID, pw, ids.ID{})
	})
}

// askPassword reads a password twice from a terminal, or once from a pipe.
func askPassword(e *env) (string, error) {
	in := int(os.Stdin.Fd())
	if !term.IsTerminal(in) {
		line, err := bufio.NewReader(os.Stdin).ReadString('\n')
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			return "", errors.Join(errors.New("no password on standard input"), err)
		}
		return line, nil
	}
	var text [2]string
	for i, ask := range []string{"Password: ", "Once more: "} {
		fmt.Fprint(e.err, ask)
		b, err := term.ReadPassword(in)
		fmt.Fprintln(e.err)
		if err != nil {
			return "", err
		}
		text[i] = string(b)
	}
	if text[0] != text[1] {
		return "", errors.New("the two are not the same")
	}
	return text[0], nil
}

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Make an API token and print it, once."`
}

type tokenCreateCmd struct {
	source
	Name string `required:"" help:"What the token is for." placeholder:"NAME"`
	Role string `required:"" help:"Key of the role that it has: administrator, manager, agent, viewer, or one of your own." placeholder:"ROLE"`
}

// Run makes the token.
func (c *tokenCreateCmd) Run(ctx context.Context, e *env) error {
	a, err := c.open(ctx, e)
	if err != nil {
		return err
	}
	defer a.Close()
	var text string
	err = a.DB.Write(ctx, db.Op{Who: system, Why: "team.token.create", Args: map[string]any{"name": c.Name}}, func(tx *db.Tx) error {
		if err := team.EnsureRoles(ctx, tx, app.Permissions); err != nil {
			return err
		}
		text, _, err = team.CreateToken(ctx, tx, c.Name, c.Role)
		return err
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(e.out, text)
	return err
}
