package api

import (
	"encoding/json"
	"testing"
	"time"
)

// plainCustomer has the fields and tags of customer, and none of its methods.
type plainCustomer customer

func TestCustomersAreWrittenAsEncodingJSONWouldWriteThem(t *testing.T) {
	owner, born, at := "01932c07-209b-7fdc-a6b7-0e3b1a2b3c4d", "1985-12-04", time.Date(2026, 3, 2, 3, 4, 5, 678e6, time.UTC)
	for _, c := range []customer{
		{Emails: []email{}, Phones: []phone{}, Addresses: []address{}, Handles: []handle{}, Relations: []relation{}, Consents: []consent{}, Traits: []trait{}, Roles: []string{}, Tags: []string{}},
		{
			ID: owner, Kind: "person", Name: "Zoë <b>\"x\"</b> & \\ \u2028\n", Given: "a", Middle: "b", Family: "c", Suffix: "d", Honorific: "e", Nickname: "f", Addressing: "g",
			Emails:    []email{{"a@b.id", true, "verified", "work"}, {Value: "c@d.id"}},
			Phones:    []phone{{"0812", true, "unverified", "home", "+62812"}, {Value: "x"}},
			Addresses: []address{{"s", "v", "d", "c", "p", "z", "ID", "l", true, "unverified"}, {}},
			Handles:   []handle{{Network: "x", Value: "@x"}}, Relations: []relation{{Kind: "member", Customer: owner}},
			Consents: []consent{{"email", "marketing", true, "form", at}}, Traits: []trait{{"a", "b"}}, Roles: []string{"dealer"}, Tags: []string{"VIP", "\x7f"},
			Owner: &owner, Parent: &owner, Phase: "new", ExternalID: "1", Language: "id", Channel: "email", Hours: "9", Birthday: &born, Remember: "r", Source: "s",
			Archived: true, LastAt: &at, LastKind: "call", CreatedAt: at, UpdatedAt: at.Truncate(time.Second),
		},
	} {
		got, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(plainCustomer(c))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}
