package demo

import (
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
)

// A phrase is a text of an interaction. Words in braces are filled in from what
// it is about: {sapa} the person, {nama} the customer, {produk} the product,
// {n} how many, {nomor} the order, {isi} what is in it, {total} its total,
// {alasan} why it comes back, {staf} and {rekan} colleagues, {kota} the town,
// {hari} a weekday, {tgl} a date.
type phrase struct {
	kind    activity.Kind
	dir     activity.Direction
	subject string
	body    string
	promise string // "" if nothing is promised
	fit     fit    // what it can be said of
}

// A fit says of what, or when, a phrase makes sense.
type fit int

const (
	anything fit = iota
	machine      // pumps, heaters and filters, not what they use up
	pumps
	heaters
	filters
	drySeason // anything, from May to October
)

// of reports whether the phrase fits a good in a month.
func (f fit) of(g *good, m time.Month) bool {
	switch f {
	case machine:
		return g.family == pump || g.family == heater || g.family == filter
	case pumps:
		return g.family == pump
	case heaters:
		return g.family == heater
	case filters:
		return g.family == filter
	case drySeason:
		return m >= time.May && m <= time.October
	}
	return true
}

const (
	call    = activity.Call
	chat    = activity.Chat
	mail    = activity.Email
	visit   = activity.Visit
	note    = activity.Note
	meeting = activity.Meeting
	form    = activity.Form
	letter  = activity.Letter
	in      = activity.In
	out     = activity.Out
	self    = activity.Direction("")
)

// A topic is a reason to talk.
type topic int

const (
	asks      topic = iota // what something costs, before an order
	placed                 // an order is made
	sent                   // it is on the way
	arrived                // after it came
	complains              // before a return
	returned               // the return is settled
	shopVisit              // the seller comes to a shop
	siteVisit              // the seller comes to others
	install                // a technician comes
	refillDue              // a cartridge has to be changed
	invoice                // money
	prices                 // the new price list
	feast                  // wishes for Idul Fitri
	newYear                // wishes for the new year
	birthday               // wishes for a birthday
	technique              // how it works
	interest               // of those who have not bought yet
	offer                  // the company's answer to them
	silence                // no answer from who has fallen silent
	inside                 // notes among colleagues
	praise                 // they are content
	project                // larger plans
	phrases_               // how many topics there are
)

