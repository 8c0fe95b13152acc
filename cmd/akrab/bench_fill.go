package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/app"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/imports"
	"github.com/akrab-crm/akrab/internal/team"
)

// fill makes the workspace: its customers by an import, as a company does it.
func (b *bench) fill(ctx context.Context) error {
	a, err := b.where.open(ctx, b.e)
	if err != nil {
		return err
	}
	defer a.Close()
	var have int
	if err := a.DB.Read(ctx, system, func(tx *db.Tx) (err error) { have, err = customers.Total(ctx, tx); return err }); err != nil {
		return err
	}
	if have == 0 {
		for _, step := range []func(context.Context, *app.App) error{b.importCustomers, b.interactions, b.importOrders, b.insights} {
			if err := step(ctx, a); err != nil {
				return err
			}
		}
	}
	return b.prepare(ctx, a)
}

var (
	benchGiven  = strings.Fields("Budi Siti Agus Dewi Rina Eko Wahyu Putri Andi Nur Sri Ahmad Indah Yusuf Ratna Hendra Maya Bayu Fitri Joko Lina Rudi Tuti Dian Arif Wati Hadi Mega Surya Yanti Galih Intan Bagus Citra Fajar Nanda Rizky Ayu Teguh Kartika")
	benchFamily = strings.Fields("Santoso Wijaya Lestari Kusuma Hartono Nugroho Siregar Pratama Saputra Halim Gunawan Sari Rahayu Setiawan Simanjuntak Nasution Hidayat Permana Suryadi Utami Wibowo Susanti Kurniawan Hakim Maulana Anggraini Firmansyah Puspita Tanjung Handayani Iskandar Mulyani Prasetyo Safitri Budiman Oktaviani Harahap Yulianti Purnomo Melati")
)

// benchCities are a hundred places, so that each is the city of one customer in a hundred.
func benchCity(i int) string { return fmt.Sprintf("Kota %s %d", benchGiven[i%10], i%100) }

// benchPhone is a number that no other customer has.
func benchPhone(i int) string { return fmt.Sprintf("0812%08d", i*7919%100_000_000) }

// writeCustomers writes a file as companies have it.
func (b *bench) writeCustomers(w io.Writer, from, to int) error {
	out := bufio.NewWriterSize(w, 1<<16)
	fmt.Fprintln(out, "external_id,given_name,family_name,email,phone,city")
	for i := from; i < to; i++ {
		g, f := benchGiven[b.rng.IntN(len(benchGiven))], benchFamily[b.rng.IntN(len(benchFamily))]
		fmt.Fprintf(out, "C%07d,%s,%s,%s.%s%d@example.co.id,%s,%s\n", i, g, f, strings.ToLower(g), strings.ToLower(f), i, benchPhone(i), benchCity(i))
	}
	return out.Flush()
}

// writeProducts writes a thousand products of twenty families, with what they cost.
func writeProducts(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, "code,name,family,price,cost")
	for i := range benchProducts {
		fmt.Fprintf(out, "P%04d,Filter %s %d,Keluarga %d,%d,%d\n", i, benchGiven[i%len(benchGiven)], i, i%20, benchPrice(i), benchPrice(i)*(55+i%30)/100)
	}
	return out.Flush()
}

const benchProducts = 1000

func benchPrice(p int) int { return 1000 * (5 + p%700) }

// writeOrders writes orders of three or four lines as they came in over the last days: customers in no order, of whom few buy often and
// many once or never; few products that sell well and many that sell seldom;
// and some of them together.
func (b *bench) writeOrders(w io.Writer, prefix string, all, days int) error {
	out := bufio.NewWriterSize(w, 1<<16)
	fmt.Fprintln(out, "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID")
	span := time.Duration(days) * 24 * time.Hour
	first := time.Now().UTC().Add(-span)
	for i := range all {
		at := first.Add(time.Duration(i) * (span / time.Duration(all))).Format("2006-01-02 15:04:05")
		customer := b.benchBuyer()
		lines := 3
		if i%3 == 2 {
			lines = 4
		}
		p := 0
		for k := range lines {
			if p ^= 1; k == 0 || b.rng.IntN(3) > 0 {
				p = b.rng.IntN(1 + b.rng.IntN(benchProducts))
			}
			fmt.Fprintf(out, "%s%08d,P%04d,Filter %s %d,%d,%s,%d,C%07d\n",
				prefix, i, p, benchGiven[p%len(benchGiven)], p, 1+b.rng.IntN(12), at, benchPrice(p), customer)
		}
	}
	return out.Flush()
}

// benchBuyer returns who buys: anybody, or, every other time, rather one of
// those who often do. Their numbers say nothing of it.
func (b *bench) benchBuyer() int {
	n := b.rng.IntN(b.Customers)
	if b.rng.IntN(2) == 0 {
		u := b.rng.Float64()
		n = int(u * u * u * float64(b.Customers))
	}
	return n * 7919 % b.Customers
}

