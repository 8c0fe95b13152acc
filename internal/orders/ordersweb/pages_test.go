package ordersweb_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/ui"
)

// form is the fields of a new order as a browser without script sends them.
func form(pairs ...string) url.Values {
	v := url.Values{
		"ordered_at": {"2026-11-16"}, "ordered_time": {"10:15"}, "status": {"confirmed"}, "channel": {""}, "currency": {"IDR"},
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

func TestNewOrder(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		budi := s.customer("Toko Budi")
		pump := s.product("PA-125", "Pompa air 125 watt", 650_000)
		s.open("/orders/new?customer="+budi.String()).is(200).has(`value="Toko Budi"`, "Pesanan baru")
		a := s.post("/orders/new", form("customer", "toko budi", "channel", "whatsapp",
			"lines.0.product", "Pompa air 125 watt · PA-125", "lines.0.quantity", "2", "lines.0.discount", "10%",
			"lines.3.product", "Ongkos pasang", "lines.3.price", "Rp 150.000", "discount", "20.000", "tax", "11%"))
		o := s.latest()
		a.to("/orders/" + o.ID.String())
		if o.Customer != budi || o.Channel != "whatsapp" || o.Number == "" || len(o.Lines) != 2 || o.At.Format("2006-01-02T15:04") != "2026-11-16T03:15" {
			t.Errorf("made: %+v", o)
		}
		if l := o.Lines[0]; l.Product != pump || l.Code != "PA-125" || l.Quantity != 2*orders.One || l.Amount != 1_170_000 {
			t.Errorf("first line: %+v", l)
		}
		if l := o.Lines[1]; !l.Product.IsZero() || l.Name != "Ongkos pasang" || l.Amount != 150_000 {
			t.Errorf("second line: %+v", l)
		}
		if o.Discount != 20_000 || o.Tax != 143_000 || o.Total != 1_320_000-20_000+143_000 {
			t.Errorf("discount %d, tax %d, total %d", o.Discount, o.Tax, o.Total)
		}
		s.open("/orders/"+o.ID.String()).is(200).has("Toko Budi", "Pompa air 125 watt", "PA-125", "Ongkos pasang", "Rp\u00a01.443.000", "−Rp\u00a020.000", "WhatsApp")
		s.open("/orders").is(200).has(o.Number, "Toko Budi", "1 pesanan · Rp\u00a01.443.000")
		s.open("/orders?side=" + o.ID.String()).is(200).has("Ongkos pasang")
		s.open("/customers/"+budi.String()).is(200).has("Pembelian", o.Number, "2 baris")
		s.open("/orders/" + o.ID.String() + "/history").is(200)
	})
}

func TestWrongFieldsStay(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.customer("Toko Budi")
		s.customer("Toko Budi")
		a := s.post("/orders/new", form("customer", "Toko Budi", "ordered_at", "kemarin", "tax", "banyak", "returns", "X-9", "return", "1",
			"lines.0.product", "Pipa", "lines.0.quantity", "dua", "lines.5.product", "Lem")).is(422)
		a.has("Ada beberapa pelanggan bernama itu", "Pilih pelanggan", `value="banyak"`, `value="dua"`, `name="lines.5.product"`, "Tulis harganya", "X-9")
		if o := s.latest(); !o.ID.IsZero() {
			t.Errorf("an order was made: %+v", o)
		}
		s.post("/orders/new", form("customer", "Orang lain")).is(422).has("Tidak ada pelanggan bernama itu")
	})
}

