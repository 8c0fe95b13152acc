package demo

import (
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/money"
)

// A season says when a product sells best.
type season int

const (
	always season = iota
	dry           // June to October: wells run low, fields want water
	wet           // November to March: cold mornings, turbid water
)

// A good is a product with what the generator knows of it.
type good struct {
	code, id, en string
	family       string
	tier         string
	unit         string
	price        int64   // thousands of rupiah, today
	cost         float64 // share of the price
	season       season
	facts        string // label=value; …
	with         string // codes of what goes with it, the first the most wanted
	better       string // code of the better one
	textID       string
	textEN       string
}

// The families.
const (
	pump    = "Pompa air"
	heater  = "Pemanas air"
	filter  = "Filter air"
	refill  = "Isi ulang filter"
	spare   = "Suku cadang"
	extra   = "Aksesori"
	service = "Layanan"
)

const (
	economy  = "Ekonomi"
	standard = "Standar"
	premium  = "Premium"
)

// goods is the catalogue.
var goods = []good{
	{"PS-125", "Pompa Sumur Dangkal 125 W", "Shallow-well pump 125 W", pump, economy, "unit", 545, .71, dry,
		"Daya=125 W; Daya isap=9 m; Daya dorong=21 m; Debit=32 l/menit; Pipa=1 inci", "AK-KLP AK-TB24 JS-PSP SC-SEL SC-KAP", "PS-150",
		"Untuk sumur sampai sembilan meter dan rumah satu lantai.", "For wells of up to nine metres and houses of one floor."},
	{"PS-150", "Pompa Sumur Dangkal 150 W", "Shallow-well pump 150 W", pump, standard, "unit", 695, .7, dry,
		"Daya=150 W; Daya isap=9 m; Daya dorong=26 m; Debit=37 l/menit; Pipa=1 inci", "AK-KLP AK-TB24 JS-PSP JS-GAR SC-SEL", "PS-200",
		"Lebih kuat mendorong ke lantai dua, dengan tangki tekan kecil.", "Pushes water to a second floor; comes with a small pressure tank."},
	{"PS-200", "Pompa Sumur Dangkal 200 W Senyap", "Quiet shallow-well pump 200 W", pump, premium, "unit", 985, .66, dry,
		"Daya=200 W; Daya isap=9 m; Daya dorong=32 m; Debit=45 l/menit; Bunyi=48 dB", "AK-KLP AK-TB24 JS-PSP JS-GAR SC-SEL", "",
		"Rumah pompa berlapis peredam, cocok dekat kamar tidur.", "Its damped housing lets it stand next to a bedroom."},
	{"PJ-250", "Pompa Jet 250", "Jet pump 250", pump, standard, "unit", 2600, .69, dry,
		"Daya=250 W; Daya isap=30 m; Daya dorong=20 m; Debit=32 l/menit; Pipa=1¼ × 1 inci", "AK-KLP SC-SEL SC-IMP JS-GAR JS-PSP AK-TB100", "PJ-375",
		"Untuk sumur bor sampai tiga puluh meter. Seal baru sejak 2025.", "For bored wells of up to thirty metres. New seal since 2025."},
	{"PJ-375", "Pompa Jet 375", "Jet pump 375", pump, premium, "unit", 3450, .67, dry,
		"Daya=375 W; Daya isap=40 m; Daya dorong=25 m; Debit=40 l/menit; Pipa=1¼ × 1 inci", "AK-KLP SC-SEL SC-IMP JS-GAR JS-PSP AK-TB100", "PC-500",
		"Untuk sumur bor dalam di rumah dan ruko.", "For deep bored wells of homes and shop houses."},
	{"PD-100", "Pompa Dorong 100 W", "Booster pump 100 W", pump, economy, "unit", 525, .7, always,
		"Daya=100 W; Daya dorong=9 m; Debit=20 l/menit", "AK-OTO JS-PSP SC-KAP", "PD-200",
		"Menambah tekanan untuk pancuran dan pemanas air.", "Adds pressure for showers and water heaters."},
	{"PD-200", "Pompa Dorong Inverter 200 W", "Inverter booster pump 200 W", pump, premium, "unit", 2250, .64, always,
		"Daya=200 W; Daya dorong=18 m; Debit=48 l/menit; Pengatur=inverter", "AK-TB24 JS-PSP JS-GAR", "",
		"Tekanan tetap sama walau beberapa keran dibuka.", "Keeps the pressure even with several taps open."},
	{"PC-500", "Pompa Celup Sumur Bor 500 W", "Submersible well pump 500 W", pump, standard, "unit", 3150, .7, dry,
		"Daya=500 W; Daya dorong=52 m; Debit=55 l/menit; Garis tengah=3 inci", "AK-PNL AK-PIP JS-PSP JS-GAR", "PC-750",
		"Untuk sumur bor tiga inci.", "For bored wells of three inches."},
	{"PC-750", "Pompa Celup Sumur Bor 750 W", "Submersible well pump 750 W", pump, premium, "unit", 4250, .68, dry,
		"Daya=750 W; Daya dorong=78 m; Debit=60 l/menit; Garis tengah=4 inci", "AK-PNL AK-PIP JS-PSP JS-GAR", "",
		"Untuk sumur bor dalam dan gedung bertingkat.", "For deep wells and buildings of several floors."},
	{"PC-150", "Pompa Celup Air Kotor 150 W", "Sump pump 150 W", pump, standard, "unit", 825, .7, wet,
		"Daya=150 W; Daya dorong=7 m; Debit=150 l/menit; Butiran=10 mm", "AK-PEL SC-SEL", "",
		"Menguras basemen dan kolam; laris di musim hujan.", "Empties basements and ponds; wanted when it rains."},
	{"PT-750", "Pompa Transfer 750 W", "Transfer pump 750 W", pump, standard, "unit", 2150, .7, always,
		"Daya=750 W; Daya dorong=30 m; Debit=100 l/menit; Pipa=1 inci", "AK-PEL AK-PNL SC-SEL JS-SRV", "PT-1500",
		"Dari tandon bawah ke tandon atas.", "From the lower tank to the upper one."},
	{"PT-1500", "Pompa Transfer 1.500 W", "Transfer pump 1,500 W", pump, premium, "unit", 3950, .68, always,
		"Daya=1.500 W; Daya dorong=45 m; Debit=200 l/menit; Pipa=1½ inci", "AK-PEL AK-PNL SC-SEL JS-SRV", "",
		"Untuk hotel, pabrik, dan rumah susun.", "For hotels, factories and blocks of flats."},
	{"PI-3", "Pompa Irigasi Bensin 3 Inci", "Petrol irrigation pump 3 inch", pump, standard, "unit", 5250, .74, dry,
		"Mesin=7 PK; Debit=1.000 l/menit; Daya dorong=28 m; Selang=3 inci", "AK-SLG SC-SEL", "PSU-300",
		"Mengairi satu hektare dalam setengah hari.", "Waters one hectare in half a day."},
	{"PSU-300", "Pompa Surya 300 W", "Solar pump 300 W", pump, premium, "set", 7900, .72, dry,
		"Panel=2 × 200 Wp; Debit=40 l/menit; Daya dorong=35 m", "AK-PNL AK-SLG JS-SUR", "",
		"Tanpa listrik dan bensin; balik modal dalam dua musim.", "No mains, no petrol; pays for itself in two seasons."},

	{"PL-10", "Pemanas Listrik 10 L", "Electric water heater 10 l", heater, economy, "unit", 1350, .68, wet,
		"Isi=10 l; Daya=350 W; Tekanan=6 bar", "JS-PSH SC-ANO SC-TER PD-100", "PL-15", "Untuk satu kamar mandi.", "For one bathroom."},
	{"PL-15", "Pemanas Listrik 15 L", "Electric water heater 15 l", heater, standard, "unit", 1650, .67, wet,
		"Isi=15 l; Daya=350 W; Tekanan=8 bar; Lapisan=enamel", "JS-PSH SC-ANO SC-TER JS-GAR", "PL-30", "Paling laku: hemat listrik dan ringkas.", "The one most sold: small and saving."},
	{"PL-30", "Pemanas Listrik 30 L", "Electric water heater 30 l", heater, standard, "unit", 2350, .67, wet,
		"Isi=30 l; Daya=500 W; Tekanan=8 bar", "JS-PSH SC-ANO SC-ELE JS-GAR", "PL-50", "Untuk dua kamar mandi.", "For two bathrooms."},
	{"PL-50", "Pemanas Listrik 50 L", "Electric water heater 50 l", heater, standard, "unit", 3250, .66, wet,
		"Isi=50 l; Daya=800 W; Tekanan=8 bar", "JS-PSH SC-ANO SC-ELE JS-SRV", "PL-80", "Untuk keluarga dan vila kecil.", "For families and small villas."},
	{"PL-80", "Pemanas Listrik 80 L", "Electric water heater 80 l", heater, premium, "unit", 4450, .65, wet,
		"Isi=80 l; Daya=1.200 W; Tekanan=8 bar", "JS-PSH SC-ANO SC-ELE JS-SRV", "SW-150", "Bak mandi penuh tanpa menunggu.", "A full bathtub without waiting."},
	{"PG-6", "Pemanas Gas 6 L", "Gas water heater 6 l", heater, economy, "unit", 1250, .7, wet,
		"Debit=6 l/menit; Gas=LPG; Pengaman=mati sendiri", "JS-PSH SC-TER", "PL-15", "Panas seketika, tanpa listrik PLN.", "Hot at once, without mains power."},
	{"SW-150", "Pemanas Solar 150 L", "Solar water heater 150 l", heater, standard, "set", 14900, .7, wet,
		"Isi=150 l; Kolektor=2 m²; Cadangan=listrik 1.500 W", "JS-PSH SC-ANO JS-SRV JS-SUR", "SW-300", "Tiga kamar mandi dari sinar matahari.", "Three bathrooms from the sun."},
	{"SW-300", "Pemanas Solar 300 L", "Solar water heater 300 l", heater, premium, "set", 24500, .69, wet,
		"Isi=300 l; Kolektor=4 m²; Cadangan=listrik 1.500 W", "JS-PSH SC-ANO JS-SRV JS-SUR", "", "Untuk vila dan penginapan.", "For villas and guest houses."},
	{"HP-200", "Heat Pump 200 L", "Heat pump 200 l", heater, premium, "unit", 21500, .72, always,
		"Isi=200 l; Daya=600 W; COP=3,6", "JS-PSH JS-SRV SC-ANO", "HP-500", "Sepertiga listrik pemanas biasa.", "A third of the power of an ordinary heater."},
	{"HP-500", "Heat Pump 500 L", "Heat pump 500 l", heater, premium, "unit", 46000, .73, always,
		"Isi=500 l; Daya=1.800 W; COP=3,9", "JS-PSH JS-SRV JS-SUR", "", "Air panas terpusat untuk hotel dan rumah sakit.", "Central hot water for hotels and hospitals."},

	{"FH-10", "Rumah Filter 10 Inci", "Filter housing 10 inch", filter, economy, "unit", 185, .62, wet,
		"Ulir=¾ inci; Tekanan=6 bar; Bahan=PP food grade", "KS-10 KK-10 AK-KRN", "FT-2", "Saringan pertama sesudah meteran.", "The first filter behind the meter."},
	{"FH-20", "Rumah Filter 20 Inci", "Filter housing 20 inch", filter, standard, "unit", 385, .62, wet,
		"Ulir=1 inci; Tekanan=8 bar; Bahan=PP food grade", "KS-20 KK-20", "FB-30", "Untuk debit besar: ruko, kos, restoran.", "For larger flows: shops, boarding houses, restaurants."},
	{"FT-2", "Filter Air Dua Tahap", "Two-stage water filter", filter, standard, "set", 495, .6, wet,
		"Tahap=sedimen, karbon; Debit=8 l/menit", "KS-10 KK-10 AK-KRN", "RM-5", "Menjernihkan dan menghilangkan bau kaporit.", "Clears the water and takes the smell of chlorine."},
	{"FB-30", "Tabung Filter FRP 1054", "FRP filter vessel 1054", filter, standard, "unit", 2450, .63, wet,
		"Ukuran=10 × 54 inci; Debit=2 m³/jam; Media=karbon aktif 25 kg", "MK-25 JS-PSP JS-UJI", "FS-25", "Filter seluruh rumah untuk air sumur.", "Filters all water of a house with a well."},
	{"FS-25", "Pelunak Air 25 L", "Water softener 25 l", filter, premium, "set", 6850, .61, always,
		"Resin=25 l; Debit=2,5 m³/jam; Katup=otomatis", "GR-25 RS-25 JS-SRV JS-UJI", "", "Menjaga pemanas dan mesin cuci dari kerak.", "Keeps scale from heaters and washing machines."},
	{"UV-12", "Sterilisasi UV 12 W", "UV steriliser 12 W", filter, standard, "set", 945, .6, wet,
		"Daya=12 W; Debit=8 l/menit; Umur lampu=9.000 jam", "UV-L12 KS-10", "UV-55", "Mematikan kuman tanpa bahan kimia.", "Kills germs without chemicals."},
	{"UV-55", "Sterilisasi UV 55 W", "UV steriliser 55 W", filter, premium, "set", 3250, .6, always,
		"Daya=55 W; Debit=45 l/menit; Umur lampu=9.000 jam", "UV-L55 KS-20 JS-SRV", "", "Untuk depot air, klinik, dan dapur besar.", "For refill stations, clinics and large kitchens."},
	{"RM-5", "Mesin RO Lima Tahap", "Five-stage RO unit", filter, standard, "set", 1950, .6, always,
		"Tahap=5; Hasil=190 l/hari; Tangki=11 l", "RO-5 RO-M50 AK-KRN JS-UJI", "RM-400", "Air minum langsung dari keran.", "Drinking water from the tap."},
	{"RM-400", "Mesin RO 400 GPD", "RO unit 400 GPD", filter, premium, "set", 7450, .62, always,
		"Hasil=1.500 l/hari; Pompa=booster; Rangka=baja tahan karat", "RO-M400 KS-20 KK-20 UV-55 JS-SRV", "", "Untuk depot, kantor, dan klinik.", "For refill stations, offices and clinics."},
	{"FP-1", "Filter Pancuran", "Shower filter", filter, economy, "unit", 165, .55, always,
		"Ulir=½ inci; Umur katrid=3 bulan", "FP-K", "", "Lembut di kulit dan rambut.", "Kind to skin and hair."},

	{"KS-10", "Katrid Sedimen 10 Inci 5 Mikron", "Sediment cartridge 10 inch 5 micron", refill, "", "pcs", 28, .5, wet, "Panjang=10 inci; Saringan=5 µm; Ganti tiap=3 bulan", "KK-10", "", "", ""},
	{"KS-20", "Katrid Sedimen 20 Inci 5 Mikron", "Sediment cartridge 20 inch 5 micron", refill, "", "pcs", 58, .5, wet, "Panjang=20 inci; Saringan=5 µm; Ganti tiap=3 bulan", "KK-20", "", "", ""},
	{"KK-10", "Katrid Karbon Blok 10 Inci", "Carbon block cartridge 10 inch", refill, "", "pcs", 52, .5, always, "Panjang=10 inci; Ganti tiap=6 bulan", "KS-10", "", "", ""},
	{"KK-20", "Katrid Karbon Blok 20 Inci", "Carbon block cartridge 20 inch", refill, "", "pcs", 98, .5, always, "Panjang=20 inci; Ganti tiap=6 bulan", "KS-20", "", "", ""},
	{"RO-5", "Filter RO-5", "RO-5 filter set", refill, "", "set", 360, .52, always, "Isi=3 katrid dan pasca-karbon; Ganti tiap=6 bulan", "RO-M50", "", "Set katrid untuk mesin RO lima tahap.", "Set of cartridges for five-stage RO units."},
	{"RO-M50", "Membran RO 50 GPD", "RO membrane 50 GPD", refill, "", "pcs", 245, .55, always, "Hasil=190 l/hari; Ganti tiap=2 tahun", "RO-5", "", "", ""},
	{"RO-M400", "Membran RO 400 GPD", "RO membrane 400 GPD", refill, "", "pcs", 985, .57, always, "Hasil=1.500 l/hari; Ganti tiap=1 tahun", "KS-20", "", "", ""},
	{"UV-L12", "Lampu UV 12 W", "UV lamp 12 W", refill, "", "pcs", 165, .5, always, "Umur=9.000 jam; Dudukan=G10Q", "", "", "", ""},
	{"UV-L55", "Lampu UV 55 W", "UV lamp 55 W", refill, "", "pcs", 485, .5, always, "Umur=9.000 jam; Dudukan=G10Q", "", "", "", ""},
	{"MK-25", "Media Karbon Aktif 25 kg", "Activated carbon 25 kg", refill, "", "sak", 725, .6, always, "Bahan=tempurung kelapa; Ganti tiap=1 tahun", "", "", "", ""},
	{"RS-25", "Resin Pelunak 25 L", "Softener resin 25 l", refill, "", "sak", 1150, .6, always, "Isi=25 l; Ganti tiap=5 tahun", "GR-25", "", "", ""},
	{"GR-25", "Garam Regenerasi 25 kg", "Regeneration salt 25 kg", refill, "", "sak", 145, .6, always, "Isi=25 kg; Bentuk=tablet", "", "", "", ""},
	{"FP-K", "Katrid Filter Pancuran", "Shower filter cartridge", refill, "", "pcs", 45, .5, always, "Ganti tiap=3 bulan", "", "", "", ""},

	{"SC-SEL", "Set Seal Pompa", "Pump seal kit", spare, "", "set", 85, .45, always, "Cocok untuk=PS, PJ, PT", "", "", "", ""},
	{"SC-IMP", "Impeler Pompa Jet", "Jet pump impeller", spare, "", "pcs", 145, .45, always, "Cocok untuk=PJ-250, PJ-375; Bahan=kuningan", "SC-SEL", "", "", ""},
	{"SC-KAP", "Kapasitor Pompa 10 µF", "Pump capacitor 10 µF", spare, "", "pcs", 45, .4, always, "Kapasitas=10 µF; Tegangan=450 V", "", "", "", ""},
	{"SC-ANO", "Anoda Magnesium", "Magnesium anode", spare, "", "pcs", 125, .45, always, "Ulir=M6; Ganti tiap=1 tahun", "", "", "", ""},
	{"SC-TER", "Termostat Pemanas", "Heater thermostat", spare, "", "pcs", 155, .45, wet, "Rentang=30–75 °C", "", "", "", ""},
	{"SC-ELE", "Elemen Pemanas 800 W", "Heating element 800 W", spare, "", "pcs", 225, .48, wet, "Daya=800 W; Flensa=63 mm", "SC-ANO", "", "", ""},

	{"AK-KLP", "Klep Kaki 1 Inci", "Foot valve 1 inch", extra, "", "pcs", 75, .5, dry, "Bahan=kuningan; Ulir=1 inci", "", "", "", ""},
	{"AK-TB24", "Tabung Tekan 24 L", "Pressure tank 24 l", extra, "", "unit", 485, .58, always, "Isi=24 l; Tekanan=8 bar", "AK-OTO", "AK-TB100", "", ""},
	{"AK-TB100", "Tabung Tekan 100 L", "Pressure tank 100 l", extra, "", "unit", 1950, .6, always, "Isi=100 l; Tekanan=8 bar", "AK-OTO", "", "", ""},
	{"AK-OTO", "Saklar Tekanan Otomatis", "Pressure switch", extra, "", "pcs", 95, .5, always, "Rentang=1,4–2,8 bar", "", "", "", ""},
	{"AK-PEL", "Pelampung Listrik", "Float switch", extra, "", "pcs", 115, .5, always, "Kabel=3 m; Arus=10 A", "", "", "", ""},
	{"AK-PNL", "Panel Kontrol Pompa", "Pump control panel", extra, "", "unit", 875, .6, always, "Pengaman=air kering, beban lebih", "", "", "", ""},
	{"AK-PIP", "Pipa HDPE 1 Inci 50 m", "HDPE pipe 1 inch 50 m", extra, "", "rol", 485, .68, dry, "Panjang=50 m; Tekanan=10 bar", "", "", "", ""},
	{"AK-SLG", "Selang Spiral 3 Inci 10 m", "Suction hose 3 inch 10 m", extra, "", "rol", 365, .66, dry, "Panjang=10 m", "", "", "", ""},
	{"AK-KRN", "Keran Angsa", "Gooseneck tap", extra, "", "pcs", 125, .5, always, "Bahan=kuningan krom; Slang=¼ inci", "", "", "", ""},

	{"JS-PSP", "Jasa Pasang Pompa atau Filter", "Installation of a pump or filter", service, "", "kali", 250, .55, always, "Lama=2–3 jam", "JS-GAR", "", "", ""},
	{"JS-PSH", "Jasa Pasang Pemanas", "Installation of a heater", service, "", "kali", 450, .55, always, "Lama=3–5 jam", "JS-SRV", "", "", ""},
	{"JS-SRV", "Servis Tahunan", "Annual service", service, "", "kali", 350, .5, always, "Cakupan=pembersihan, anoda, uji tekanan", "", "", "", ""},
	{"JS-UJI", "Uji Laboratorium Air", "Laboratory water test", service, "", "kali", 275, .7, always, "Hasil=5 hari kerja; Unsur=12", "", "", "", ""},
	{"JS-SUR", "Survei Lokasi", "Site survey", service, "", "kali", 200, .6, always, "Cakupan=debit, listrik, atap", "", "", "", ""},
	{"JS-GAR", "Garansi Tambahan 2 Tahun", "Extended warranty, 2 years", service, "", "pcs", 150, .3, always, "Berlaku=sejak garansi pabrik habis", "", "", "", ""},
}

