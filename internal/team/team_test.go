package team

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/locale"
)

// permissions are a program's: those of this package and of an invented module.
var permissions = append(slices.Clone(Permissions),
	Permission{Key: "customers.read", Roles: []string{Manager, Agent, Viewer}},
	Permission{Key: "customers.write", Roles: []string{Manager, Agent}},
	Permission{Key: "customers.delete", Roles: []string{Manager}},
)

const secret10 = "kopi susu gula aren"

// quick hashes cheaply: most tests are not about the cost.
func quick(t testing.TB) {
	was := cost
	cost = params{memory: 64, time: 1, threads: 1}
	t.Cleanup(func() { cost = was })
}

func write(t testing.TB, d *db.DB, f func(ctx context.Context, tx *db.Tx) error) error {
	t.Helper()
	return d.Write(t.Context(), db.Op{Why: "team.test"}, func(tx *db.Tx) error { return f(t.Context(), tx) })
}

func must(t testing.TB, d *db.DB, f func(ctx context.Context, tx *db.Tx) error) {
	t.Helper()
	if err := write(t, d, f); err != nil {
		t.Fatal(err)
	}
}

func read[T any](t testing.TB, d *db.DB, f func(ctx context.Context, tx *db.Tx) (T, error)) (v T) {
	t.Helper()
	err := d.Read(t.Context(), db.Who{}, func(tx *db.Tx) (err error) {
		v, err = f(t.Context(), tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// setup makes the first administrator.
func setup(t testing.TB, d *db.DB) User {
	t.Helper()
	quick(t)
	pw, err := NewPassword(t.Context(), secret10)
	if err != nil {
		t.Fatal(err)
	}
	u := User{Name: "Ani Wijaya", Email: "Ani@Example.com"}
	must(t, d, func(ctx context.Context, tx *db.Tx) error { return FirstAdministrator(ctx, tx, permissions, &u, pw) })
	return u
}

// add makes a user with a role.
func add(t testing.TB, d *db.DB, name, role string) User {
	t.Helper()
	pw, err := NewPassword(t.Context(), secret10)
	if err != nil {
		t.Fatal(err)
	}
	u := User{Name: name, Email: strings.ToLower(name) + "@example.com"}
	must(t, d, func(ctx context.Context, tx *db.Tx) error {
		r, err := RoleByKey(ctx, tx, role)
		if err != nil {
			return err
		}
		u.RoleID = r.ID
		return CreateUser(ctx, tx, &u, pw)
	})
	return get(t, d, u.ID)
}

func get(t testing.TB, d *db.DB, id ids.ID) User {
	t.Helper()
	return read(t, d, func(ctx context.Context, tx *db.Tx) (User, error) { return Get(ctx, tx, id) })
}

func each(t *testing.T, f func(t *testing.T, d *db.DB)) {
	dbtest.Each(t, []db.Module{Module}, f)
}

func TestFirstAdministratorOnlyOnce(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		u := setup(t, d)
		got := get(t, d, u.ID)
		if got.Role.Key != Administrator || !got.Active || got.Email != "Ani@Example.com" {
			t.Errorf("the first user is %+v", got)
		}
		err := write(t, d, func(ctx context.Context, tx *db.Tx) error {
			return FirstAdministrator(ctx, tx, permissions, &User{Name: "Budi", Email: "budi@example.com"}, Password{})
		})
		if errs.KindOf(err) != errs.Conflict {
			t.Errorf("a second first administrator: %v", err)
		}
	})
}

func TestFirstAdministratorOfManyAtOnce(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		made := 0
		for i := range 8 {
			wg.Go(func() {
				u := User{Name: "Ani", Email: fmt.Sprintf("ani%d@example.com", i)}
				err := write(t, d, func(ctx context.Context, tx *db.Tx) error {
					return FirstAdministrator(ctx, tx, permissions, &u, Password{})
				})
				if err == nil {
					mu.Lock()
					made++
					mu.Unlock()
				} else if errs.KindOf(err) != errs.Conflict {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if made != 1 {
			t.Errorf("%d first administrators", made)
		}
	})
}

func TestRolesFromTheStart(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		setup(t, d)
		tests := []struct {
			role string
			perm Perm
			want bool
		}{
			{Administrator, "customers.delete", true},
			{Administrator, "orders.of.tomorrow", true},
			{Manager, "customers.delete", true},
			{Manager, PermTeam, false},
			{Agent, "customers.write", true},
			{Agent, "customers.delete", false},
			{Viewer, "customers.read", true},
			{Viewer, "customers.write", false},
			{Viewer, "customers", false},
			{Viewer, "", false},
		}
		for _, tt := range tests {
			r := read(t, d, func(ctx context.Context, tx *db.Tx) (Role, error) { return RoleByKey(ctx, tx, tt.role) })
			if got := r.Can(tt.perm); got != tt.want {
				t.Errorf("%s may %s: %v, want %v", tt.role, tt.perm, got, tt.want)
			}
		}
	})
}

func TestNewPermissionsAreGivenOnce(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		setup(t, d)
		more := append(slices.Clone(permissions), Permission{Key: "orders.read", Roles: []string{Manager, Viewer}})
		fresh := func() bool {
			return read(t, d, func(ctx context.Context, tx *db.Tx) (bool, error) { return NewPermissions(ctx, tx, more) })
		}
		role := func(key string) Role {
			return read(t, d, func(ctx context.Context, tx *db.Tx) (Role, error) { return RoleByKey(ctx, tx, key) })
		}
		if !fresh() {
			t.Error("a new module's permission is not new")
		}
		for range 2 {
			if err := Upgrade(t.Context(), d, more); err != nil {
				t.Fatal(err)
			}
		}
		if m, a, v := role(Manager), role(Agent), role(Viewer); !m.Can("orders.read") || a.Can("orders.read") || !v.Can("orders.read") {
			t.Error("the new permission went to the wrong roles")
		}

		// What people take from a role stays taken.
		v := role(Viewer)
		v.SetPermissions([]Perm{"customers.read"})
		must(t, d, func(ctx context.Context, tx *db.Tx) error { return SaveRole(ctx, tx, &v) })
		must(t, d, func(ctx context.Context, tx *db.Tx) error { return EnsureRoles(ctx, tx, more) })
		if v := role(Viewer); fresh() || v.Can("orders.read") {
			t.Error("a permission that was taken came back")
		}
	})
}

