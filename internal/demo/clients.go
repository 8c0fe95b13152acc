package demo

import (
	"time"

	"github.com/akrab-crm/akrab/internal/customers"
)

// A segment is what sort of customer somebody is: what they need follows.
type segment int

const (
	shop        segment = iota // sells on: building material, electrical goods
	station                    // sells drinking water by the gallon
	hotel                      // hotels and villas
	clinic                     // clinics and hospitals
	kitchen                    // restaurants and cafés
	farm                       // farmers' cooperatives
	builder                    // housing developers and contractors
	office                     // offices, schools, factories
	home                       // households and private people
	endCustomer                // private people who bought at a shop
)

// A course is how a customer's buying goes.
type course int

const (
	steady  course = iota
	growing        // buys ever more often
	fading         // has fallen silent of late
	gone           // has not bought for long
	fresh          // came lately
	asking         // has not bought yet
	leaving        // bought less and less until they stopped, sooner or later
	regular        // keeps a stock: buys the same, all year; late with the present order
)

// A client is somebody who buys or may buy.
type client struct {
	*customers.Customer
	segment segment
	course  course
	place   *place
	contact name // with whom one speaks; of a person it is themselves
	english bool

	joined time.Time // when the books begin to know them
	last   time.Time // after which they buy no more; zero for never
	wanes  float64   // for how many days before last they buy less and less; 0 for not at all
	rhythm float64   // days between two orders
	size   float64   // how much they buy at once, 1 is usual
	cut    float64   // share of the price that they don't pay: resellers
	seller int       // of the staff, who looks after them
	shopAt string    // the company's shop to which they go

	turns []float64 // of a regular: how much it is each wish's turn

	owned []int // goods that they have and that need refills
	n     int   // their place among the clients: stream of their dice
}

// wish is something that a segment buys: the weight among the others, and how
// many at once.
type wish struct {
	code      string
	weight    float64
	low, high int
}

// wishes are what segments equip themselves with. What is needed afterwards
// follows from it; shops keep both in stock.
var wishes = map[segment][]wish{
	shop: {
		{"PS-125", 9, 3, 12}, {"PS-150", 7, 2, 8}, {"PS-200", 3, 1, 4}, {"PJ-250", 6, 1, 6}, {"PJ-375", 3, 1, 3}, {"PD-100", 6, 2, 10},
		{"PD-200", 2, 1, 3}, {"PC-500", 2, 1, 3}, {"PC-150", 3, 1, 5}, {"PT-750", 1, 1, 2}, {"PL-10", 4, 2, 6}, {"PL-15", 6, 2, 8},
		{"PL-30", 3, 1, 4}, {"PG-6", 3, 1, 5}, {"FH-10", 7, 5, 24}, {"FH-20", 3, 3, 10}, {"FT-2", 4, 2, 8}, {"RM-5", 3, 1, 4},
		{"FP-1", 3, 5, 20}, {"KS-10", 10, 20, 100}, {"KK-10", 8, 10, 60}, {"KS-20", 4, 10, 40}, {"KK-20", 3, 6, 30}, {"RO-5", 7, 4, 24},
		{"RO-M50", 3, 2, 10}, {"FP-K", 3, 10, 40}, {"SC-SEL", 5, 3, 12}, {"SC-IMP", 2, 2, 6}, {"SC-KAP", 4, 5, 20}, {"SC-ANO", 2, 3, 10},
		{"SC-TER", 2, 2, 8}, {"AK-KLP", 4, 4, 16}, {"AK-OTO", 4, 4, 16}, {"AK-PEL", 3, 3, 12}, {"AK-TB24", 2, 1, 5}, {"AK-PIP", 2, 1, 6},
		{"AK-KRN", 4, 4, 20}, {"JS-GAR", 1, 2, 6},
	},
	station: {{"RM-400", 4, 1, 1}, {"UV-55", 4, 1, 2}, {"FB-30", 3, 1, 2}, {"FH-20", 3, 2, 4}, {"PT-750", 3, 1, 1}, {"AK-TB100", 1, 1, 1}},
	hotel:   {{"HP-500", 2, 1, 2}, {"HP-200", 3, 1, 2}, {"SW-300", 3, 1, 3}, {"PT-1500", 3, 1, 2}, {"PD-200", 4, 1, 4}, {"FS-25", 3, 1, 2}, {"PL-50", 3, 2, 6}, {"UV-55", 2, 1, 1}, {"FB-30", 2, 1, 2}},
	clinic:  {{"RM-400", 4, 1, 1}, {"UV-55", 3, 1, 2}, {"HP-200", 2, 1, 1}, {"FS-25", 2, 1, 1}, {"PL-30", 3, 1, 4}, {"PT-750", 2, 1, 1}},
	kitchen: {{"RM-400", 2, 1, 1}, {"FH-20", 4, 2, 3}, {"UV-12", 3, 1, 2}, {"PL-50", 2, 1, 1}, {"PD-200", 2, 1, 1}, {"FS-25", 1, 1, 1}},
	farm:    {{"PI-3", 5, 1, 4}, {"PSU-300", 3, 1, 2}, {"PC-500", 3, 1, 3}, {"PC-750", 2, 1, 2}, {"AK-SLG", 3, 2, 8}, {"AK-PIP", 3, 2, 10}},
	builder: {{"PS-150", 4, 6, 24}, {"PJ-250", 3, 4, 16}, {"PL-15", 4, 6, 24}, {"PT-750", 2, 1, 3}, {"AK-TB24", 2, 4, 12}, {"SW-150", 2, 2, 8}, {"FH-10", 3, 6, 24}},
	office:  {{"RM-5", 3, 1, 3}, {"RM-400", 2, 1, 1}, {"PT-750", 3, 1, 1}, {"FH-20", 3, 1, 3}, {"FB-30", 2, 1, 1}, {"PD-200", 2, 1, 1}, {"PC-500", 2, 1, 1}},
	home: {
		{"PS-125", 5, 1, 1}, {"PS-150", 5, 1, 1}, {"PS-200", 3, 1, 1}, {"PJ-250", 4, 1, 1}, {"PD-100", 3, 1, 1}, {"PD-200", 2, 1, 1}, {"PL-15", 5, 1, 1},
		{"PL-30", 3, 1, 1}, {"PG-6", 2, 1, 1}, {"SW-150", 2, 1, 1}, {"FH-10", 4, 1, 2}, {"FT-2", 5, 1, 1}, {"FB-30", 3, 1, 1}, {"RM-5", 5, 1, 1}, {"FP-1", 3, 1, 2}, {"UV-12", 1, 1, 1},
	},
	endCustomer: {{"JS-PSP", 4, 1, 1}, {"JS-PSH", 2, 1, 1}, {"JS-UJI", 2, 1, 1}, {"RM-5", 3, 1, 1}, {"FT-2", 2, 1, 1}, {"PJ-250", 2, 1, 1}},
}

// sells reports whether customers of the segment sell on what they buy.
func (s segment) sells() bool { return s == shop }

// private reports whether customers of the segment are people at home.
func (s segment) private() bool { return s == home || s == endCustomer }