// bring imports what write writes, as a company does it, and returns how long
// it took.
func (b *bench) bring(ctx context.Context, a *app.App, name string, opt imports.Options, write func(io.Writer) error) (imports.Job, time.Duration, error) {
	opt.Who = system
	r, w := io.Pipe()
	go func() { w.CloseWithError(write(w)) }()
	job, err := imports.Start(ctx, a.DB, r, name, opt)
	if err != nil {
		return job, 0, err
	}
	err = a.DB.Write(ctx, db.Op{}, func(tx *db.Tx) error {
		job, err = imports.Begin(ctx, tx, job.ID, false)
		return err
	})
	if err != nil {
		return job, 0, err
	}
	start := time.Now()
	job, err = imports.Run(ctx, a.DB, job.ID, nil)
	return job, time.Since(start), err
}

func (b *bench) importCustomers(ctx context.Context, a *app.App) error {
	cpu := ownCPU()
	job, took, err := b.bring(ctx, a, "customers.csv", imports.Options{Keys: []string{"external_id"}}, func(w io.Writer) error {
		return b.writeCustomers(w, 0, b.Customers)
	})
	if err != nil {
		return err
	}
	if job.Created != int64(b.Customers) {
		return fmt.Errorf("imported %d of %d customers", job.Created, b.Customers)
	}
	b.note(rate("import of customers, keys checked", b.Customers, took, ownCPU()-cpu, "8000/s"))
	return nil
}

func (b *bench) importOrders(ctx context.Context, a *app.App) error {
	if _, _, err := b.bring(ctx, a, "products.csv", imports.Options{Kind: imports.Products}, writeProducts); err != nil {
		return err
	}
	cpu := ownCPU()
	job, took, err := b.bring(ctx, a, "orders.csv", imports.Options{Kind: imports.Orders}, func(w io.Writer) error { return b.writeOrders(w, "B", 3*b.Customers, 2*365) })
	if err != nil {
		return err
	}
	if job.Orders != int64(3*b.Customers) {
		return fmt.Errorf("imported %d of %d orders", job.Orders, 3*b.Customers)
	}
	b.note(rate("import of order lines", 10*b.Customers, took, ownCPU()-cpu, "40000/s"))
	return nil
}

// rate is the figure of n things done in a time.
func rate(name string, n int, took, cpu time.Duration, aim string) figure {
	return figure{Name: name, Rate: float64(n) / took.Seconds(), Sec: took.Seconds(), CPU: cpu.Seconds() * 1000 / float64(n), Aim: aim}
}

// interactions logs five of them with each customer.
func (b *bench) interactions(ctx context.Context, a *app.App) error {
	var all []ids.ID
	err := a.DB.Read(ctx, system, func(tx *db.Tx) (err error) {
		all, err = db.List(ctx, tx, db.One[ids.ID], `SELECT id FROM customer ORDER BY id`)
		return err
	})
	if err != nil {
		return err
	}
	start := time.Now()
	kinds := []activity.Kind{activity.Call, activity.Email, activity.Note, activity.Chat, activity.Visit}
	for part := range slices.Chunk(all, 1000) {
		err := a.DB.Write(ctx, db.Op{Who: system, Why: "interaction.create", Args: map[string]any{"kind": "", "name": ""}}, func(tx *db.Tx) error {
			var list []*activity.Interaction
			for _, id := range part {
				for k, kind := range kinds {
					list = append(list, &activity.Interaction{
						Customer: id, Kind: kind, Direction: activity.In, Actor: "Dimas", Subject: "Stok filter RO-5",
						Body: "Menanyakan pesanan yang tertahan. Akan transfer satu faktur siang ini, minta dikabari lewat WhatsApp.",
						At:   tx.Now.Add(-time.Duration(k*37+b.rng.IntN(20)) * 24 * time.Hour),
					})
				}
			}
			return activity.Insert(ctx, tx, list)
		})
		if err != nil {
			return err
		}
	}
	fmt.Fprintf(b.e.err, "%d timeline entries in %.1f s\n", 5*len(all), time.Since(start).Seconds())
	return nil
}

// prepare makes a token and a session, and picks customers to ask for.
func (b *bench) prepare(ctx context.Context, a *app.App) error {
	pw, err := team.NewPassword(ctx, "kunci yang sangat panjang")
	if err != nil {
		return err
	}
	return a.DB.Write(ctx, db.Op{Who: system, Why: "team.token.create", Args: map[string]any{"name": "bench"}}, func(tx *db.Tx) error {
		if err := team.EnsureRoles(ctx, tx, app.Permissions); err != nil {
			return err
		}
		role, err := team.RoleByKey(ctx, tx, "administrator")
		if err != nil {
			return err
		}
		u := team.User{Name: "Bench", Email: fmt.Sprintf("bench%d@example.com", time.Now().UnixNano()), RoleID: role.ID}
		if err := team.CreateUser(ctx, tx, &u, pw); err != nil {
			return err
		}
		if b.token, _, err = team.CreateToken(ctx, tx, "bench", "administrator"); err != nil {
			return err
		}
		if b.cookie, err = team.StartSession(ctx, tx, u.ID, team.Device{Agent: "bench"}); err != nil {
			return err
		}
		list, err := db.List(ctx, tx, db.One[ids.ID], `SELECT id FROM customer ORDER BY city_key, name_key, id LIMIT 5000`)
		for _, id := range list {
			b.ids = append(b.ids, id.String())
		}
		return err
	})
}