// complements returns the codes of what goes with the good.
func (g *good) complements() []string { return strings.Fields(g.with) }

// byCode is where goods stand in their list.
var byCode = func() map[string]int {
	m := make(map[string]int, len(goods))
	for i := range goods {
		m[goods[i].code] = i
	}
	return m
}()

// thousand is Rp 1.000 as a price.
const thousand money.Price = 1000 * 1_000_000

// products makes the catalogue as it was on the day on which the books begin.
func (c *Company) products() {
	d := newDice(c.Seed, streamID)
	for i := range goods {
		g := &goods[i]
		price := money.Price(g.price) * thousand
		cost := money.Price(float64(g.price)*g.cost) * thousand
		p := &catalog.Product{
			ID: d.id(c.Begin.Add(time.Duration(i) * time.Second)), Code: g.code, NameID: g.id, NameEN: g.en, Family: g.family, Tier: g.tier,
			Unit: g.unit, Price: &price, Cost: &cost, Currency: money.Rupiah, DescriptionID: g.textID, DescriptionEN: g.textEN,
			Created: c.Begin,
		}
		for _, f := range strings.Split(g.facts, "; ") {
			label, value, _ := strings.Cut(f, "=")
			p.Facts = append(p.Facts, catalog.Fact{Label: label, Value: value})
		}
		c.Products = append(c.Products, p)
	}
	for i := range goods {
		p := c.Products[i]
		for _, code := range goods[i].complements() {
			p.Links = append(p.Links, catalog.Link{Kind: catalog.Complement, Other: c.Products[byCode[code]].ID})
		}
		if goods[i].better != "" {
			p.Links = append(p.Links, catalog.Link{Kind: catalog.Upgrade, Other: c.Products[byCode[goods[i].better]].ID})
		}
	}
}

// priceAt is the price of a good at a time: each January it rises by four per
// cent, rounded to Rp 500 (Rp 5.000 above a million).
func (c *Company) priceAt(g *good, at time.Time) money.Price {
	price := float64(g.price)
	for y := at.In(c.Zone).Year(); y < c.Today.Year(); y++ {
		price /= 1.04
	}
	step := 0.5
	if price > 1000 {
		step = 5
	}
	return money.Price(float64(int64(price/step+0.5))*step*1000) * 1_000_000
}
