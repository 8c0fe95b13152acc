package customersweb_test

import (
	"testing"

	"github.com/akrab-crm/akrab/internal/customers"
)

func tirta() customers.Customer {
	return customers.Customer{
		Kind: customers.Organization, Name: "CV Tirta Berkah Abadi", Reseller: "dealer", ExternalID: "PLG-00412", Phase: customers.Loyal,
		Phones:    []customers.Phone{{Value: "031-8701234", Label: "work"}, {Value: "0812-3045-7781", State: customers.Verified}},
		Emails:    []customers.Email{{Value: "toko@tirtaberkah.co.id"}, {Value: "lama@tirtaberkah.co.id", State: customers.Unusable}},
		Addresses: []customers.Address{{Street: "Jl. Raya Kalirungkut 88", District: "Rungkut", City: "Surabaya", Province: "Jawa Timur", Postcode: "60293"}},
		Tags:      []customers.Tag{{Value: "Jawa Timur"}, {Value: "Proyek"}},
	}
}

func TestRecord(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.add(tirta())
		s.open("/customers/"+id.String()).is(200).has("CV Tirta Berkah Abadi", "PLG-00412", `href="tel:+62318701234"`, "https://wa.me/6281230457781", "0812-3045-7781").lacks("⟦")
	})
}