func TestOwnRoles(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		setup(t, d)
		r := Role{Name: " Kasir "}
		r.SetPermissions([]Perm{"customers.write", "customers.read", "customers.read"})
		must(t, d, func(ctx context.Context, tx *db.Tx) error { return CreateRole(ctx, tx, &r) })
		got := read(t, d, func(ctx context.Context, tx *db.Tx) (Role, error) { return GetRole(ctx, tx, r.ID) })
		if got.Name != "Kasir" || !strings.HasPrefix(got.Key, "kasir-") || fmt.Sprint(got.Permissions()) != "[customers.read customers.write]" {
			t.Errorf("the role is %+v", got)
		}
		if err := write(t, d, func(ctx context.Context, tx *db.Tx) error { return CreateRole(ctx, tx, &Role{Name: "KASIR"}) }); errs.KindOf(err) != errs.Invalid {
			t.Errorf("a second role of that name: %v", err)
		}
		u := add(t, d, "Budi", got.Key)
		remove := func() error {
			return write(t, d, func(ctx context.Context, tx *db.Tx) error { return DeleteRole(ctx, tx, r.ID) })
		}
		if err := remove(); errs.KindOf(err) != errs.Conflict {
			t.Errorf("deleting a role that somebody has: %v", err)
		}
		u.RoleID = read(t, d, func(ctx context.Context, tx *db.Tx) (Role, error) { return RoleByKey(ctx, tx, Viewer) }).ID
		must(t, d, func(ctx context.Context, tx *db.Tx) error { return SaveUser(ctx, tx, &u) })

		// A token that was revoked does not hold its role.
		must(t, d, func(ctx context.Context, tx *db.Tx) error {
			_, tok, err := CreateToken(ctx, tx, "kasir", got.Key)
			if err != nil {
				return err
			}
			return RevokeToken(ctx, tx, tok.ID)
		})
		if err := remove(); err != nil {
			t.Errorf("deleting a role that nobody has: %v", err)
		}
		for _, key := range []string{Administrator, Viewer} {
			b := read(t, d, func(ctx context.Context, tx *db.Tx) (Role, error) { return RoleByKey(ctx, tx, key) })
			err := write(t, d, func(ctx context.Context, tx *db.Tx) error { return DeleteRole(ctx, tx, b.ID) })
			if errs.KindOf(err) != errs.Forbidden {
				t.Errorf("deleting the role %s: %v", key, err)
			}
		}
		admin := read(t, d, func(ctx context.Context, tx *db.Tx) (Role, error) { return RoleByKey(ctx, tx, Administrator) })
		admin.SetPermissions(nil)
		if err := write(t, d, func(ctx context.Context, tx *db.Tx) error { return SaveRole(ctx, tx, &admin) }); errs.KindOf(err) != errs.Forbidden {
			t.Errorf("changing the administrator: %v", err)
		}
	})
}

