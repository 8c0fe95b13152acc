package demo

// A place is a kota or kabupaten in which customers live.
type place struct {
	city     string
	province string
	dial     string  // area code of fixed telephones, without the leading zero
	lang     string  // what people speak at home: jv, su, ba or id
	weight   float64 // how many customers live there
	hot      bool    // so warm that few want hot water
	areas    []area
}

// An area is a kecamatan with some of its kelurahan or desa.
type area struct {
	district string
	villages []village
}

type village struct{ name, postcode string }

// v makes villages of names and postcodes in turns.
func v(text ...string) []village {
	var list []village
	for i := 0; i < len(text); i += 2 {
		list = append(list, village{text[i], text[i+1]})
	}
	return list
}

// same makes villages that share a postcode.
func same(postcode string, names ...string) []village {
	var list []village
	for _, n := range names {
		list = append(list, village{n, postcode})
	}
	return list
}

const (
	jakarta    = "DKI Jakarta"
	banten     = "Banten"
	westJava   = "Jawa Barat"
	midJava    = "Jawa Tengah"
	yogyakarta = "DI Yogyakarta"
	eastJava   = "Jawa Timur"
	bali       = "Bali"
)

// places are where the company sells. It sits in Surabaya.
var places = []place{
	{"Kota Surabaya", eastJava, "31", "jv", 15, true, []area{
		{"Rungkut", v("Rungkut Kidul", "60293", "Kali Rungkut", "60293", "Medokan Ayu", "60295", "Wonorejo", "60296", "Penjaringan Sari", "60297", "Kedung Baruk", "60298")},
		{"Gubeng", v("Gubeng", "60281", "Kertajaya", "60282", "Pucang Sewu", "60283", "Baratajaya", "60284", "Mojo", "60285", "Airlangga", "60286")},
		{"Wonokromo", v("Darmo", "60241", "Sawunggaling", "60242", "Jagir", "60244", "Ngagel Rejo", "60245", "Ngagel", "60246")},
		{"Tegalsari", v("Kedungdoro", "60261", "Tegalsari", "60262", "Dr. Sutomo", "60264", "Keputran", "60265")},
		{"Mulyorejo", v("Dukuh Sutorejo", "60113", "Kalijudan", "60114", "Mulyorejo", "60115", "Manyar Sabrangan", "60116")},
		{"Wiyung", v("Babatan", "60227", "Wiyung", "60228", "Jajar Tunggal", "60229")},
	}},
	{"Kabupaten Sidoarjo", eastJava, "31", "jv", 6, true, []area{
		{"Waru", same("61256", "Waru", "Kureksari", "Pepelegi", "Tropodo")},
		{"Gedangan", same("61254", "Gedangan", "Ketajen", "Punggul")},
		{"Taman", same("61257", "Taman", "Sepanjang", "Kedungturi", "Wage")},
		{"Buduran", same("61252", "Buduran", "Sidokerto")},
	}},
	{"Kabupaten Gresik", eastJava, "31", "jv", 3, true, []area{
		{"Driyorejo", same("61177", "Driyorejo", "Petiken", "Krikilan")},
		{"Menganti", same("61174", "Menganti", "Hulaan", "Domas")},
		{"Manyar", same("61151", "Suci", "Yosowilangun", "Manyarejo")},
	}},
	{"Kota Mojokerto", eastJava, "321", "jv", 2, true, []area{
		{"Magersari", v("Kedundung", "61316", "Wates", "61317")},
	}},
	{"Kota Malang", eastJava, "341", "jv", 6, false, []area{
		{"Klojen", v("Rampal Celaket", "65111", "Samaan", "65112", "Penanggungan", "65113", "Gading Kasri", "65115", "Bareng", "65116", "Kasin", "65117")},
		{"Lowokwaru", v("Lowokwaru", "65141", "Mojolangu", "65142", "Dinoyo", "65144", "Merjosari", "65144", "Sumbersari", "65145")},
		{"Blimbing", v("Purwantoro", "65122", "Bunulrejo", "65123", "Pandanwangi", "65124", "Blimbing", "65125", "Polowijen", "65126")},
		{"Sukun", v("Sukun", "65147", "Bandungrejosari", "65148", "Gadang", "65149")},
	}},
	{"Kabupaten Malang", eastJava, "341", "jv", 2, false, []area{
		{"Kepanjen", same("65163", "Kepanjen", "Ardirejo")},
		{"Dau", same("65151", "Mulyoagung", "Landungsari")},
		{"Karangploso", same("65152", "Ngijo", "Girimoyo")},
	}},
	{"Kota Batu", eastJava, "341", "jv", 2, false, []area{
		{"Batu", v("Ngaglik", "65311", "Songgokerto", "65312", "Pesanggrahan", "65313", "Sisir", "65314", "Temas", "65315")},
	}},
	{"Kota Kediri", eastJava, "354", "jv", 2, true, []area{
		{"Mojoroto", v("Mojoroto", "64112", "Bandar Lor", "64114", "Campurejo", "64116")},
	}},
	{"Kabupaten Jember", eastJava, "331", "jv", 3, true, []area{
		{"Sumbersari", v("Sumbersari", "68121", "Kebonsari", "68122")},
		{"Patrang", v("Patrang", "68111", "Gebang", "68117", "Jember Lor", "68118")},
	}},
	{"Kabupaten Banyuwangi", eastJava, "333", "jv", 2, true, []area{
		{"Banyuwangi", v("Kepatihan", "68411", "Lateng", "68413")},
		{"Genteng", same("68465", "Genteng Kulon", "Genteng Wetan")},
	}},
	{"Kota Semarang", midJava, "24", "jv", 6, true, []area{
		{"Banyumanik", v("Ngesrep", "50261", "Tinjomoyo", "50262", "Srondol Wetan", "50263", "Banyumanik", "50264", "Pudakpayung", "50265", "Padangsari", "50267")},
		{"Tembalang", v("Meteseh", "50271", "Sendangmulyo", "50272", "Kedungmundu", "50273", "Tembalang", "50275", "Sambiroto", "50276")},
		{"Pedurungan", v("Gemah", "50191", "Pedurungan Tengah", "50192", "Tlogosari Kulon", "50196", "Kalicari", "50198", "Palebon", "50199")},
		{"Semarang Tengah", v("Sekayu", "50132", "Kembangsari", "50133", "Pekunden", "50134")},
	}},
	{"Kota Surakarta", midJava, "271", "jv", 4, true, []area{
		{"Laweyan", v("Purwosari", "57142", "Kerten", "57143", "Jajar", "57144", "Pajang", "57146", "Sondakan", "57147", "Laweyan", "57148")},
		{"Banjarsari", v("Gilingan", "57134", "Nusukan", "57135", "Kadipiro", "57136", "Banyuanyar", "57137", "Sumber", "57138", "Manahan", "57139")},
		{"Jebres", v("Jagalan", "57124", "Pucangsawit", "57125", "Jebres", "57126", "Mojosongo", "57127")},
		{"Serengan", v("Kratonan", "57153", "Tipes", "57154", "Serengan", "57155", "Danukusuman", "57156")},
	}},
	{"Kabupaten Sukoharjo", midJava, "271", "jv", 1, true, []area{
		{"Grogol", same("57552", "Grogol", "Madegondo", "Cemani", "Kwarasan")},
	}},
	{"Kota Salatiga", midJava, "298", "jv", 1, false, []area{
		{"Sidorejo", v("Salatiga", "50711", "Sidorejo Lor", "50714")},
	}},
	{"Kabupaten Banyumas", midJava, "281", "jv", 2, false, []area{
		{"Purwokerto Timur", v("Purwokerto Wetan", "53111", "Mersi", "53112", "Arcawinangun", "53113", "Purwokerto Lor", "53114", "Sokanegara", "53115")},
		{"Purwokerto Utara", v("Bancarkembar", "53121", "Grendeng", "53122")},
	}},
	{"Kabupaten Kudus", midJava, "291", "jv", 1, true, []area{
		{"Bae", same("59327", "Bae", "Gondangmanis", "Peganjaran")},
	}},
	{"Kota Tegal", midJava, "283", "jv", 1, true, []area{
		{"Tegal Timur", v("Mintaragen", "52121", "Panggung", "52122", "Kejambon", "52124", "Slerok", "52125")},
	}},
	{"Kota Yogyakarta", yogyakarta, "274", "jv", 4, true, []area{
		{"Gondokusuman", v("Demangan", "55221", "Klitren", "55222", "Terban", "55223", "Kotabaru", "55224", "Baciro", "55225")},
		{"Umbulharjo", v("Pandeyan", "55161", "Sorosutan", "55162", "Giwangan", "55163", "Warungboto", "55164", "Tahunan", "55167")},
		{"Mantrijeron", v("Gedongkiwo", "55141", "Suryodiningratan", "55142", "Mantrijeron", "55143")},
		{"Tegalrejo", v("Karangwaru", "55241", "Kricak", "55242", "Bener", "55243", "Tegalrejo", "55244")},
	}},
	{"Kabupaten Sleman", yogyakarta, "274", "jv", 3, true, []area{
		{"Depok", v("Caturtunggal", "55281", "Maguwoharjo", "55282", "Condongcatur", "55283")},
		{"Ngaglik", same("55581", "Sariharjo", "Sinduharjo", "Minomartani")},
	}},
	{"Kabupaten Bantul", yogyakarta, "274", "jv", 2, true, []area{
		{"Kasihan", v("Tirtonirmolo", "55181", "Ngestiharjo", "55182", "Tamantirto", "55183", "Bangunjiwo", "55184")},
		{"Sewon", v("Timbulharjo", "55186", "Bangunharjo", "55187", "Panggungharjo", "55188")},
	}},
	{"Kota Bandung", westJava, "22", "su", 6, false, []area{
		{"Coblong", v("Cipaganti", "40131", "Lebak Siliwangi", "40132", "Sadang Serang", "40133", "Sekeloa", "40134", "Dago", "40135")},
		{"Lengkong", v("Paledang", "40261", "Burangrang", "40262", "Lingkar Selatan", "40263", "Turangga", "40264", "Cijagra", "40265")},
		{"Sukajadi", v("Pasteur", "40161", "Cipedes", "40162", "Sukagalih", "40163", "Sukawarna", "40164")},
		{"Antapani", same("40291", "Antapani Kidul", "Antapani Tengah", "Antapani Kulon", "Antapani Wetan")},
		{"Batununggal", v("Kacapiring", "40271", "Kebonwaru", "40272", "Cibangkong", "40273", "Maleer", "40274", "Gumuruh", "40275")},
	}},
	{"Kota Cimahi", westJava, "22", "su", 2, false, []area{
		{"Cimahi Tengah", v("Baros", "40521", "Cigugur Tengah", "40522", "Karangmekar", "40523", "Setiamanah", "40524", "Padasuka", "40526")},
		{"Cimahi Utara", v("Cipageran", "40511", "Citeureup", "40512", "Cibabat", "40513")},
	}},
	{"Kabupaten Bandung", westJava, "22", "su", 2, false, []area{
		{"Bojongsoang", same("40288", "Bojongsoang", "Cipagalo", "Lengkong")},
		{"Majalaya", same("40382", "Majalaya", "Majasetra")},
	}},
	{"Kota Bogor", westJava, "251", "su", 2, false, []area{
		{"Bogor Tengah", v("Pabaton", "16121", "Paledang", "16122", "Ciwaringin", "16124", "Babakan", "16128", "Sempur", "16129")},
		{"Bogor Utara", v("Cibuluh", "16151", "Tegalgundil", "16152", "Bantarjati", "16153", "Tanahbaru", "16154", "Cimahpar", "16155")},
	}},
	{"Kota Depok", westJava, "21", "id", 2, true, []area{
		{"Beji", v("Beji", "16421", "Kemiri Muka", "16423", "Pondok Cina", "16424", "Kukusan", "16425", "Tanah Baru", "16426")},
		{"Sukmajaya", v("Mekarjaya", "16411", "Abadijaya", "16417", "Baktijaya", "16418")},
	}},
	{"Kota Bekasi", westJava, "21", "id", 3, true, []area{
		{"Bekasi Selatan", v("Margajaya", "17141", "Kayuringin Jaya", "17144", "Jaka Mulya", "17146", "Jaka Setia", "17147", "Pekayon Jaya", "17148")},
		{"Bekasi Barat", v("Bintara", "17134", "Kranji", "17135", "Bintara Jaya", "17136")},
		{"Jatiasih", v("Jatikramat", "17421", "Jatimekar", "17422", "Jatiasih", "17423", "Jatirasa", "17424")},
	}},
	{"Kabupaten Bekasi", westJava, "21", "id", 1, true, []area{
		{"Tambun Selatan", same("17510", "Tambun", "Setiamekar", "Mekarsari", "Jatimulya")},
		{"Cibitung", same("17520", "Wanasari", "Wanajaya")},
	}},
	{"Kota Cirebon", westJava, "231", "su", 2, true, []area{
		{"Kesambi", v("Pekiringan", "45131", "Sunyaragi", "45132", "Drajat", "45133", "Kesambi", "45134")},
		{"Lemahwungkuk", v("Lemahwungkuk", "45111", "Panjunan", "45112", "Pegambiran", "45113")},
	}},
	{"Kota Jakarta Selatan", jakarta, "21", "id", 4, true, []area{
		{"Kebayoran Baru", v("Gunung", "12120", "Kramat Pela", "12130", "Gandaria Utara", "12140", "Cipete Utara", "12150", "Petogogan", "12170")},
		{"Tebet", v("Tebet Barat", "12810", "Tebet Timur", "12820", "Kebon Baru", "12830", "Menteng Dalam", "12870")},
		{"Pasar Minggu", v("Pejaten Barat", "12510", "Pasar Minggu", "12520", "Jati Padang", "12540", "Ragunan", "12550")},
	}},
	{"Kota Jakarta Timur", jakarta, "21", "id", 3, true, []area{
		{"Duren Sawit", v("Pondok Bambu", "13430", "Duren Sawit", "13440", "Pondok Kelapa", "13450", "Klender", "13470")},
		{"Pulo Gadung", v("Kayu Putih", "13210", "Rawamangun", "13220", "Pisangan Timur", "13230", "Cipinang", "13240")},
	}},
	{"Kota Jakarta Barat", jakarta, "21", "id", 3, true, []area{
		{"Kebon Jeruk", v("Duri Kepa", "11510", "Kedoya Selatan", "11520", "Kebon Jeruk", "11530", "Kelapa Dua", "11550")},
		{"Kembangan", v("Kembangan Selatan", "11610", "Meruya Utara", "11620", "Srengseng", "11630", "Joglo", "11640")},
	}},
	{"Kota Jakarta Utara", jakarta, "21", "id", 2, true, []area{
		{"Kelapa Gading", v("Kelapa Gading Timur", "14240", "Kelapa Gading Barat", "14240", "Pegangsaan Dua", "14250")},
		{"Tanjung Priok", v("Warakas", "14340", "Sunter Agung", "14350", "Sunter Jaya", "14350")},
	}},
	{"Kota Tangerang", banten, "21", "id", 2, true, []area{
		{"Tangerang", v("Sukarasa", "15111", "Cikokol", "15117", "Sukasari", "15118", "Tanah Tinggi", "15119")},
	}},
	{"Kota Tangerang Selatan", banten, "21", "id", 3, true, []area{
		{"Pondok Aren", v("Pondok Betung", "15221", "Jurang Mangu Timur", "15222", "Jurang Mangu Barat", "15223", "Pondok Aren", "15224")},
		{"Pamulang", v("Bambu Apus", "15415", "Pondok Benda", "15416", "Pamulang Barat", "15417", "Pondok Cabe Udik", "15418")},
	}},
	{"Kota Denpasar", bali, "361", "ba", 5, true, []area{
		{"Denpasar Selatan", v("Pedungan", "80222", "Sesetan", "80223", "Sidakarya", "80224", "Panjer", "80225", "Renon", "80226", "Sanur", "80228")},
		{"Denpasar Timur", v("Kesiman", "80237", "Penatih", "80238")},
		{"Denpasar Barat", v("Padangsambian", "80117", "Pemecutan Kelod", "80119")},
	}},
	{"Kabupaten Badung", bali, "361", "ba", 4, true, []area{
		{"Kuta", same("80361", "Kuta", "Legian", "Seminyak")},
		{"Kuta Utara", same("80361", "Kerobokan", "Dalung", "Canggu")},
		{"Mengwi", same("80351", "Mengwi", "Abianbase", "Sempidi")},
	}},
	{"Kabupaten Gianyar", bali, "361", "ba", 3, false, []area{
		{"Ubud", same("80571", "Ubud", "Peliatan", "Mas", "Sayan")},
		{"Sukawati", same("80582", "Sukawati", "Batubulan", "Celuk")},
	}},
	{"Kabupaten Tabanan", bali, "361", "ba", 1, true, []area{
		{"Kediri", same("82121", "Kediri", "Banjar Anyar", "Abiantuwung")},
	}},
}

