package docket

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// FactsDigest is the SHA-256, in hex, of what a panel's figures rest on when it votes on the sale of this property (R6): everything that
// is stated of it, less what only describes or proves it, what the law decides, and what serves the court's own course. Left out are the
// description, survey, documents and drawings, taxes, the day of seizure, refs, and of every text its note and its English: the Chinese
// is what is voted on. What is added to Asset counts unless it is left out here.
func FactsDigest(list ...Asset) (string, error) {
	b, err := json.Marshal(list)
	if err != nil {
		return "", fmt.Errorf("encode property: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var all []map[string]any
	if err := d.Decode(&all); err != nil {
		return "", fmt.Errorf("read property: %w", err)
	}
	for _, a := range all {
		for _, name := range []string{"ref", "description", "survey", "taxes", "documents", "drawings", "seized_on"} {
			delete(a, name)
		}
		facts(a)
	}
	if b, err = json.Marshal(all); err != nil { // members are sorted
		return "", fmt.Errorf("encode facts: %w", err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// facts takes notes and English out of a value, however deep. No list and none that holds nothing are the same.
func facts(v any) {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "en")
		delete(v, "note")
		for name, one := range v {
			if list, ok := one.([]any); one == nil || ok && len(list) == 0 {
				delete(v, name)
				continue
			}
			facts(one)
		}
	case []any:
		for _, one := range v {
			facts(one)
		}
	}
}
