package vcard

import "embed"

// Text holds the messages of the errors and warnings made here, by language.
//
//go:embed text/*.json
var Text embed.FS
