package imports_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/imports"
	"github.com/akrab-crm/akrab/internal/sheet"
)

// TestOwnExportComesBack imports a file with the columns of the complete
// export, which needs no map.
func TestOwnExportComesBack(t *testing.T) {
	columns := [][2]string{
		{"external_id", "PLG-7"}, {"kind", "person"}, {"name", "=Ratna"}, {"honorific", "Bu"}, {"given_name", "Ratna"}, {"middle_name", "Ayu"},
		{"family_name", "Wulandari"}, {"suffix", "S.E."}, {"nickname", "Rat"}, {"addressing", "Bu Ratna"}, {"organization", "CV Tirta"},
		{"title", "Pemilik"}, {"department", "Toko"}, {"role", "owner"}, {"phase", "loyal"}, {"reseller", "dealer"}, {"owner", ""},
		{"tags", "VIP; Grosir"}, {"source", "pameran"}, {"archived", "yes"}, {"birthday", "--12-04"}, {"language", "jv"}, {"channel", "whatsapp"},
		{"hours", "09.00–11.00"}, {"remember", "'quoted\n-5 dan lain"},
		{"emails.1.value", "ratna@x.id"}, {"emails.1.label", "work"}, {"emails.1.state", "verified"}, {"emails.1.primary", ""},
		{"emails.2.value", "bu@x.id"}, {"emails.2.label", ""}, {"emails.2.state", "opted_out"}, {"emails.2.primary", "yes"},
		{"phones.1.value", "+6281230457781"}, {"phones.1.label", "mobile"}, {"phones.1.state", "unverified"}, {"phones.1.primary", "yes"},
		{"phones.2.value", "tidak ada nomor"}, {"phones.2.label", "Rumah Ibu"}, {"phones.2.state", "invalid"}, {"phones.2.primary", ""},
		{"addresses.1.street", "Jl. Rungkut 12\nRT 03/RW 05"}, {"addresses.1.village", "Rungkut Kidul"}, {"addresses.1.district", "Rungkut"},
		{"addresses.1.city", "Surabaya"}, {"addresses.1.province", "Jawa Timur"}, {"addresses.1.postal_code", "60293"}, {"addresses.1.country", "ID"},
		{"addresses.1.label", "work"}, {"addresses.1.state", "verified"}, {"addresses.1.primary", "yes"},
		{"handles.1.network", "instagram"}, {"handles.1.value", "@tirta"}, {"traits.1.label", "Luas toko"}, {"traits.1.value", "+240 m²"},
	}
	var file bytes.Buffer
	w := sheet.NewCSV(&file, sheet.CSVOptions{BOM: true})
	var head, row []string
	for _, c := range columns {
		head, row = append(head, c[0]), append(row, c[1])
	}
	for _, r := range [][]string{head, row} {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	d := open(t)
	j := bringFile(t, d, "pelanggan.csv", &file, imports.Options{})
	if counts(j) != [7]int64{1, 0, 0, 0, 0, 0, 1} {
		t.Fatalf("counted %v: %+v", counts(j), problems(t, d, j))
	}
	c := only(t, d, "=Ratna")
	if c.ExternalID != "PLG-7" || c.Honorific != "Bu" || c.Given != "Ratna" || c.Middle != "Ayu" || c.Family != "Wulandari" || c.Suffix != "S.E." ||
		c.Nickname != "Rat" || c.Addressing != "Bu Ratna" || c.Phase != customers.Loyal || c.Reseller != "dealer" || c.Source != "pameran" || !c.Archived ||
		c.Birthday != "0000-12-04" || c.Language != "jv" || c.Channel != "whatsapp" || c.Hours != "09.00–11.00" || c.Remember != "'quoted\n-5 dan lain" {
		t.Errorf("fields: %+v", c)
	}
	emails := []customers.Email{
		{N: 1, Value: "ratna@x.id", Key: "ratna@x.id", Label: "work", State: customers.Verified},
		{N: 2, Value: "bu@x.id", Key: "bu@x.id", Primary: true, State: customers.OptedOut},
	}
	if !slices.Equal(c.Emails, emails) {
		t.Errorf("e-mails %+v", c.Emails)
	}
	phones := []customers.Phone{
		{N: 1, Value: "+6281230457781", E164: "+6281230457781", Key: "6281230457781", Label: "mobile", Primary: true, State: customers.Unverified},
		{N: 2, Value: "tidak ada nomor", Label: "Rumah Ibu", State: customers.Unusable},
	}
	if !slices.Equal(c.Phones, phones) {
		t.Errorf("telephones %+v", c.Phones)
	}
	address := customers.Address{
		N: 1, Label: "work", Street: "Jl. Rungkut 12\nRT 03/RW 05", Village: "Rungkut Kidul", District: "Rungkut", City: "Surabaya",
		Province: "Jawa Timur", Postcode: "60293", Country: "ID", Primary: true, State: customers.Verified,
	}
	if len(c.Addresses) != 1 || c.Addresses[0] != address {
		t.Errorf("addresses %+v", c.Addresses)
	}
	if len(c.Tags) != 2 || len(c.Handles) != 1 || c.Handles[0].Network != "instagram" || len(c.Traits) != 1 || c.Traits[0].Value != "+240 m²" || c.Traits[0].Label != "Luas toko" {
		t.Errorf("%+v %+v %+v", c.Tags, c.Handles, c.Traits)
	}
	if r := c.Relations; len(r) != 1 || r[0].Title != "Pemilik" || r[0].Department != "Toko" || r[0].Role != "owner" {
		t.Errorf("relations %+v", r)
	}
}
