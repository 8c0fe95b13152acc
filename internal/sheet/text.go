package sheet

import "embed"

// Text holds the messages of the errors made here, by language.
//
//go:embed text/*.json
var Text embed.FS