func TestChangedByTwo(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		o := s.order(orders.Order{Shop: "Bandung", Lines: []orders.Line{line(ids.ID{}, "", "Pipa", 2, 10_000), line(ids.ID{}, "", "Lem", 1, 5_000)}})
		path := "/orders/" + o.ID.String() + "/edit"
		page := s.open(path).is(200).body
		base := field(page, "base")
		sent := func(pairs ...string) url.Values {
			v := form(append([]string{
				"base", base, "number", o.Number, "ordered_at", o.At.Format("2006-01-02"), "ordered_time", "09:30", "shop", "Bandung",
				"lines.0.n", "1", "lines.0.product", "Pipa", "lines.0.quantity", "2", "lines.0.price", "10.000",
				"lines.1.n", "2", "lines.1.product", "Lem", "lines.1.quantity", "1", "lines.1.price", "5.000",
			}, pairs...)...)
			return v
		}
		s.post(path, sent()).to("/orders/" + o.ID.String())
		if now := s.get(o.ID); now.Rev != o.Rev {
			t.Errorf("nothing was changed, but the revision: %+v", now)
		}
		s.post(path, sent("note", "Antar sore", "lines.0.quantity", "3")).to("/orders/" + o.ID.String())
		s.post(path, sent("shop", "Jakarta")).to("/orders/" + o.ID.String())
		now := s.get(o.ID)
		if now.Note != "Antar sore" || now.Shop != "Jakarta" || now.Total != 35_000 || now.Lines[0].N != 1 {
			t.Errorf("changed by two: %+v", now)
		}
		a := s.post(path, sent("note", "Antar pagi")).is(422).has("Antar sore", "Antar pagi")
		base = field(a.body, "base")
		s.post(path, sent("note", "Antar pagi", "shop", "Jakarta", "lines.0.quantity", "3")).to("/orders/" + o.ID.String())
		if now := s.get(o.ID); now.Note != "Antar pagi" || now.Shop != "Jakarta" {
			t.Errorf("sent again: %+v", now)
		}
	})
}

// field returns the value of a hidden field.
func field(page, name string) string {
	_, rest, _ := strings.Cut(page, `name="`+name+`" value="`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

func TestReturnOfAnOrder(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		budi := s.customer("Toko Budi")
		pump := s.product("PA-125", "Pompa air", 650_000)
		o := s.order(orders.Order{Customer: budi, Lines: []orders.Line{line(pump, "PA-125", "", 3, 650_000)}})
		page := s.open("/orders/new?returns="+o.ID.String()).is(200).has(o.Number, "Retur baru", "Toko Budi")
		s.post("/orders/new", form("customer", "Toko Budi", "customer_id", field(page.body, "customer_id"), "customer_known", "Toko Budi",
			"return", "1", "returns", o.Number, "lines.0.product", "Pompa air · PA-125", "lines.0.quantity", "1", "lines.0.price", "650.000", "tax", "10%")).is(303)
		r := s.latest()
		if !r.Return || r.Returns != o.ID || r.Total != -715_000 || r.Lines[0].Quantity != -orders.One {
			t.Errorf("return: %+v", r)
		}
		s.open("/orders/"+o.ID.String()).has("Barang kembali", r.Number)
		s.open("/orders?f=return:eq:true").has(r.Number).lacks(">" + o.Number + "<")
		// Its form shows it without signs, and stores it as it was.
		edit := s.open("/orders/"+r.ID.String()+"/edit").is(200).has(`value="1"`, "Rp\u00a065.000")
		s.post("/orders/"+r.ID.String()+"/edit", form("base", field(edit.body, "base"), "number", r.Number, "customer", "Toko Budi",
			"customer_id", budi.String(), "customer_known", "Toko Budi", "owner_id", "", "ordered_at", "2026-11-16", "ordered_time", "10:15",
			"return", "1", "returns", o.Number, "lines.0.n", "1", "lines.0.product", "Pompa air · PA-125", "lines.0.quantity", "2", "lines.0.price", "650.000", "tax", "10%")).is(303)
		if r = s.get(r.ID); r.Total != -1_430_000 || r.Lines[0].Quantity != -2*orders.One {
			t.Errorf("changed return: %+v", r)
		}
	})
}

func TestStatusAndBulk(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		a := s.order(orders.Order{Lines: []orders.Line{line(ids.ID{}, "", "Pipa", 2, 10_000)}})
		b := s.order(orders.Order{Status: orders.Draft})
		s.post("/orders/"+a.ID.String()+"/status", url.Values{"status": {"shipped"}}).to("/orders/" + a.ID.String())
		s.post("/orders/bulk/status", url.Values{"id": {a.ID.String(), b.ID.String()}, "status": {"delivered"}}).to("/orders")
		if s.get(a.ID).Status != orders.Delivered || s.get(b.ID).Status != orders.Delivered {
			t.Error("the status of both was not set")
		}
		s.post("/orders/bulk/status", url.Values{"id": {a.ID.String()}, "status": {"lost"}}).is(422)
		s.post("/orders/"+a.ID.String()+"/delete", nil).to("/orders")
		s.open("/orders/" + a.ID.String()).is(404)
	})
}