// phrasesID are the phrases in Indonesian.
var phrasesID = [phrases_][]phrase{
	asks: {
		{chat, in, "", "“Pagi {staf}, {produk} masih ada stok? Butuh {n}.”", "", anything},
		{chat, in, "", "“{produk} harganya berapa sekarang kalau ambil {n}?”", "Kirim harga {produk}", anything},
		{chat, in, "", "“Mas, tolong cek {produk}, kemarin di toko sebelah lebih murah.” Dijelaskan beda garansi dan suku cadangnya.", "", anything},
		{call, in, "", "{sapa} menanyakan stok {produk}, perlu {n} sebelum {hari}. Ada di gudang, diminta lewat WhatsApp supaya tercatat.", "", anything},
		{call, in, "", "Tanya beda {produk} dengan tipe di atasnya. Cenderung ambil yang ini dulu.", "", machine},
		{call, in, "", "Minta harga untuk {n} {produk} dan ongkos kirim ke {kota}.", "Kirim harga dan ongkos kirim", anything},
		{mail, in, "Permintaan harga {produk}", "{sapa} meminta penawaran {n} {produk} beserta syarat pembayaran.", "Kirim penawaran", anything},
		{mail, out, "Harga {produk}", "{sapa}, terlampir harga {produk} untuk {n}, berlaku sampai akhir bulan. Ongkos kirim ke {kota} kami tanggung bila diambil sekaligus.", "", anything},
		{chat, out, "", "Stok {produk} tersedia, {n} bisa dikirim {hari}. Foto barang sudah dikirim.", "", anything},
		{chat, in, "", "“{produk} yang kemarin masih ada? Pelanggan saya minta yang sama.”", "", anything},
		{call, out, "", "Menawarkan {produk} karena stok lama {sapa} biasanya habis minggu ini. Akan dicek dulu ke gudang.", "", anything},
		{chat, in, "", "“Kalau {n} bisa dapat harga proyek?” Dijawab bisa bila dibayar tunai.", "", anything},
		{form, in, "Formulir situs web", "Menanyakan {produk} untuk {kota}, minta dihubungi sore.", "Telepon kembali soal {produk}", anything},
	},
	placed: {
		{chat, in, "", "Pesan {isi}. Dicatat sebagai {nomor}, {total}.", "", anything},
		{call, in, "", "Memesan lewat telepon: {isi}. Nomor pesanan {nomor} sudah dibacakan.", "", anything},
		{chat, out, "", "Konfirmasi {nomor}, {total}. Dikirim {hari}, {sapa} setuju.", "", anything},
		{mail, out, "Konfirmasi pesanan {nomor}", "{sapa}, terima kasih. Pesanan {nomor} berisi {isi} dengan total {total} sudah kami terima.", "", anything},
		{note, self, "", "{nomor}: minta dikirim sebelum pukul 12, gudang tutup siang.", "", anything},
		{call, out, "", "Memastikan alamat kirim {nomor} ke {kota}. Masih sama.", "", anything},
		{chat, in, "", "“Tambah satu {produk} ya di {nomor}, kalau masih sempat.” Sempat, sudah ditambahkan.", "", anything},
		{note, self, "", "{sapa} minta {nomor} digabung dengan kiriman minggu depan bila ongkirnya sama. Tidak jadi, barang ditunggu.", "", anything},
		{chat, in, "", "“{nomor} bisa jalan hari ini? Tukang saya besok pagi mulai.”", "Kabari jam berangkat {nomor}", anything},
	},
	sent: {
		{chat, out, "", "{nomor} berangkat pagi ini dari Rungkut, perkiraan tiba {hari} siang.", "", anything},
		{chat, in, "", "“{nomor} sampai mana ya?” Sudah di gudang transit, tiba {hari}.", "", anything},
		{call, in, "", "Menanyakan kiriman {nomor}. Sopir dihubungi, tiba sekitar satu jam lagi.", "", anything},
		{call, in, "", "Kiriman {nomor} belum tiba padahal dijanjikan pagi. {sapa} agak kesal, minta dikabari.", "Kabari posisi kiriman {nomor}", anything},
		{chat, out, "", "Nomor resi {nomor} dikirim beserta foto kemasan.", "", anything},
		{chat, out, "", "Mohon maaf, {produk} di {nomor} menyusul {hari} karena stok gudang tinggal sebagian.", "Kirim sisa {produk} dari {nomor}", anything},
	},
	arrived: {
		{chat, in, "", "“{nomor} sudah diterima lengkap, terima kasih.”", "", anything},
		{chat, out, "", "Menanyakan apakah {produk} sudah dipasang. Sudah, airnya deras.", "", pumps},
		{call, out, "", "Telepon setelah kirim: {isi} lengkap, kardus satu penyok tetapi barang utuh.", "", anything},
		{chat, in, "", "“Barang sudah sampai. {produk} kurang satu di surat jalan.” Surat jalan keliru, jumlah barang cocok setelah dihitung ulang.", "", anything},
		{chat, out, "", "Mengirim video cara pasang {produk}. {sapa} mencoba sendiri dulu.", "", machine},
		{call, out, "", "Memastikan {nomor} diterima. {sapa} puas, minta dikabari kalau ada promo {keluarga}.", "Kabari promo {keluarga} berikutnya", anything},
		{note, self, "", "Kartu garansi {produk} dari {nomor} sudah didaftarkan.", "", machine},
		{chat, in, "", "“Tukangnya tanya, {produk} ini pakai pipa berapa?” Dijawab dengan foto label.", "", pumps},
		{mail, out, "Kartu garansi {nomor}", "{sapa}, kartu garansi {produk} terlampir. Simpan bersama faktur {nomor}.", "", machine},
	},
	complains: {
		{chat, in, "", "“{produk} dari {nomor} bermasalah: {alasan}” Foto dan video diterima.", "Putuskan ganti atau perbaiki {produk}", anything},
		{call, in, "", "Keluhan {produk} ({nomor}). {alasan} Minta diganti, bukan diperbaiki.", "Kabari keputusan soal {produk}", anything},
		{call, in, "", "{sapa} kecewa dengan {produk}. {alasan} Didengarkan sampai selesai, minta maaf, tawarkan tukar unit.", "Siapkan unit pengganti", anything},
		{mail, in, "Keluhan {nomor}", "{alasan} {sapa} melampirkan foto {produk} dan meminta jawaban dalam dua hari.", "Jawab keluhan {nomor}", anything},
		{visit, in, "", "Datang ke gerai membawa {produk} dari {nomor}. {alasan} Diterima, dibuatkan tanda terima.", "", anything},
	},
	returned: {
		{note, self, "", "{nomor}: {produk} diterima kembali. {alasan} Nilai {total} dikreditkan ke faktur berikutnya.", "", anything},
		{chat, out, "", "Retur {nomor} selesai, {total} sudah dikreditkan. {sapa} berterima kasih.", "", anything},
		{call, out, "", "Menjelaskan hasil periksa {produk}: memang cacat produksi. Retur {nomor} disetujui.", "", anything},
		{mail, out, "Nota kredit {nomor}", "{sapa}, terlampir nota kredit {nomor} sebesar {total}.", "", anything},
	},
	shopVisit: {
		{visit, out, "", "Kunjungan rutin ke {nama}. Stok {produk} tinggal {n}, rak bersih, label harga sudah diganti.", "", anything},
		{visit, out, "", "Rak depan kini pesaing. {sapa} berminat papan nama baru bila target kuartal tercapai.", "Ajukan papan nama {nama}", anything},
		{visit, out, "", "Menghitung stok bersama {sapa}: {produk} {n}, katrid cukup untuk dua minggu. Pesan lagi {hari}.", "", anything},
		{visit, out, "", "{sapa} mengeluh margin {keluarga} menipis. Dijelaskan program mitra; tertarik bila ada bonus akhir tahun.", "Kirim simulasi program mitra", anything},
		{visit, out, "", "Melatih dua pegawai baru menjelaskan beda {produk} dan tipe premium. Mereka cepat paham.", "", machine},
		{visit, out, "", "Toko ramai, hanya sempat berbincang sepuluh menit. {sapa} minta datang lagi {hari} pagi.", "Kunjungi lagi {nama} pada pagi hari", anything},
		{visit, out, "", "Memasang spanduk kemarau dan menata ulang {keluarga}. {sapa} senang.", "", drySeason},
		{visit, out, "", "Toko sedang direnovasi, penjualan turun separuh. Kembali normal bulan depan.", "", anything},
		{visit, out, "", "Membawa unit peraga {produk}. Dua pembeli langsung bertanya; {sapa} pesan untuk dicoba dijual.", "", machine},
		{visit, out, "", "Bertemu {sapa} sebentar. Dua faktur dibayar hari ini, satu menyusul {hari}.", "Ingatkan faktur yang menyusul", anything},
		{meeting, out, "", "Membahas target kuartal dengan {sapa}: naik 10% dari tahun lalu, fokus {keluarga}.", "Kirim ringkasan target kuartal", anything},
	},
	siteVisit: {
		{visit, out, "", "Meninjau pompa dan tandon di {nama}. {produk} masih baik, tekanan di lantai atas kurang.", "Kirim usulan penambah tekanan", pumps},
		{visit, out, "", "Bertemu {sapa} di {kota}. Tahun depan akan menambah {keluarga}, anggaran diajukan bulan ini.", "Kirim perkiraan biaya", anything},
		{visit, out, "", "Mengambil contoh air untuk diuji. Hasil lima hari kerja.", "Kirim hasil uji air", anything},
		{meeting, out, "", "Rapat dengan {sapa} dan bagian teknik: perawatan berkala {produk} dua kali setahun.", "Kirim rancangan kontrak servis", machine},
		{visit, out, "", "Memeriksa katrid bersama petugas; warna coklat setelah tiga minggu. Disarankan menambah filter sedimen.", "", filters},
	},
	install: {
		{visit, out, "", "Pemasangan {produk} selesai di {kota}. Tekanan 2,2 bar, tidak ada rembesan. {sapa} menandatangani berita acara.", "", machine},
		{visit, out, "", "Servis tahunan: anoda diganti, tangki dibersihkan, {produk} normal kembali.", "", heaters},
		{visit, out, "", "Pemasangan {produk} tertunda satu jam karena pipa lama bocor. Diperbaiki sekalian, tanpa biaya tambahan.", "", machine},
		{visit, out, "", "Survei lokasi: jarak sumur ke tandon 18 meter, daya listrik 1.300 VA. Cukup untuk {produk}.", "Kirim hasil survei", pumps},
		{note, self, "", "Pemasangan {produk} dijadwalkan {hari}. Bawa klep kaki cadangan, ulir lama berkarat.", "", pumps},
		{visit, out, "", "Mengganti seal {produk}, uji jalan 20 menit. Pelanggan diajari membuang udara.", "", pumps},
	},
	refillDue: {
		{chat, out, "", "{sapa}, waktunya mengganti {produk}. Mau kami kirim?", "", anything},
		{chat, in, "", "“Iya, kirim {produk} satu set ya.” Dibuatkan pesanan.", "", anything},
		{call, out, "", "Mengingatkan ganti {produk}; {sapa} minta minggu depan saja.", "Telepon lagi soal {produk}", anything},
		{chat, out, "", "Pengingat ganti {produk} terkirim dan dibaca.", "", anything},
		{chat, in, "", "“Airnya mulai pelan, berarti {produk} ya?” Dijawab iya, sudah enam bulan.", "", anything},
		{chat, out, "", "Biasanya {sapa} pesan {produk} sekitar tanggal ini. Ditawarkan, akan dikabari.", "", anything},
	},
	invoice: {
		{call, out, "", "Menanyakan pembayaran {nomor}, {total}. {sapa} transfer {hari}.", "Periksa pembayaran {nomor}", anything},
		{chat, in, "", "“Sudah saya transfer untuk {nomor}, ini buktinya.” Diteruskan ke keuangan.", "", anything},
		{mail, out, "Faktur {nomor}", "{sapa}, terlampir faktur {nomor} sebesar {total} dan faktur pajaknya.", "", anything},
		{mail, in, "Faktur pajak {nomor}", "Minta faktur pajak {nomor} diterbitkan ulang, nama badan usaha keliru.", "Terbitkan ulang faktur pajak {nomor}", anything},
		{note, self, "", "Pembayaran {nomor} diterima penuh.", "", anything},
		{call, out, "", "{nomor} lewat tempo. {sapa} menunggu pembayaran proyek, berjanji melunasi {hari}.", "Tagih kembali {nomor}", anything},
		{chat, out, "", "Pengingat halus untuk {nomor} yang jatuh tempo {hari}.", "", anything},
	},
	prices: {
		{mail, out, "Daftar harga baru", "{sapa}, terlampir daftar harga baru yang berlaku mulai bulan ini. Harga {keluarga} naik paling sedikit.", "", anything},
		{chat, out, "", "Daftar harga baru dikirim lewat WhatsApp. {sapa} sudah membacanya.", "", anything},
		{call, out, "", "Memberi tahu kenaikan harga sebelum berlaku. {sapa} memesan sedikit lebih banyak dengan harga lama.", "", anything},
	},
	feast: {
		{chat, out, "", "Selamat Idul Fitri, {sapa}, mohon maaf lahir dan batin. Gudang kami buka lagi sepekan setelah Lebaran.", "", anything},
		{chat, in, "", "“Sama-sama {staf}, maaf lahir batin juga.”", "", anything},
		{letter, out, "Parsel Lebaran", "Parsel dan kartu ucapan dikirim ke {nama}.", "", anything},
	},
	newYear: {
		{chat, out, "", "Selamat tahun baru, {sapa}. Terima kasih sudah bersama Sinar Nusantara.", "", anything},
		{letter, out, "Kalender", "Kalender dan buku agenda tahun baru dikirim ke {nama}.", "", anything},
	},
	birthday: {
		{chat, out, "", "Selamat ulang tahun, {sapa}. Semoga sehat dan lancar selalu.", "", anything},
		{call, out, "", "Mengucapkan selamat ulang tahun. {sapa} senang, sempat cerita soal keluarganya.", "", anything},
		{chat, in, "", "“Wah terima kasih {staf}, masih ingat saja.”", "", anything},
	},
	technique: {
		{chat, in, "", "“{produk} kok bunyi ya?” Diminta buang udara dulu lewat lubang pancing, beres.", "", pumps},
		{call, in, "", "Menanyakan cara mengganti katrid {produk}. Dipandu lewat telepon sampai selesai.", "", filters},
		{chat, in, "", "“Ada panduan pasang {produk}?”", "Kirim panduan pasang {produk}", machine},
		{call, in, "", "Pompa hidup mati sendiri. Kemungkinan tekanan tabung kurang; dijelaskan cara mengisi angin.", "", pumps},
		{chat, in, "", "“Air panasnya tidak sepanas dulu.” Disarankan memeriksa termostat, teknisi siap datang {hari}.", "Jadwalkan teknisi ke {kota}", heaters},
		{mail, in, "Suku cadang {produk}", "Menanyakan ketersediaan suku cadang {produk} dan waktu tunggunya.", "Jawab soal suku cadang {produk}", machine},
		{call, in, "", "Sumur turun dua meter sejak kemarau. Dibahas apakah {produk} masih sanggup; perlu pompa jet bila turun lagi.", "", pumps},
		{chat, out, "", "Mengirim gambar sambungan pipa untuk {produk}.", "", machine},
	},
	interest: {
		{form, in, "Formulir situs web", "Ingin tahu lebih banyak tentang {produk} untuk {nama}.", "Hubungi {sapa}", anything},
		{call, in, "", "Menelepon setelah melihat pameran di {kota}. Butuh {keluarga}, belum tahu tipe yang mana.", "Kirim brosur {keluarga}", anything},
		{chat, in, "", "“Bisa jadi mitra di {kota}? Syaratnya apa?”", "Kirim syarat kemitraan", anything},
		{visit, out, "", "Perkenalan di {nama}. {sapa} selama ini memakai merek lain, terbuka mencoba {produk}.", "Kirim contoh {produk}", anything},
		{meeting, out, "", "Bertemu {sapa} di pameran bahan bangunan. Bertukar nomor, minta penawaran {n} {produk}.", "Kirim penawaran {produk}", anything},
	},
	offer: {
		{mail, out, "Penawaran {produk}", "{sapa}, terlampir penawaran {n} {produk} dan surat dukungan dari pabrik. Berlaku 30 hari.", "", anything},
		{call, out, "", "Menanyakan penawaran {produk}. {sapa} masih menunggu persetujuan atasan.", "Tanyakan lagi keputusan {nama}", anything},
		{chat, out, "", "Brosur dan foto pemasangan {produk} dikirim.", "", anything},
		{letter, out, "Surat penawaran", "Surat penawaran resmi {produk} dikirim dengan kurir.", "", anything},
		{call, out, "", "{sapa} membandingkan dengan dua pemasok. Harga kami sedikit di atas, garansi kami lebih panjang.", "", anything},
	},
	silence: {
		{call, out, "", "Tidak diangkat. Dicoba lagi {hari}.", "Telepon lagi {nama}", anything},
		{chat, out, "", "Menyapa {sapa}, sudah lama tidak memesan {produk}. Dibaca, belum dibalas.", "", anything},
		{call, out, "", "Diangkat stafnya: {sapa} sedang mencoba pemasok lain karena lebih dekat.", "Bicarakan dengan {rekan} cara merebut kembali {nama}", anything},
		{visit, out, "", "Mampir ke {nama}, {sapa} tidak ada. Titip kartu nama dan daftar harga.", "", anything},
	},
	inside: {
		{note, self, "", "{sapa} lebih suka dihubungi {rekan}; lanjutkan lewat dia.", "", anything},
		{note, self, "", "Plafon kredit {nama} ditinjau: tetap.", "", anything},
		{note, self, "", "Alamat kirim {nama} dipastikan ulang, patokan: seberang masjid.", "", anything},
		{note, self, "", "{nama} minta satu faktur per bulan mulai sekarang.", "", anything},
		{note, self, "", "Nomor seri {produk} dicocokkan dengan {nomor}, masih bergaransi.", "", machine},
		{note, self, "", "Pesaing menawarkan {keluarga} 5% lebih murah di {kota}. Kita bertahan di layanan.", "", anything},
		{note, self, "", "Kalau {sapa} telepon, langsung sambungkan ke {rekan}.", "", anything},
	},
	praise: {
		{chat, in, "", "“Tukangnya rapi dan sopan, terima kasih ya.” Diteruskan ke tim lapangan.", "", anything},
		{chat, in, "", "“{produk} irit sekali, tagihan listrik turun.”", "", machine},
		{call, out, "", "Survei kepuasan: {sapa} memberi 9 dari 10, menyarankan kiriman lebih pagi.", "", anything},
		{form, in, "Survei layanan", "Nilai 5 dari 5 untuk pengiriman {nomor}. “Cepat dan aman.”", "", anything},
	},
	project: {
		{meeting, out, "", "{sapa} merencanakan perluasan awal tahun depan: perlu kira-kira {n} {produk}. Minta gambar instalasi.", "Kirim gambar instalasi dan perkiraan biaya", machine},
		{mail, in, "Rencana pengadaan", "{sapa} mengirim daftar kebutuhan {keluarga} untuk semester depan.", "Susun penawaran semester depan", anything},
		{call, out, "", "Anggaran {nama} disetujui, keputusan pemasok minggu depan. Kita tinggal berdua dengan merek lama mereka.", "Hubungi {sapa} sebelum keputusan", anything},
	},
}

