package imports

import (
	"strings"

	"github.com/akrab-crm/akrab/internal/fold"
)

// charges are what lines of orders are called that bill a service of the shop,
// or correct something, and are no goods.
var charges = foldedSet(`
	postage, dotcom postage, carriage, shipping, shipping and handling, shipping handling, freight, delivery, courier, handling, packing, insurance,
	bank charge, bank charges, bank fee, transaction fee, payment fee, commission, adjustment, adjust bad debt, bad debt, rounding, discount, manual, samples, tax, vat, deposit,
	ongkir, ongkos kirim, ongkos angkut, biaya kirim, biaya antar, pengiriman, kirim, kurir, asuransi, asuransi pengiriman, packing kayu,
	pembulatan, diskon, potongan, penyesuaian, pajak, ppn, uang muka, materai, meterai
`)

// chargeWords are words by which a name that has them is one of those, whatever
// else it says: "Ongkir JNE Reguler".
var chargeWords = []string{
	"ongkir", "ongkos kirim", "biaya kirim", "biaya pengiriman", "biaya admin", "biaya administrasi", "biaya layanan", "biaya penanganan", "biaya transaksi",
	"shipping fee", "shipping cost", "shipping charge", "delivery fee", "delivery charge", "postage fee", "service fee", "service charge", "handling fee", "handling charge", "amazon fee",
}

// foldedSet returns the words between commas, folded.
func foldedSet(lines string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.SplitSeq(lines, ",") {
		m[fold.Text(w)] = true
	}
	return m
}

// isCharge reports whether a line that is called so is no goods, and so not to
// be offered to anybody.
func isCharge(name string) bool {
	key := fold.Text(name)
	if charges[key] {
		return true
	}
	for _, w := range chargeWords {
		if strings.Contains(" "+key+" ", " "+w+" ") {
			return true
		}
	}
	return false
}
