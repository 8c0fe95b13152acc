package demo

import (
	"time"

	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/team"
)

// A Member is one of the staff.
type Member struct {
	ID       ids.ID
	Name     string
	Email    string
	Role     string // key of a built-in role, or of one of Roles
	Job      string // as signatures have it
	Language locale.Lang
}

// The members, by what they do.
const (
	director   = iota // Hendra
	eastLead          // Rina: leads the sales in Surabaya and keeps Akrab in order
	salesLead         // Lestari: leads all sales, and sells in West Java and Jakarta
	eastSales         // Fajar: Malang and the east corner
	midSales          // Intan: Central Java and Yogyakarta
	baliSales         // Kadek
	careDesk          // Sari: customer service
	phoneDesk         // Dimas: telephone and WhatsApp
	fieldJava         // Joko: technician
	fieldBali         // Wayan: technician
	finance           // Maya
	supervisor        // Bambang: only looks
)

// Keys of the roles that the company made itself.
const (
	roleField   = "lapangan"
	roleFinance = "keuangan"
)

// A Role is one that the company made itself.
type Role struct {
	Key         string
	Name        string
	Permissions []team.Perm
}

// Roles are the company's own roles. Permissions that no module of the program
// declares are left out when they are stored.
var Roles = []Role{
	{roleField, "Teknisi lapangan", []team.Perm{
		"customers.read", "activity.read", "activity.write", "products.read", "orders.read", "tasks.read", "tasks.write",
	}},
	{roleFinance, "Keuangan", []team.Perm{
		"customers.read", "customers.export", "activity.read", "activity.write", "products.read", "orders.read", "orders.write", "orders.export",
		"tasks.read", "tasks.write", "operations.read",
	}},
}

func (c *Company) staff() {
	d := newDice(c.Seed, streamID+1)
	for i, m := range []Member{
		director:   {Name: "Hendra Gunawan", Email: "hendra", Role: team.Administrator, Job: "Direktur"},
		eastLead:   {Name: "Rina Kusuma", Email: "rina", Role: team.Administrator, Job: "Kepala Penjualan Surabaya"},
		salesLead:  {Name: "Lestari Handayani", Email: "lestari", Role: team.Manager, Job: "Manajer Penjualan"},
		eastSales:  {Name: "Fajar Nugroho", Email: "fajar", Role: team.Agent, Job: "Penjualan Jawa Timur"},
		midSales:   {Name: "Intan Permata", Email: "intan", Role: team.Agent, Job: "Penjualan Jawa Tengah"},
		baliSales:  {Name: "Kadek Suwandi", Email: "kadek", Role: team.Agent, Job: "Penjualan Bali", Language: locale.EN},
		careDesk:   {Name: "Sari Wijayanti", Email: "sari", Role: team.Agent, Job: "Layanan Pelanggan"},
		phoneDesk:  {Name: "Dimas Prakoso", Email: "dimas", Role: team.Agent, Job: "Layanan Pelanggan"},
		fieldJava:  {Name: "Joko Susilo", Email: "joko", Role: roleField, Job: "Teknisi"},
		fieldBali:  {Name: "Wayan Putra", Email: "wayan", Role: roleField, Job: "Teknisi Bali"},
		finance:    {Name: "Maya Anggraini", Email: "maya", Role: roleFinance, Job: "Keuangan"},
		supervisor: {Name: "Bambang Sutejo", Email: "bambang", Role: team.Viewer, Job: "Komisaris"},
	} {
		m.ID = d.id(c.Begin.Add(-time.Hour + time.Duration(i)*time.Second))
		m.Email += domain
		if m.Language == "" {
			m.Language = locale.ID
		}
		c.Staff = append(c.Staff, &m)
	}
}

// HostEmail is the address of who shows the company to visitors: Rina, who has
// every permission, and customers of her own.
const HostEmail = "rina" + domain

const domain = "@sinarnusantara.example"

// first is the name by which colleagues call a member.
func (m *Member) first() string { return called(m.Name) }

// sellerOf says who looks after the customers of a place.
func sellerOf(p *place) int {
	switch p.province {
	case bali:
		return baliSales
	case midJava, yogyakarta:
		return midSales
	case westJava, jakarta, banten:
		return salesLead
	}
	switch p.city {
	case "Kota Surabaya", "Kabupaten Sidoarjo", "Kabupaten Gresik", "Kota Mojokerto":
		return eastLead
	}
	return eastSales
}
