package imports

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/sheet"
)

// guessOf returns what is guessed of a header and rows, without what is left out.
func guessOf(header string, rows ...[]string) map[string]string {
	h, err := csv.NewReader(strings.NewReader(header)).Read()
	if err != nil {
		panic(err)
	}
	for i := range h {
		h[i] = strings.TrimSpace(h[i])
	}
	g := customerGuesser{sample: sample{header: h, rows: rows, named: true, order: locale.DMY, region: "ID", owners: map[string]ids.ID{"rina": {1}}}}
	got := map[string]string{}
	for i, t := range g.guess() {
		if t != (Target{}) {
			got[h[i]] = t.String()
		}
	}
	return got
}

func TestGuessKnowsTheHeadersOfOtherPrograms(t *testing.T) {
	for name, tt := range map[string]struct {
		header string
		want   map[string]string
	}{
		"google 2024": {
			`First Name,Middle Name,Last Name,Phonetic First Name,Name Prefix,Name Suffix,Nickname,File As,Organization Name,Organization Title,Organization Department,Birthday,Notes,Photo,Labels,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value,Address 1 - Label,Address 1 - Formatted,Address 1 - Street,Address 1 - City,Address 1 - PO Box,Address 1 - Region,Address 1 - Postal Code,Address 1 - Country,Address 1 - Extended Address,Website 1 - Label,Website 1 - Value,Custom Field 1 - Label,Custom Field 1 - Value`,
			map[string]string{
				"First Name": "given_name", "Middle Name": "middle_name", "Last Name": "family_name", "Name Prefix": "honorific", "Name Suffix": "suffix", "Nickname": "nickname",
				"Organization Name": "organization", "Organization Title": "title", "Organization Department": "department", "Birthday": "birthday", "Notes": "remember", "Labels": "tags",
				"E-mail 1 - Label": "emails.1.label", "E-mail 1 - Value": "emails.1.value", "E-mail 2 - Label": "emails.2.label", "E-mail 2 - Value": "emails.2.value",
				"Phone 1 - Label": "phones.1.label", "Phone 1 - Value": "phones.1.value",
				"Address 1 - Label": "addresses.1.label", "Address 1 - Street": "addresses.1.street", "Address 1 - City": "addresses.1.city", "Address 1 - PO Box": "addresses.1.po_box",
				"Address 1 - Region": "addresses.1.province", "Address 1 - Postal Code": "addresses.1.postal_code", "Address 1 - Country": "addresses.1.country", "Address 1 - Extended Address": "addresses.1.street2",
				"Website 1 - Value": "handles.website.value", "Custom Field 1 - Label": "traits.custom.label", "Custom Field 1 - Value": "traits.custom.value",
			},
		},
		"google legacy": {
			`Name,Given Name,Additional Name,Family Name,Name Prefix,Name Suffix,Initials,Nickname,Birthday,Gender,Notes,Group Membership,E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Type,Phone 1 - Value,Organization 1 - Name,Organization 1 - Title`,
			map[string]string{
				"Name": "name", "Given Name": "given_name", "Additional Name": "middle_name", "Family Name": "family_name", "Name Prefix": "honorific", "Name Suffix": "suffix", "Nickname": "nickname",
				"Birthday": "birthday", "Gender": "trait:Gender", "Notes": "remember", "Group Membership": "tags", "E-mail 1 - Type": "emails.1.label", "E-mail 1 - Value": "emails.1.value",
				"Phone 1 - Type": "phones.1.label", "Phone 1 - Value": "phones.1.value", "Organization 1 - Name": "organization", "Organization 1 - Title": "title",
			},
		},
		"outlook": {
			`First Name,Last Name,Title,Suffix,Web Page,Birthday,Notes,E-mail Address,E-mail 2 Address,Primary Phone,Home Phone,Home Phone 2,Mobile Phone,Home Fax,Home Address,Home Street,Home Street 2,Home City,Home State,Home Postal Code,Home Country,Company Main Phone,Business Phone,Business Phone 2,Assistant's Phone,Company,Job Title,Department,Business Street,Business City,Other Phone,Categories`,
			map[string]string{
				"First Name": "given_name", "Last Name": "family_name", "Title": "honorific", "Suffix": "suffix", "Web Page": "handles.website.value", "Birthday": "birthday", "Notes": "remember",
				"E-mail Address": "emails.1.value", "E-mail 2 Address": "emails.2.value", "Primary Phone": "phones.main.value", "Home Phone": "phones.home.value", "Home Phone 2": "phones.home2.value",
				"Mobile Phone": "phones.mobile.value", "Home Fax": "phones.fax.value", "Home Street": "addresses.home.street", "Home Street 2": "addresses.home.street2", "Home City": "addresses.home.city",
				"Home State": "addresses.home.province", "Home Postal Code": "addresses.home.postal_code", "Home Country": "addresses.home.country", "Company Main Phone": "phones.work.value",
				"Business Phone": "phones.work2.value", "Business Phone 2": "phones.work3.value", "Company": "organization", "Job Title": "title", "Department": "department",
				"Business Street": "addresses.work.street", "Business City": "addresses.work.city", "Other Phone": "phones.other.value", "Categories": "tags",
			},
		},
		"hubspot": {
			`Record ID,First Name,Last Name,Email,Phone Number,Mobile Phone Number,Contact owner,Lifecycle Stage,Lead Status,Job Title,Associated Company,Street Address,City,State/Region,Postal Code,Country/Region,Website URL,Create Date,Email Bounced`,
			map[string]string{
				"Record ID": "external_id", "First Name": "given_name", "Last Name": "family_name", "Email": "emails.1.value", "Phone Number": "phones.1.value", "Mobile Phone Number": "phones.mobile.value",
				"Contact owner": "owner", "Lifecycle Stage": "phase", "Job Title": "title", "Associated Company": "organization", "Street Address": "addresses.1.street", "City": "addresses.1.city",
				"State/Region": "addresses.1.province", "Postal Code": "addresses.1.postal_code", "Country/Region": "addresses.1.country", "Website URL": "handles.website.value",
			},
		},
		"salesforce": {
			`Id,IsDeleted,AccountId,LastName,FirstName,Salutation,MailingStreet,MailingCity,MailingState,MailingPostalCode,MailingCountry,Phone,Fax,MobilePhone,HomePhone,Email,Title,Department,LeadSource,Birthdate,Description,OwnerId`,
			map[string]string{
				"Id": "external_id", "LastName": "family_name", "FirstName": "given_name", "Salutation": "honorific", "MailingStreet": "addresses.mailing.street", "MailingCity": "addresses.mailing.city",
				"MailingState": "addresses.mailing.province", "MailingPostalCode": "addresses.mailing.postal_code", "MailingCountry": "addresses.mailing.country", "Phone": "phones.1.value", "Fax": "phones.fax.value",
				"MobilePhone": "phones.mobile.value", "HomePhone": "phones.home.value", "Email": "emails.1.value", "Title": "title", "Department": "department", "LeadSource": "source", "Birthdate": "birthday", "Description": "remember",
			},
		},
		"odoo": {
			`External ID,Name,Is a Company,Related Company,Email,Phone,Mobile,Street,Street2,City,State,Zip,Country,Job Position,Title,Tags,Website,Notes`,
			map[string]string{
				"External ID": "external_id", "Name": "name", "Is a Company": "is_company", "Related Company": "organization", "Email": "emails.1.value", "Phone": "phones.1.value", "Mobile": "phones.mobile.value",
				"Street": "addresses.1.street", "Street2": "addresses.1.street2", "City": "addresses.1.city", "State": "addresses.1.province", "Zip": "addresses.1.postal_code", "Country": "addresses.1.country",
				"Job Position": "title", "Title": "honorific", "Tags": "tags", "Website": "handles.website.value", "Notes": "remember",
			},
		},
		"indonesia": {
			`No,Kode Pelanggan,Nama Lengkap,Nama Panggilan,Jenis Kelamin,No. HP,No WA,Telepon Rumah,Alamat E-mail,Alamat,RT,RW,Kelurahan/Desa,Kecamatan,Kota/Kabupaten,Provinsi,Kode Pos,Tgl Lahir,Perusahaan,Jabatan,Catatan,Kategori,Instagram`,
			map[string]string{
				"Kode Pelanggan": "external_id", "Nama Lengkap": "name", "Nama Panggilan": "nickname", "Jenis Kelamin": "trait:Jenis Kelamin", "No. HP": "phones.mobile.value", "No WA": "phones.whatsapp.value",
				"Telepon Rumah": "phones.home.value", "Alamat E-mail": "emails.1.value", "Alamat": "addresses.1.street", "RT": "addresses.1.rt", "RW": "addresses.1.rw", "Kelurahan/Desa": "addresses.1.village",
				"Kecamatan": "addresses.1.district", "Kota/Kabupaten": "addresses.1.city", "Provinsi": "addresses.1.province", "Kode Pos": "addresses.1.postal_code", "Tgl Lahir": "birthday",
				"Perusahaan": "organization", "Jabatan": "title", "Catatan": "remember", "Kategori": "tags", "Instagram": "handles.instagram.value",
			},
		},
		"indonesia, other words": {
			`NAMA,NOMOR TELEPON,SUREL,ALAMAT 1,ALAMAT 2,KAB/KOTA,PROPINSI,KODEPOS,TANGGAL LAHIR,KETERANGAN,HP 2,Telp. Kantor`,
			map[string]string{
				"NAMA": "name", "NOMOR TELEPON": "phones.1.value", "SUREL": "emails.1.value", "ALAMAT 1": "addresses.1.street", "ALAMAT 2": "addresses.1.street2", "KAB/KOTA": "addresses.1.city",
				"PROPINSI": "addresses.1.province", "KODEPOS": "addresses.1.postal_code", "TANGGAL LAHIR": "birthday", "KETERANGAN": "remember", "HP 2": "phones.mobile2.value", "Telp. Kantor": "phones.work.value",
			},
		},
		"febrl": {
			`rec_id, given_name, surname, street_number, address_1, address_2, suburb, postcode, state, date_of_birth, soc_sec_id`,
			map[string]string{
				"rec_id": "external_id", "given_name": "given_name", "surname": "family_name", "street_number": "addresses.1.number", "address_1": "addresses.1.street", "address_2": "addresses.1.street2",
				"suburb": "addresses.1.city", "postcode": "addresses.1.postal_code", "state": "addresses.1.province", "date_of_birth": "birthday", "soc_sec_id": "trait:soc_sec_id",
			},
		},
		"our own": {
			`external_id,name,emails.1.value,emails.1.state,emails.2.value,phones.1.value,phones.1.label,addresses.1.postal_code,trait:Ukuran,tags,owner`,
			map[string]string{
				"external_id": "external_id", "name": "name", "emails.1.value": "emails.1.value", "emails.1.state": "emails.1.state", "emails.2.value": "emails.2.value", "phones.1.value": "phones.1.value",
				"phones.1.label": "phones.1.label", "addresses.1.postal_code": "addresses.1.postal_code", "trait:Ukuran": "trait:Ukuran", "tags": "tags", "owner": "owner",
			},
		},
	} {
		got := guessOf(tt.header)
		for _, h := range slices.Sorted(maps.Keys(tt.want)) {
			if got[h] != tt.want[h] {
				t.Errorf("%s: %s is %q, want %q", name, h, got[h], tt.want[h])
			}
		}
		for h, f := range got {
			if _, ok := tt.want[h]; !ok {
				t.Errorf("%s: %s is %q, want nothing", name, h, f)
			}
		}
	}
}