func TestLargeBulk(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.write("import.orders", func(tx *db.Tx) error {
			var list []*orders.Order
			for range 700 {
				o := &orders.Order{At: now, Lines: []orders.Line{line(ids.ID{}, "", "Pipa", 1, 10)}}
				if err := o.Normalize("IDR"); err != nil {
					return err
				}
				list = append(list, o)
			}
			return orders.Insert(t.Context(), tx, list)
		})
		a := s.post("/orders/bulk/status", url.Values{"all": {"1"}, "query": {"f=status:eq:confirmed"}, "status": {"delivered"}}).is(303)
		page := a.header.Get("Location")
		s.open(page).is(200).has("0 dari 700", "<progress")
		if err := s.jobs.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.open(page).is(200).has("700 pesanan", "/undo").lacks("<progress")
		s.open("/orders?f=status:eq:delivered").has("700 pesanan")
	})
}

func TestExports(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		budi := s.customer("Toko Budi")
		pump := s.product("PA-125", "Pompa air", 650_000)
		s.order(orders.Order{Number: "A-1", Customer: budi, Currency: "USD", Lines: []orders.Line{line(pump, "PA-125", "", 3, 20), line(ids.ID{}, "", "=1+1", 1, 5)}})
		s.open("/orders/export").is(200).has("A-1;Toko Budi;", ";65,00;USD")
		s.open("/orders/export?c=currency&c=number&c=total").is(200).has("Mata uang;Nomor;Total\r\n", "USD;A-1;65,00\r\n")
		for _, path := range []string{"/orders/export", "/orders/export/lines"} {
			s.open(path + "?format=exe").is(422).has("Pilih format csv atau xlsx")
		}
		s.open("/orders/export/lines").is(200).has(";PA-125;Pompa air;3;20;", "60,00").lacks(";=1+1;")
		if a := s.open("/orders/export/lines?format=xlsx").is(200); !strings.HasPrefix(a.body, "PK") {
			t.Error("the XLSX export is none")
		}
	})
}

func TestFiguresPage(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.open("/orders/figures").is(200).has("Belum ada angka")
		budi := s.customer("Toko Budi")
		s.order(orders.Order{Customer: budi, Lines: []orders.Line{line(ids.ID{}, "", "Pipa", 3, 10_000)}})
		s.order(orders.Order{Lines: []orders.Line{line(ids.ID{}, "", "Pipa", 1, 10_000)}})
		if err := orders.MakeFigures(t.Context(), s.d); err != nil {
			t.Fatal(err)
		}
		s.open("/orders/figures").is(200).has("Dalam IDR", "Rp\u00a040.000", "Rp\u00a030.000", "Baris tanpa pelanggan")
		s.open("/orders?f=customer:empty").has("1 pesanan")
	})
}

func TestSums(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.product("PA-125", "Pompa air", 650_000)
		s.post("/orders/sum", form("lines.0.product", "PA-125", "lines.0.quantity", "1,5", "tax", "10%")).is(200).has("Rp\u00a01.072.500").lacks("<html")
		s.post("/orders/sum", form("lines.0.product", "PA-125", "lines.0.quantity", "x")).is(200).has("Total muncul")
	})
}

// TestRights checks that who may only look can do nothing else.
func TestRights(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		o := s.order(orders.Order{Lines: []orders.Line{line(ids.ID{}, "", "Pipa", 3, 10_000)}})
		s.may(func(p ui.Perm) bool { return p == "orders.read" || p == ui.Self })
		s.open("/orders/"+o.ID.String()).is(200).lacks("/edit", "/delete", "/orders/new")
		s.open("/orders").is(200).lacks("/orders/new", "/export")
		s.open("/orders/new").is(403)
		s.open("/orders/export").is(403)
		s.post("/orders/"+o.ID.String()+"/delete", nil).is(403)
		s.may(func(p ui.Perm) bool { return p == ui.Self })
		s.open("/orders").is(403)
		s.read(func(ctx context.Context, tx *db.Tx) error {
			_, err := orders.Get(ctx, tx, o.ID)
			return err
		})
	})
}
