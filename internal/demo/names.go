package demo

// Names of organisations: what they are and two words.

// kinds are what the organisations of a segment call themselves.
var kinds = map[segment][]string{
	shop: {
		"Toko Bangunan", "Toko Bangunan", "TB", "UD", "UD", "CV", "Toko Listrik", "Toko Elektronik", "Toko Pompa", "Toko Teknik", "Depo Bangunan", "Sentra Air",
	},
	station: {"Depot Air", "Depot Air Minum", "Isi Ulang"},
	hotel:   {"Hotel", "Hotel", "Penginapan", "Vila", "Guest House", "Resor"},
	clinic:  {"Klinik", "Klinik", "RS", "Apotek & Klinik", "Laboratorium"},
	kitchen: {"Warung", "Rumah Makan", "Kafe", "Restoran", "Dapur", "Roti & Kue"},
	farm:    {"Koperasi Tani", "Gapoktan", "UD Tani", "Koperasi"},
	builder: {"PT", "PT", "CV", "Perumahan"},
	office:  {"PT", "Sekolah", "Pesantren", "Yayasan", "PT", "Pabrik", "Kos"},
}

// firstWords and secondWords make a name between them.
var (
	firstWords = []string{
		"Sumber", "Maju", "Karya", "Sinar", "Mitra", "Bina", "Tirta", "Cahaya", "Mulia", "Sari", "Rejeki", "Berkah", "Jaya", "Anugerah", "Sejahtera",
		"Makmur", "Lautan", "Samudra", "Bumi", "Graha", "Citra", "Wahana", "Duta", "Putra", "Surya", "Kencana", "Harapan", "Langgeng", "Agung", "Barokah",
	}
	secondWords = []string{
		"Abadi", "Jaya", "Sentosa", "Makmur", "Utama", "Lestari", "Mandiri", "Sejati", "Bersama", "Indah", "Baru", "Rejeki", "Teknik", "Agung", "Perkasa",
		"Mulya", "Kita", "Persada", "Raya", "Sukses", "Pratama", "Rahayu", "Tunggal", "Murni", "Bahagia", "Nusa", "Kencana", "Asri",
	}
	softWords = []string{ // for hotels and kitchens
		"Melati", "Kenanga", "Cempaka", "Anggrek", "Kamboja", "Tanjung", "Pelangi", "Senja", "Embun", "Bayu", "Puri", "Taman", "Padma", "Sekar", "Wangi",
		"Bulan", "Ombak", "Rimba", "Telaga", "Lembah", "Pandan", "Kemuning", "Sawah", "Bambu",
	}
	softEnds  = []string{"Indah", "Asri", "Sari", "Permai", "Hijau", "Ayu", "Biru", "Tenang", "Manis", "Emas", "Jingga", "Lestari"}
	cureWords = []string{"Kasih", "Sehat", "Husada", "Medika", "Bunda", "Harapan", "Mitra", "Insan", "Rahayu", "Waras"}
	cureEnds  = []string{"Bunda", "Selalu", "Sejahtera", "Utama", "Keluarga", "Mulia", "Abadi", "Kita", "Bakti", "Sentosa"}
)

// A known client is one that every company has, whatever its seed: people find
// them again in pictures and guides.
type known struct {
	name    string
	segment segment
	city    string
	contact name
	number  string
	rhythm  float64
	size    float64
	course  course
	tag     string
	recall  string
	hours   string // when they like to be reached
}