// phrasesEN are those in English, for customers who speak it.
var phrasesEN = [phrases_][]phrase{
	asks: {
		{chat, in, "", "“Hi {staf}, do you have {n} {produk} in stock?”", "", anything},
		{mail, in, "Price of {produk}", "{sapa} asks for a quote for {n} {produk}, delivered to {kota}.", "Send the quote", anything},
		{call, in, "", "Asked which heater suits a villa with four bathrooms. Suggested {produk}.", "Send the data sheet of {produk}", heaters},
		{mail, out, "Re: {produk}", "Dear {sapa}, {n} {produk} can be with you by {hari}. The quote is attached and holds until the end of the month.", "", anything},
	},
	placed: {
		{mail, out, "Order {nomor}", "Dear {sapa}, thank you for your order {nomor}: {isi}, {total} in all.", "", anything},
		{chat, in, "", "“Please go ahead with {isi}.” Booked as {nomor}.", "", anything},
		{call, out, "", "Confirmed the address in {kota} for {nomor}; the gate is open until five.", "", anything},
	},
	sent: {
		{chat, out, "", "{nomor} is on its way, arriving {hari} afternoon.", "", anything},
		{chat, in, "", "“Any news of {nomor}?” It left the warehouse this morning.", "", anything},
	},
	arrived: {
		{chat, in, "", "“All received, thank you, {staf}.”", "", anything},
		{mail, out, "Warranty for {nomor}", "Dear {sapa}, please find the warranty card of {produk} attached.", "", machine},
		{call, out, "", "Checked in after delivery of {nomor}: installed, running quietly.", "", machine},
		{chat, in, "", "“The plumber asks which pipe {produk} needs.” Sent a photo of the label.", "", pumps},
	},
	complains: {
		{mail, in, "Problem with {produk}", "{sapa} reports a fault in {produk} from {nomor} and asks for a replacement this week.", "Decide on a replacement for {nomor}", machine},
		{call, in, "", "{produk} stopped working; guests are complaining. Apologised and offered to swap the unit.", "Send a replacement unit", anything},
	},
	returned: {
		{mail, out, "Credit note {nomor}", "Dear {sapa}, the credit note {nomor} over {total} is attached.", "", anything},
		{chat, out, "", "The return {nomor} is settled; {sapa} is fine with the credit.", "", anything},
	},
	shopVisit: {{visit, out, "", "Regular visit to {nama}; {n} {produk} left on the shelf.", "", anything}},
	siteVisit: {
		{visit, out, "", "Walked through {nama} with {sapa}. Pressure is low in the upper rooms.", "Send a proposal for a booster pump", anything},
		{visit, out, "", "Took a water sample at {nama}. Results in five working days.", "Send the results of the water test", anything},
		{meeting, out, "", "Met {sapa} in {kota}: two more villas are planned for next season.", "Send a cost estimate", anything},
	},
	install: {
		{visit, out, "", "Installed {produk}; pressure 2.2 bar, no leaks. {sapa} signed off.", "", machine},
		{visit, out, "", "Annual service done: anode replaced, tank cleaned.", "", heaters},
	},
	refillDue: {
		{chat, out, "", "Hi {sapa}, it is time to change {produk}. Shall we send one?", "", anything},
		{chat, in, "", "“Yes please, same as last time.”", "", anything},
	},
	invoice: {
		{mail, out, "Invoice {nomor}", "Dear {sapa}, please find invoice {nomor} over {total} attached.", "", anything},
		{mail, in, "Re: Invoice {nomor}", "“Paid today, receipt attached.” Passed on to Maya.", "", anything},
		{call, out, "", "Asked about {nomor}; the accountant pays on {hari}.", "Check the payment of {nomor}", anything},
	},
	prices:   {{mail, out, "New price list", "Dear {sapa}, our new price list is attached. It is valid from this month.", "", anything}},
	feast:    {{chat, out, "", "Our warehouse is closed over Eid and open again the week after, {sapa}.", "", anything}},
	newYear:  {{chat, out, "", "Happy new year, {sapa}, and thank you for your trust.", "", anything}},
	birthday: {{chat, out, "", "Happy birthday, {sapa}.", "", anything}},
	technique: {
		{mail, in, "Manual", "{sapa} asks for the English manual of {produk}.", "Send the English manual", machine},
		{chat, in, "", "“The pump keeps switching on and off.” Explained how to check the pressure tank.", "", pumps},
		{call, in, "", "Hot water is not as hot as it was. Talked through the thermostat settings.", "", heaters},
	},
	interest: {
		{form, in, "Web form", "Interested in {produk} for a property in {kota}; prefers e-mail.", "Write to {sapa}", anything},
		{mail, in, "Enquiry", "{sapa} is building in {kota} and wants advice about {produk}.", "Call {sapa} about the building project", anything},
	},
	offer: {
		{mail, out, "Quote for {produk}", "Dear {sapa}, our quote for {n} {produk} is attached, with photos of two similar installations.", "", anything},
		{call, out, "", "Asked about the quote. {sapa} decides after the architect is back.", "Ask {sapa} again", anything},
	},
	silence: {{chat, out, "", "Said hello to {sapa}; read, not answered.", "", anything}},
	inside:  {{note, self, "", "Write to {sapa} in English; {rekan} knows the house.", "", anything}},
	praise:  {{mail, in, "Thank you", "“Your technician was on time and left everything clean.”", "", anything}},
	project: {{mail, in, "Next season", "{sapa} plans to add {n} {produk} before the high season.", "Send a project quote", anything}},
}
