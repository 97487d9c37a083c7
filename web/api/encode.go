package api

import (
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// instant writes times as the contract has them: RFC 3339, UTC, milliseconds.
const instant = "2006-01-02T15:04:05.000Z"

// encode writes an answer: every time.Time in it as the contract's instants,
// empty lists as [] and not null, names by their json tags.
func encode(v any) ([]byte, error) {
	return json.Marshal(v,
		json.WithMarshalers(json.MarshalToFunc(func(enc *jsontext.Encoder, t time.Time) error {
			return enc.WriteToken(jsontext.String(t.UTC().Format(instant)))
		})),
		jsonv1.OmitEmptyWithLegacySemantics(true),
		json.Deterministic(true),
	)
}