var knownClients = []known{
	{"CV Tirta Berkah Abadi", shop, "Kota Surabaya", name{given: "Ratna", family: "Wulandari", honorific: "Bu", birth: 1979}, "PLG-00412", 7, 1.6, regular,
		"Mitra Emas", "Anak sulung baru mulai kuliah di Malang. Suka dikirimi foto barang sebelum memesan.", "09.00–11.00"},
	{"Hotel Puri Melati", hotel, "Kota Yogyakarta", name{given: "Melani", family: "Kartika", honorific: "Bu", birth: 1984}, "PLG-00418", 24, 1.3, steady,
		"Kunci", "Kamar 214 sampai 230 memakai pemanas lama. Jangan datang saat sarapan.", "13.00–15.00"},
	{"UD Sumber Rejeki", shop, "Kota Malang", name{given: "Hadi", family: "Santosa", male: true, honorific: "Pak", birth: 1968}, "PLG-00421", 18, 0.9, fading,
		"Mitra Perak", "Mengurus tokonya sendiri; siang selalu ke pasar besar.", ""},
	{"Toko Bangunan Maju Jaya", shop, "Kabupaten Sidoarjo", name{given: "Bambang", family: "Sudibyo", male: true, honorific: "Pak", birth: 1972}, "PLG-00425", 11, 1.1, steady,
		"Mitra Perak", "Gudang di belakang toko, truk besar tidak bisa masuk.", ""},
	{"RS Mitra Keluarga Bakti", clinic, "Kota Bandung", name{given: "Yayan", family: "Suhendar", male: true, honorific: "Pak", birth: 1976}, "PLG-00430", 30, 1.4, steady,
		"Kunci", "Pembelian lewat bagian teknik, faktur ke bagian keuangan lantai 3.", ""},
	{"Klinik Kasih Bunda", clinic, "Kabupaten Gresik", name{given: "Melani", family: "Susanto", honorific: "dr.", birth: 1981}, "PLG-00434", 35, 0.8, steady,
		"", "Praktik sampai pukul 13.00; setelah itu baru bisa ditelepon.", ""},
	{"Toko Elektronik Sentosa", shop, "Kota Denpasar", name{given: "I Ketut", family: "Arsana", male: true, honorific: "Pak", birth: 1970}, "PLG-00437", 14, 1, fading,
		"Mitra Perak", "Tutup saat odalan di banjar; tanya dulu sebelum kirim.", ""},
	{"Koperasi Karya Sejahtera", farm, "Kota Semarang", name{given: "Lilis", family: "Suryani", honorific: "Bu", birth: 1975}, "PLG-00441", 40, 1, steady,
		"", "Pengurus berganti tiap dua tahun.", ""},
	{"Depot Air Segar Tirta", station, "Kota Mojokerto", name{given: "Sri", family: "Hartati", honorific: "Bu", birth: 1974}, "PLG-00446", 26, 0.8, steady,
		"", "Minta diingatkan ganti membran tiap November.", ""},
	{"UD Bina Tani", farm, "Kabupaten Jember", name{given: "Slamet", male: true, honorific: "Pak", birth: 1963}, "PLG-00449", 33, 1, steady,
		"", "Lebih suka bahasa Jawa. Cucunya yang membalas WhatsApp.", ""},
	{"Toko Sinar Mulia", shop, "Kabupaten Banyuwangi", name{given: "Siti", family: "Rahmawati", honorific: "Bu", birth: 1982}, "PLG-00453", 16, 0.8, growing,
		"", "Membuka cabang di Genteng tahun depan.", ""},
	{"Perumahan Taman Asri", builder, "Kota Malang", name{given: "Irwan", family: "Hermawan", male: true, honorific: "Pak", birth: 1978}, "PLG-00457", 45, 1.3, steady,
		"Proyek", "Serah terima rumah tiap akhir bulan.", ""},
	{"Vila Telaga Ubud", hotel, "Kabupaten Gianyar", name{given: "Charlotte", family: "Hughes", honorific: "Ms", birth: 1980}, "PLG-00461", 32, 1, steady,
		"Kunci", "Runs three villas; wants quotes in English and answers at once.", ""},
	{"CV Lautan Teknik", shop, "Kota Surakarta", name{given: "Andi", family: "Wicaksono", male: true, honorific: "Pak", birth: 1973}, "PLG-00466", 12, 1.2, steady,
		"Mitra Emas", "Membeli banyak menjelang kemarau.", ""},
}

// recalls are things to remember of people, and of organisations.
var recalls = []string{
	"Suka dikirimi foto barang sebelum memesan.", "Jangan telepon saat salat Jumat.", "Lebih suka WhatsApp daripada telepon.", "Anaknya sekolah di dekat gerai kami.",
	"Pernah kecewa karena kiriman terlambat; kabari bila ada perubahan.", "Minta kuitansi atas nama pribadi.", "Suka membandingkan harga; jelaskan bedanya, bukan potongannya.",
	"Rumah di gang sempit, motor saja yang masuk.", "Penggemar burung perkutut.", "Setiap kemarau sumurnya surut.", "Minta teknisi yang sama, Pak Joko.",
	"Baru merenovasi dapur.", "Air sumurnya berbau besi.", "Ibunya yang memutuskan pembelian besar.", "Senang bila diingatkan waktu ganti filter.",
	"Sering keluar kota; paling mudah dihubungi malam hari.", "Alergi kaporit.", "Kulit bayinya peka, karena itu memakai filter pancuran.",
}

var recallsBusiness = []string{
	"Bayar selalu tepat waktu.", "Minta faktur pajak dikirim bersama barang.", "Gudang tutup pukul 16.00.", "Kirim sebelum hari pasar.", "Pemilik baru sejak tahun lalu.",
	"Rak depan diisi merek pesaing; tawarkan etalase.", "Truk besar tidak bisa masuk.", "Pesan lewat stafnya, tetapi harga hanya dengan pemilik.",
	"Minta harga proyek bila di atas sepuluh unit.", "Menjelang Lebaran memesan lebih awal.", "Membandingkan kami dengan dua pemasok lain.", "Teknisi mereka sendiri yang memasang.",
	"Punya dua pintu; bongkar muat lewat belakang.", "Libur setiap Jumat siang.", "Ingin papan nama bila target tercapai.",
}

// hoursOf are when people like to be reached.
var hoursOf = []string{"08.00–10.00", "09.00–11.00", "10.00–12.00", "13.00–15.00", "15.00–17.00", "setelah 19.00", "pagi", "sore"}

// rolesIn are what people are in an organisation: the role and the title.
var rolesIn = [][2]string{
	{"Pemilik", "Pemilik"}, {"Pembelian", "Kepala Pembelian"}, {"Keuangan", "Staf Keuangan"}, {"Teknik", "Kepala Teknik"}, {"Gudang", "Kepala Gudang"},
	{"Manajer", "Manajer Umum"}, {"Administrasi", "Staf Administrasi"},
}

// sources are how customers came.
var sources = []string{"gerai", "gerai", "WhatsApp", "rekomendasi", "rekomendasi", "kunjungan", "situs web", "pameran", "Instagram", "telepon"}
