package learn

import "encoding/json"

// EncodeArgs returns the arguments of a sentence as JSON.
func EncodeArgs(args []any) string {
	if len(args) == 0 {
		return "[]"
	}
	b, err := json.Marshal(args)
	if err != nil { // not of int64 and string
		return "[]"
	}
	return string(b)
}

// DecodeArgs returns what EncodeArgs was given: whole numbers are int64. Of
// what isn't its JSON it returns nil.
func DecodeArgs(s string) []any {
	if s == "" || s == "[]" {
		return nil
	}
	var list []json.RawMessage
	if json.Unmarshal([]byte(s), &list) != nil {
		return nil
	}
	args := make([]any, len(list))
	for i, raw := range list {
		var n int64
		var text string
		switch {
		case json.Unmarshal(raw, &n) == nil:
			args[i] = n
		case json.Unmarshal(raw, &text) == nil:
			args[i] = text
		default:
			return nil
		}
	}
	return args
}
