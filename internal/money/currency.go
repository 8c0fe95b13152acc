package money

import (
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/errs"
)

// A Currency is an ISO 4217 code such as "EUR", or "" for none.
type Currency string

// Rupiah is the currency of a workspace that has not chosen another.
const Rupiah Currency = "IDR"

// Digits returns how many digits the currency's minor unit has behind the
// decimal sign: 2 for most, 0 for JPY, 3 for KWD.
//
// For IDR it is 0. ISO 4217 gives two for the sen, but no coin, price tag or
// bank in Indonesia has used it for decades, and amounts are shown without it.
func (c Currency) Digits() int {
	switch c {
	case "IDR", "JPY", "KRW", "VND", "CLP", "PYG", "UGX", "RWF", "ISK", "BIF", "DJF",
		"GNF", "KMF", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "KWD", "BHD", "OMR", "JOD", "TND", "IQD", "LYD":
		return 3
	}
	return 2
}

// Symbol returns what stands before an amount: "Rp", "US$", or the code where
// no symbol is beyond doubt.
func (c Currency) Symbol() string {
	switch c {
	case "IDR":
		return "Rp"
	case "USD":
		return "US$"
	case "SGD":
		return "S$"
	case "AUD":
		return "A$"
	case "HKD":
		return "HK$"
	case "MYR":
		return "RM"
	case "EUR":
		return "€"
	case "GBP":
		return "£"
	case "JPY":
		return "¥"
	}
	return string(c)
}

// ParseCurrency reads a currency code in any case. It returns an Invalid error
// if ISO 4217 has no such currency in use.
func ParseCurrency(s string) (Currency, error) {
	c := Currency(strings.ToUpper(strings.TrimSpace(s)))
	if len(c) != 3 || !slices.Contains(inUse, string(c)) {
		return "", errs.New(errs.Invalid, "money.currency")
	}
	return c, nil
}

// Currencies returns the codes of all currencies in use, by the alphabet.
func Currencies() []Currency {
	var list []Currency
	for _, c := range inUse {
		list = append(list, Currency(c))
	}
	return list
}

var inUse = strings.Fields(codes)

// codes are the currencies of ISO 4217 in use, without metals, tests and funds.
const codes = `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND
BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP
DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR
ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR
LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO
NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG
SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS
UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG`