// streets are names of streets that every town has.
var streets = []string{
	"Ahmad Yani", "Diponegoro", "Gajah Mada", "Hayam Wuruk", "Imam Bonjol", "Kartini", "Pahlawan", "Veteran", "Teuku Umar", "Sultan Agung",
	"Pattimura", "Cut Nyak Dien", "Dewi Sartika", "Wahidin", "Dr. Cipto", "Ki Hajar Dewantara", "Pemuda", "Merdeka", "Kenanga", "Melati",
	"Mawar", "Anggrek", "Flamboyan", "Cempaka", "Dahlia", "Teratai", "Cendana", "Mahoni", "Akasia", "Mangga", "Rambutan", "Manggis",
	"Merpati", "Kutilang", "Cendrawasih", "Kepodang", "Merak", "Pasar Baru", "Masjid Agung", "Stasiun", "Sawo", "Kelapa Gading",
}

// streetsBali are streets as they are called in Bali.
var streetsBali = []string{
	"Gunung Agung", "Gunung Batur", "Gunung Semeru", "Tukad Badung", "Tukad Yeh Aya", "Tukad Pakerisan", "Hayam Wuruk", "Gatot Subroto",
	"Pulau Bali", "Pulau Kawe", "Pulau Moyo", "Nangka", "Kamboja", "Ratna", "Gajah Mada", "Raya Sesetan", "Danau Buyan", "Danau Tamblingan",
	"Bypass Ngurah Rai", "Sunset Road", "Raya Kerobokan", "Raya Ubud", "Raya Batubulan", "Drupadi",
}

// estates are housing estates.
var estates = []string{
	"Griya Asri", "Bukit Asri", "Taman Sari", "Permata Indah", "Puri Kencana", "Graha Tirta", "Pondok Mutiara", "Citra Lestari", "Bumi Sejahtera", "Villa Anggrek",
}