func TestSavingOverAnothersChange(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		setup(t, d)
		u := add(t, d, "Budi", Agent)
		mine, theirs := u, u
		theirs.Name = "Budiman"
		must(t, d, func(ctx context.Context, tx *db.Tx) error { return SaveUser(ctx, tx, &theirs) })
		mine.Name = "Budiono"
		if err := write(t, d, func(ctx context.Context, tx *db.Tx) error { return SaveUser(ctx, tx, &mine) }); errs.KindOf(err) != errs.Stale {
			t.Errorf("an older form of a user: %v", err)
		}
		r := read(t, d, func(ctx context.Context, tx *db.Tx) (Role, error) { return RoleByKey(ctx, tx, Agent) })
		old := r
		must(t, d, func(ctx context.Context, tx *db.Tx) error { return SaveRole(ctx, tx, &r) })
		if err := write(t, d, func(ctx context.Context, tx *db.Tx) error { return SaveRole(ctx, tx, &old) }); errs.KindOf(err) != errs.Stale {
			t.Errorf("an older form of a role: %v", err)
		}
	})
}

func TestUserFields(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		setup(t, d)
		agent := read(t, d, func(ctx context.Context, tx *db.Tx) (Role, error) { return RoleByKey(ctx, tx, Agent) }).ID
		tests := []struct {
			user User
			want string // fields at fault
		}{
			{User{Name: "Budi", Email: "budi@example.com", RoleID: agent}, ""},
			{User{Name: "Budi", Email: " BUDI@example.com ", RoleID: agent}, "email"},
			{User{Name: "Ani", Email: "ani@EXAMPLE.com", RoleID: agent}, "email"},
			{User{Name: " ", Email: "nobody", RoleID: agent}, "name email"},
			{User{Name: strings.Repeat("x", 101), Email: "x@example.com"}, "name role"},
			{User{Name: "Citra", Email: "citra@example.com", RoleID: ids.New(dbtest.Now)}, "role"},
		}
		for _, tt := range tests {
			typed := tt.user.Email
			err := write(t, d, func(ctx context.Context, tx *db.Tx) error { return CreateUser(ctx, tx, &tt.user, Password{}) })
			var fields []string
			for _, e := range errs.All(err) {
				if e.Field != "" {
					fields = append(fields, e.Field)
				}
			}
			if got := strings.Join(fields, " "); got != tt.want || tt.user.Email == "" {
				t.Errorf("user %q <%s>: fault at %q, want %q", tt.user.Name, typed, got, tt.want)
			}
		}
	})
}

