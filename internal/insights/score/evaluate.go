package score

import (
	"cmp"
	"crypto/sha1"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// A Report is how the methods do on a reference set.
type Report struct {
	Rows    int          `json:"rows"`
	Trained int          `json:"trained"`
	Tested  int          `json:"tested"`
	Columns int          `json:"columns"` // weights of the logistic regression
	Methods []MethodTest `json:"methods"`

	// Folds are the AUC of the logistic regression by three-fold
	// cross-validation over all rows, and their mean; only of EvaluateChurn.
	Folds    []float64 `json:"folds,omitempty"`
	FoldMean float64   `json:"fold_mean,omitempty"`

	Effects []Effect `json:"effects"`
}

// A MethodTest is one method on the rows it was not trained on.
type MethodTest struct {
	Method  string  `json:"method"`
	Quality Quality `json:"quality"`
}

// churnFields are the columns of the Telco set that may be known of a customer.
func churnFields() []Field {
	fields := []Field{{"tenure", Tenths}, {"MonthlyCharges", Tenths}, {"TotalCharges", Tenths}}
	for _, name := range []string{
		"gender", "SeniorCitizen", "Partner", "Dependents", "PhoneService", "MultipleLines", "InternetService", "OnlineSecurity",
		"OnlineBackup", "DeviceProtection", "TechSupport", "StreamingTV", "StreamingMovies", "Contract", "PaperlessBilling", "PaymentMethod",
	} {
		fields = append(fields, Field{name, Words})
	}
	return fields
}

// EvaluateChurn reads IBM's Telco customer churn set (CSV) and foretells who
// leaves. A customer is tested, not trained on, where the SHA-1 of its ID is
// divisible by 5. The three folds are the first, middle and last third of those
// who left and of those who stayed, as scikit-learn has it. Nothing is chosen
// by the test.
func EvaluateChurn(r io.Reader) (Report, error) {
	fields := churnFields()
	rows, err := readTable(r, namesOf(fields, "customerID", "Churn"))
	if err != nil {
		return Report{}, err
	}
	var all set
	digit := make([]int, len(rows))
	for i, row := range rows {
		if row[2] == "" { // TotalCharges of new customers
			row[2] = "0"
		}
		all.add(caseOf(fields, row), row[len(fields)+1] == "Yes")
		digit[i] = digitSum(row[len(fields)])
	}
	report, err := evaluate(fields, all.without(func(i int) bool { return digit[i]%5 == 0 }), all.without(func(i int) bool { return digit[i]%5 != 0 }))
	if err != nil {
		return Report{}, err
	}
	const folds = 3
	third := thirds(all.yes)
	for k := range folds {
		train, test := all.without(func(i int) bool { return third[i] == k }), all.without(func(i int) bool { return third[i] != k })
		m, err := FitLogistic(fields, train.cases, train.yes, Options{})
		if err != nil {
			return Report{}, err
		}
		area, _, err := AUC(test.predict(m), test.yes)
		if err != nil {
			return Report{}, err
		}
		report.Folds = append(report.Folds, area)
		report.FoldMean += area / folds
	}
	return report, nil
}

// thirds returns in which third of its kind, 0 … 2, each case is.
func thirds(yes []bool) []int {
	third, passed := make([]int, len(yes)), Ends{}
	all := Ends{Yes: count(yes), No: len(yes) - count(yes)}
	for i, y := range yes {
		if third[i] = 3 * passed.No / max(1, all.No); y {
			third[i] = 3 * passed.Yes / max(1, all.Yes)
		}
		passed.add(y, 1)
	}
	return third
}

// digitSum is the sum of the bytes of the SHA-1 of id: modulo 5 the same as
// the SHA-1 read as one number, since 256 is 1 modulo 5.
func digitSum(id string) int {
	n := 0
	for _, b := range sha1.Sum([]byte(id)) {
		n += int(b)
	}
	return n
}

// leadFields are the columns of the X-Education set that are known when a
// lead comes in.
func leadFields() []Field {
	var fields []Field
	for _, name := range []string{
		"Lead Origin", "Lead Source", "Do Not Email", "Country", "Specialization", "How did you hear about X Education",
		"What is your current occupation", "City", "A free copy of Mastering The Interview",
	} {
		fields = append(fields, Field{name, Words})
	}
	return append(fields, Field{"TotalVisits", Tenths}, Field{"Total Time Spent on Website", Tenths}, Field{"Page Views Per Visit", Tenths})
}

// EvaluateLeads reads the X-Education leads (CSV) and foretells which are won:
// the oldest 70 % by number train, the newest 30 % test.
func EvaluateLeads(r io.Reader) (Report, error) {
	fields := leadFields()
	rows, err := readTable(r, namesOf(fields, "Lead Number", "Converted"))
	if err != nil {
		return Report{}, err
	}
	number := make(map[*string]int, len(rows))
	for i, row := range rows {
		n, err := strconv.Atoi(row[len(fields)])
		if err != nil {
			return Report{}, fmt.Errorf("score: row %d: lead number %q", i+1, row[len(fields)])
		}
		number[&row[0]] = n
	}
	slices.SortStableFunc(rows, func(a, b []string) int { return cmp.Compare(number[&a[0]], number[&b[0]]) })
	var all set
	for _, row := range rows {
		for i := range fields {
			if row[i] == "Select" { // the form's first line: nothing chosen
				row[i] = ""
			}
		}
		all.add(caseOf(fields, row), row[len(fields)+1] == "1")
	}
	old := len(rows) * 7 / 10
	return evaluate(fields, all.without(func(i int) bool { return i >= old }), all.without(func(i int) bool { return i < old }))
}

// A set is cases and how they ended.
type set struct {
	cases []Case
	yes   []bool
}

func (s *set) add(c Case, yes bool) {
	s.cases, s.yes = append(s.cases, c), append(s.yes, yes)
}

func (s *set) without(drop func(i int) bool) (kept set) {
	for i, c := range s.cases {
		if !drop(i) {
			kept.add(c, s.yes[i])
		}
	}
	return kept
}

func (s *set) predict(m Model) []float64 {
	p := make([]float64, len(s.cases))
	for i, c := range s.cases {
		p[i] = m.Predict(c)
	}
	return p
}

// evaluate trains each method and measures it on the test.
func evaluate(fields []Field, train, test set) (Report, error) {
	report := Report{Rows: len(train.cases) + len(test.cases), Trained: len(train.cases), Tested: len(test.cases)}
	logistic, err := FitLogistic(fields, train.cases, train.yes, Options{})
	if err != nil {
		return Report{}, err
	}
	report.Columns, report.Effects = len(logistic.Weights), logistic.Effects()
	tenth, err := FitBayes(fields, train.cases, train.yes, .1)
	if err != nil {
		return Report{}, err
	}
	laplace, err := FitBayes(fields, train.cases, train.yes, 1)
	if err != nil {
		return Report{}, err
	}
	learned, err := Learn(fields, train.cases, train.yes, Options{})
	if err != nil {
		return Report{}, err
	}
	for _, m := range []struct {
		name string
		Model
	}{{"logistic", logistic}, {"bayes", laplace}, {"bayes_tenth", tenth}, {"learned_" + learned.Kind, learned}} {
		q, err := Measure(test.predict(m), test.yes)
		if err != nil {
			return Report{}, err
		}
		report.Methods = append(report.Methods, MethodTest{m.name, q})
	}
	return report, nil
}
