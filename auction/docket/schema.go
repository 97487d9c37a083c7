package docket

import _ "embed" // schema.json

//go:embed schema.json
var schema []byte

// Schema is the format as a JSON Schema (draft 2020-12), for editors and for
// who writes such files. What a schema cannot say (the law's figures, refs,
// checklists) Parse says.
func Schema() []byte { return append([]byte(nil), schema...) }