func TestLastAdministratorStays(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		ani := get(t, d, setup(t, d).ID)
		viewer := read(t, d, func(ctx context.Context, tx *db.Tx) (Role, error) { return RoleByKey(ctx, tx, Viewer) }).ID
		demote := func(u User) error {
			u.RoleID = viewer
			return write(t, d, func(ctx context.Context, tx *db.Tx) error { return SaveUser(ctx, tx, &u) })
		}
		deactivate := func(u User) error {
			u.Active = false
			return write(t, d, func(ctx context.Context, tx *db.Tx) error { return SaveUser(ctx, tx, &u) })
		}
		for what, f := range map[string]func(User) error{"demoted": demote, "deactivated": deactivate} {
			if err := f(ani); errs.KindOf(err) != errs.Conflict {
				t.Errorf("the last administrator was %s: %v", what, err)
			}
		}
		budi := add(t, d, "Budi", Administrator)
		if err := deactivate(ani); err != nil {
			t.Errorf("one of two administrators: %v", err)
		}
		if err := demote(budi); errs.KindOf(err) != errs.Conflict {
			t.Errorf("the last active administrator was demoted: %v", err)
		}
	})
}

func TestTwoAdministratorsDemoteEachOther(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		pair := []User{get(t, d, setup(t, d).ID), add(t, d, "Budi", Administrator)}
		viewer := read(t, d, func(ctx context.Context, tx *db.Tx) (Role, error) { return RoleByKey(ctx, tx, Viewer) }).ID
		var wg sync.WaitGroup
		for _, u := range pair {
			u.RoleID = viewer
			wg.Go(func() {
				err := write(t, d, func(ctx context.Context, tx *db.Tx) error { return SaveUser(ctx, tx, &u) })
				if err != nil && errs.KindOf(err) != errs.Conflict {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		admins := 0
		for _, u := range pair {
			if u := get(t, d, u.ID); u.Role.Key == Administrator {
				admins++
			}
		}
		if admins != 1 {
			t.Errorf("%d administrators are left", admins)
		}
	})
}

func TestTasteIsNoOperation(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		u := setup(t, d)
		want := Taste{Language: "en", Theme: "dark", Density: "compact", NavFolded: true}
		err := d.Write(t.Context(), db.Op{}, func(tx *db.Tx) error { return ChangeTaste(t.Context(), tx, u.ID, func(taste *Taste) { *taste = want }) })
		if err != nil {
			t.Fatal(err)
		}
		if got := get(t, d, u.ID); got.Taste != want || got.Rev != 1 {
			t.Errorf("taste %+v, revision %d", got.Taste, got.Rev)
		}
		err = d.Write(t.Context(), db.Op{}, func(tx *db.Tx) error {
			return ChangeTaste(t.Context(), tx, u.ID, func(taste *Taste) { *taste = Taste{Language: "xx", Theme: "<b>", Density: "?"} })
		})
		if got := get(t, d, u.ID); err != nil || got.Taste != (Taste{}) {
			t.Errorf("an unknown taste became %+v, %v", got.Taste, err)
		}
	})
}

func TestSecretsStayOutOfTheJournal(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		u := add(t, d, "Budi", func() string { setup(t, d); return Agent }())
		pw, err := NewPassword(t.Context(), "another long password")
		if err != nil {
			t.Fatal(err)
		}
		u.Name = "Budiman"
		must(t, d, func(ctx context.Context, tx *db.Tx) error {
			_, tok, err := CreateToken(ctx, tx, "web", Agent)
			if err != nil {
				return err
			}
			if err := RevokeToken(ctx, tx, tok.ID); err != nil {
				return err
			}
			if err := SaveUser(ctx, tx, &u); err != nil {
				return err
			}
			return SetPassword(ctx, tx, u.ID, pw, ids.ID{})
		})
		text := read(t, d, func(ctx context.Context, tx *db.Tx) ([]string, error) {
			return db.List(ctx, tx, db.One[string], `SELECT was || now FROM journal_change`)
		})
		if all := strings.Join(text, "\n"); !strings.Contains(all, "Budiman") || strings.Contains(all, "argon2") || strings.Contains(all, "hash") || strings.Contains(all, "password") {
			t.Errorf("the journal holds\n%s", all)
		}
	})
}

