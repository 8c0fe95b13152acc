package demo

import (
	"context"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/segments"
)

// What serving customers costs.
const (
	minuteCost = 1_500  // rupiah, of a minute of talk
	orderCost  = 35_000 // of an order: picking, packing, delivery
)

// costs sets what serving customers costs.
func (s *storer) costs(ctx context.Context) error {
	return s.d.Write(ctx, db.Op{Why: "insight.settings.change", Subject: insights.SettingID}, func(tx *db.Tx) error {
		set, err := insights.GetSettings(ctx, tx)
		if err != nil {
			return err
		}
		set.MinuteCost, set.OrderCost = minuteCost, orderCost
		return insights.SaveSettings(ctx, tx, set)
	})
}

// groups are the segments that the staff keeps.
var groups = []struct {
	who              int
	name, note, cond string
}{
	{
		eastLead, "Mitra yang melambat", "Telepon dulu sebelum mereka pindah ke pesaing.",
		`{"all":["reseller:eq:reseller","phase:in:active,loyal,at_risk",{"any":["signal:in:yellow,red","segment:in:A3,B3"]}]}`,
	},
	{
		salesLead, "Pembeli pompa tanpa filter", "Yang membeli pompa setahun terakhir dan belum pernah membeli isi ulang filter.",
		`{"all":[{"has":"bought","all":["family:eq:Pompa air","ordered:after:-365d"]},{"not":{"has":"bought","all":["family:eq:Isi ulang filter"]}}]}`,
	},
	{
		careDesk, "Pemanas tanpa servis", "Punya pemanas lebih dari setahun dan setahun ini belum memesan servis.",
		`{"all":[{"has":"bought","all":["family:eq:Pemanas air","ordered:before:-365d"]},{"not":{"has":"bought","all":["family:eq:Layanan","ordered:after:-365d"]}}]}`,
	},
}

// group makes the segments and the plans for segments of value.
func (s *storer) group(ctx context.Context) error {
	for _, g := range groups {
		cond, err := list.ParseTree(g.cond)
		if err != nil {
			return err
		}
		err = s.d.Write(ctx, s.as(g.who), func(tx *db.Tx) error {
			return segments.Create(ctx, tx, &segments.Segment{Name: g.name, Note: g.note, Cond: cond, Owner: s.Staff[g.who].ID})
		})
		if err != nil {
			return err
		}
	}
	return segments.Look(ctx, s.d, nil)
}

// as is the company's operation where one of the staff does something.
func (s *storer) as(who int) db.Op {
	op := s.op
	op.Who = db.Who{User: s.Staff[who].ID, Name: s.Staff[who].Name}
	return op
}

// plan makes two plans: one that runs, and one that waits for its beginning.
func (s *storer) plan(ctx context.Context) error {
	day := func(days int) string { return s.d.Now().AddDate(0, 0, days).Format(time.DateOnly) }
	budget, goal := int64(6_000_000), int64(40_000_000)
	running := segments.Plan{
		Subject: "value:B3", Title: "Ingatkan sebelum habis", Most: 10, Budget: &budget, Currency: s.Settings.Currency, Goal: &goal,
		Strategy: "Pelanggan menengah yang menyusut dihubungi sebelum stok mereka habis, dengan pesanan yang sudah disiapkan.",
		Target:   "Separuh memesan lagi dalam 60 hari", Owner: s.Staff[eastLead].ID, Starts: day(0), Ends: day(60),
		Actions: []segments.Action{
			{Text: "Siapkan daftar isi ulang tiap pelanggan", Kind: "task", Due: day(4)},
			{Text: "Telepon, tawarkan pesanan yang sudah disiapkan", Kind: "call", Due: day(9), PerCustomer: true},
		},
	}
	waiting := segments.Plan{
		Subject: "value:C1", Title: "Naikkan yang tumbuh", Owner: s.Staff[salesLead].ID, Currency: s.Settings.Currency,
		Strategy: "Pelanggan kecil yang tumbuh ditawari versi yang lebih baik dari yang mereka miliki.",
		Target:   "Sepuluh pelanggan naik ke B", Starts: day(10), Ends: day(100),
		Actions: []segments.Action{{Text: "Pilih tiga versi untuk ditawarkan", Kind: "task", Due: day(12)}},
	}
	for _, p := range []*segments.Plan{&running, &waiting} {
		if err := s.d.Write(ctx, s.as(eastLead), func(tx *db.Tx) error { return segments.CreatePlan(ctx, tx, p) }); err != nil {
			return err
		}
	}
	return s.start(ctx, &running)
}

func (s *storer) start(ctx context.Context, plan *segments.Plan) error {
	var start segments.Start
	err := s.d.Read(ctx, s.as(eastLead).Who, func(tx *db.Tx) (err error) {
		start, err = segments.Prepare(ctx, tx, plan.ID)
		return err
	})
	if err != nil {
		return err
	}
	return s.d.Write(ctx, s.as(eastLead), func(tx *db.Tx) error {
		_, err := segments.Begin(ctx, tx, start, 0)
		return err
	})
}