func TestGuessLooksAtTheCells(t *testing.T) {
	got := guessOf("X,Y,Z,Jenis,Tahap,Penanggung Jawab,PJ", []string{"Budi Santoso", "budi@example.co.id", "0812-3045-7781", "Grosir", "Lain", "rina", "x"}, []string{"Siti Aminah", "", "+62 21 8350123", "Ecer", "aktif", "", "y"})
	want := map[string]string{"X": "name", "Y": "emails.1.value", "Z": "phones.1.value", "Tahap": "phase", "Penanggung Jawab": "owner"}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	g := customerGuesser{sample: sample{header: []string{"A", "B", "C"}, rows: [][]string{{"Budi", "17-11-1980", "081230457781"}, {"Siti", "01-02-1990", "081230457782"}}, order: locale.DMY, region: "ID"}}
	var list []string
	for _, t := range g.guess() {
		list = append(list, t.String())
	}
	if want := []string{"name", "birthday", "phones.1.value"}; !slices.Equal(list, want) {
		t.Errorf("without a header: %v, want %v", list, want)
	}
}

func TestParseTarget(t *testing.T) {
	for text, want := range map[string]string{
		"name": "name", "Email": "emails.1.value", "emails": "emails.1.value", "emails[0].value": "emails.0.value", "emails.2": "emails.2.value", "email_2": "emails.2.value",
		"phones.work.label": "phones.work.label", "phone": "phones.1.value", "addresses[1].postal_code": "addresses.1.postal_code", "city": "addresses.1.city", "address.city": "addresses.1.city",
		"trait: Ukuran Sepatu": "trait:Ukuran Sepatu", "first_name": "given_name", "Nomor HP": "phones.mobile.value", "E-mail 1 - Value": "emails.1.value", "external_id": "external_id", "company": "organization",
		"handles.instagram": "handles.instagram.value", "tags": "tags", "notes": "remember", "street2": "addresses.1.street2", "addresses.street": "addresses.1.street",
	} {
		if got, ok := Customers.ParseTarget(text); !ok || got.String() != want {
			t.Errorf("ParseTarget(%q) = %q, %v, want %q", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "nothing", "emails.1.size", "trait:", "emails.a.b.c", "name.1", "💥", "emails.1.value.2"} {
		if got, ok := Customers.ParseTarget(text); ok {
			t.Errorf("ParseTarget(%q) = %q, want none", text, got)
		}
	}
	for _, f := range Customers.Fields() {
		for _, part := range f.Parts {
			want := Target{f.Name, "3", part}
			if got, ok := Customers.ParseTarget(want.String()); !ok || got != want {
				t.Errorf("ParseTarget(%q) = %v", want, got)
			}
		}
		if got, ok := Customers.ParseTarget(f.Name); !f.List && (!ok || got.String() != f.Name) {
			t.Errorf("ParseTarget(%q) = %v", f.Name, got)
		}
	}
}

func TestParseMapping(t *testing.T) {
	header := []string{"Kode", "Nama Toko", "Telp 1", "Telp 2", "name", "X"}
	for _, tt := range []struct{ text, want string }{
		{`{"Kode": "external_id", "nama  toko": "name", "X": "-"}`, `{"Kode":"external_id","Nama Toko":"name","X":""}`},
		{`{"external_id": "Kode", "name": "Nama Toko", "phones": ["Telp 1", "Telp 2"]}`, `{"Kode":"external_id","Nama Toko":"name","Telp 1":"phones.1.value","Telp 2":"phones.2.value"}`},
		{`{"columns": {"Telp 1": "phone", "Telp 2": "phone", "name": "name", "X": null}}`, `{"Telp 1":"phones.1.value","Telp 2":"phones.2.value","X":"","name":"name"}`},
		{``, `{}`},
		{"\ufeff{}", `{}`},
	} {
		got, err := Customers.ParseMapping([]byte(tt.text), header)
		if text, _ := json.Marshal(got); err != nil && tt.text != "" || string(text) != tt.want && tt.text != "" {
			t.Errorf("ParseMapping(%s) = %s, %v, want %s", tt.text, text, err, tt.want)
		}
	}
	for _, tt := range []struct{ text, key, name string }{
		{`{"Kode": "extern"}`, "import.map.field", "extern"},
		{`{"external_id": "Code"}`, "import.map.column", "Code"},
		{`{"Unbekannt": "name"}`, "import.map.column", "Unbekannt"},
		{`{"Kode": "name", "Nama Toko": "name"}`, "import.map.field_twice", "name"},
		{`{"Kode": "name", "kode": "external_id"}`, "import.map.twice", "Kode"},
		{`{"Kode": 7}`, "import.map.field", "Kode"},
		{`["Kode"]`, "import.map.json", ""},
		{`{"Kode":`, "import.map.json", ""},
	} {
		_, err := Customers.ParseMapping([]byte(tt.text), header)
		e, ok := errors.AsType[*errs.Error](err)
		if !ok || e.Field != "map" || e.Key != tt.key || tt.name != "" && !slices.Contains(e.Args, any(tt.name)) {
			t.Errorf("ParseMapping(%s): %v, want %s %s", tt.text, err, tt.key, tt.name)
		}
	}
}

func TestParseKeys(t *testing.T) {
	got, err := Customers.ParseKeys([]string{"Name,email", "external_id", "phones"})
	if err != nil || !slices.Equal(got, Customers.KeyFields()) {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := Customers.ParseKeys([]string{"shoe size"}); errs.KindOf(err) != errs.Invalid {
		t.Errorf("an unknown key: %v", err)
	}
}

// buildRow makes a draft of one row of cells.
func (p *customerProgram) buildRow(n, line int, cells []string) *customerDraft {
	b := customerBuilder{p: p}
	return b.build(&sheet.Row{N: n, Line: line, Cells: cells})
}

func FuzzParseMapping(f *testing.F) {
	for _, s := range []string{`{"A":"name"}`, `{"name":"A"}`, `{"columns":{"B":"emails[1].value"}}`, `{"A":["b",null,1]}`, `{"columns":[]}`, `{}`, `null`, "{\"A\":\"trait:\x00\"}"} {
		f.Add([]byte(s))
	}
	header := []string{"A", "B", "Nama", "E-mail 1 - Value"}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Customers.ParseMapping(data, header)
		if err != nil {
			if errs.KindOf(err) != errs.Invalid {
				t.Fatalf("%q: %v", data, err)
			}
			return
		}
		p := compile(header, m)
		dr := p.buildRow(1, 1, []string{"Budi", "b@x.id", "0812 3045 7781", "1"})
		if !dr.refused && !dr.empty && dr.c.Kind == "" {
			t.Fatalf("%q: not normalized: %+v", data, dr)
		}
	})
}

func FuzzGuess(f *testing.F) {
	f.Add("E-mail 1 - Value,Alamat 2,No. HP", "a@b.id,x,0812")
	f.Add("HomePhone,MailingPostalCode,RT/RW", "1,2,3")
	f.Add("\x00,💥💥,emails.9.value.9", ",,")
	f.Fuzz(func(t *testing.T, header, cells string) {
		g := customerGuesser{sample: sample{header: strings.Split(header, ","), rows: [][]string{strings.Split(cells, ",")}, named: true, order: locale.DMY, region: "ID"}}
		used := map[Target]bool{}
		for i, target := range g.guess() {
			if target == (Target{}) {
				continue
			}
			if used[target] && !(customerNoun{}).joined(target) {
				t.Errorf("%q: two columns are %s", header, target)
			}
			used[target] = true
			if got, ok := Customers.ParseTarget(target.String()); !ok || got != target {
				t.Errorf("%q: column %d is %q, read as %q", header, i, target, got)
			}
		}
	})
}

func FuzzRow(f *testing.F) {
	f.Add("Budi,b@x.id; c@x.id,0812 3045 7781 / 0813 1111 2222,19450699,PT Maju,calon,* Work,\"a;b\"", true)
	f.Add(",,,,,,,", false)
	f.Add("\xff,\x00,,0000-00-00,,,,", false)
	f.Add("=1+1,mailto:x,tel:+62,--12-31,!!!,\U0001F600,* ,:::", true)
	header := []string{"name", "emails.1.value", "phones.1.value", "birthday", "organization", "phase", "emails.1.label", "tags"}
	m := Mapping{}
	for _, h := range header {
		m[h] = h
	}
	f.Fuzz(func(t *testing.T, cells string, cards bool) {
		p := compile(header, m)
		p.region, p.order, p.today, p.cards = "ID", locale.DMY, "2026-11-17", cards
		list := strings.Split(cells, ",")
		d := p.buildRow(1, 1, list)
		if d.refused || d.empty {
			if d.refused && len(d.problems) == 0 {
				t.Errorf("%q is refused without a reason", cells)
			}
			return
		}
		c := d.c.Clone()
		if err := c.Normalize("ID"); err != nil {
			t.Errorf("%q: accepted, but %v", cells, err)
		}
		again, err := p.merge(&c, d, ids.ID{})
		if err != nil {
			t.Errorf("%q: merged with itself: %v", cells, err)
		} else if !customers.Same(&c, &again) {
			t.Errorf("%q: merged with itself it becomes\n%+v\nfrom\n%+v", cells, again, c)
		}
	})
}

func TestGuessOfSharedFiles(t *testing.T) {
	dir, _ := os.Getwd()
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "shared", "data", "contact-csv")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Skip("shared data is not here")
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "shared", "data", "contact-csv", "*.csv"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		header, _, _ := strings.Cut(string(data), "\n")
		if got := guessOf(strings.TrimSpace(header)); len(got) < 8 {
			t.Errorf("%s: only %v", filepath.Base(name), got)
		}
	}
}