func TestNames(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		ani := setup(t, d)
		budi := add(t, d, "Budi", Agent)
		got := read(t, d, func(ctx context.Context, tx *db.Tx) (map[ids.ID]string, error) {
			return Names(ctx, tx, []ids.ID{ani.ID, budi.ID, ids.New(dbtest.Now)})
		})
		if len(got) != 2 || got[ani.ID] != "Ani Wijaya" || got[budi.ID] != "Budi" {
			t.Errorf("Names = %v", got)
		}
	})
}

func TestUsersByName(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		setup(t, d)
		gone := add(t, d, "Budi", Agent)
		add(t, d, "Éka", Agent)
		gone.Active = false
		must(t, d, func(ctx context.Context, tx *db.Tx) error { return SaveUser(ctx, tx, &gone) })
		for active, want := range map[bool]string{true: "Ani Wijaya, Éka", false: "Ani Wijaya, Budi, Éka"} {
			var names []string
			for _, u := range read(t, d, func(ctx context.Context, tx *db.Tx) ([]User, error) { return Users(ctx, tx, active) }) {
				names = append(names, u.Name)
			}
			if got := strings.Join(names, ", "); got != want {
				t.Errorf("Users(%v) = %s, want %s", active, got, want)
			}
		}
	})
}

func TestMayGive(t *testing.T) {
	role := func(key string, list ...Perm) *Role {
		r := Role{Key: key}
		r.SetPermissions(list)
		return &r
	}
	admin, lead, clerk := role(Administrator), role("lead", PermTeam, "customers.read"), role("clerk", "customers.read")
	tests := []struct {
		who, what *Role
		want      bool
	}{
		{admin, admin, true}, {admin, lead, true}, {lead, lead, true}, {lead, clerk, true},
		{lead, admin, false}, {clerk, lead, false}, {lead, role("x", "customers.delete"), false},
	}
	for _, tt := range tests {
		if err := tt.who.MayGive(tt.what); (err == nil) != tt.want {
			t.Errorf("%s gives %s: %v", tt.who.Key, tt.what.Key, err)
		}
	}
}

func TestPurge(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		u := setup(t, d)
		err := d.Write(t.Context(), db.Op{}, func(tx *db.Tx) error {
			if _, err := StartSession(t.Context(), tx, u.ID, Device{}); err != nil {
				return err
			}
			return attempt(t.Context(), tx, "a", "192.0.2.1")
		})
		if err != nil {
			t.Fatal(err)
		}
		count := func() int {
			return read(t, d, func(ctx context.Context, tx *db.Tx) (int, error) {
				return db.Get(ctx, tx, db.One[int], `SELECT (SELECT COUNT(*) FROM team_session) + (SELECT COUNT(*) FROM team_attempt)`)
			})
		}
		for _, tt := range []struct {
			after time.Duration
			want  int
		}{{0, 4}, {time.Hour, 1}, {31 * 24 * time.Hour, 0}} {
			d.Now = func() time.Time { return dbtest.Now.Add(tt.after) }
			if err := d.Write(t.Context(), db.Op{}, func(tx *db.Tx) error { return Purge(t.Context(), tx) }); err != nil {
				t.Fatal(err)
			}
			if got := count(); got != tt.want {
				t.Errorf("%v later %d rows are left, want %d", tt.after, got, tt.want)
			}
		}
	})
}

func TestTexts(t *testing.T) {
	if _, err := locale.Load(Text); err != nil {
		t.Error(err)
	}
}

func TestRightsAreNotGivenBackByUndo(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		setup(t, d)
		u := add(t, d, "Budi", Administrator)
		var op ids.ID
		must(t, d, func(ctx context.Context, tx *db.Tx) error {
			r, err := RoleByKey(ctx, tx, Viewer)
			if err != nil {
				return err
			}
			op, u.RoleID = tx.Op, r.ID
			return SaveUser(ctx, tx, &u)
		})
		got := read(t, d, func(ctx context.Context, tx *db.Tx) (journal.Operation, error) { return journal.Get(ctx, tx, op) })
		if err := journal.CanUndo(got, dbtest.Now); errs.KindOf(err) != errs.Conflict {
			t.Errorf("the demotion of an administrator can be undone: %v", err)
		}
	})
}
