package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"mingchui/auction/audit"
)

type change = func(*testing.T, []audit.Entry) []audit.Entry

// nth is the index of the nth entry of a kind.
func nth(t *testing.T, entries []audit.Entry, kind string, n int) int {
	t.Helper()
	for i, e := range entries {
		if e.Kind == kind {
			if n == 0 {
				return i
			}
			n--
		}
	}
	t.Fatalf("no %s", kind)
	return 0
}

func replaceIn(kind string, n int, f func(string) string) change {
	return func(t *testing.T, entries []audit.Entry) []audit.Entry {
		t.Helper()
		i := nth(t, entries, kind, n)
		e := entries[i]
		body := f(string(e.Body))
		if body == string(e.Body) {
			t.Fatal("the change changes nothing")
		}
		again, err := audit.NewRaw(e.Kind, e.At, idOf(e.CaseID), idOf(e.LotID), e.Seq, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		entries[i] = again
		return entries
	}
}

func idOf(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// bump puts a digit before the number that follows key.
func bump(body, key string) string { return strings.Replace(body, key, key+"9", 1) }

func remove(kind string, n int) change {
	return func(t *testing.T, entries []audit.Entry) []audit.Entry {
		t.Helper()
		i := nth(t, entries, kind, n)
		return slices.Delete(entries, i, i+1)
	}
}

func removeAll(kind string) change {
	return func(_ *testing.T, entries []audit.Entry) []audit.Entry {
		return slices.DeleteFunc(entries, func(e audit.Entry) bool { return e.Kind == kind })
	}
}

// uncanonical writes a space into an entry that the sequencer cannot know of.
func uncanonical(_ *testing.T, entries []audit.Entry) []audit.Entry {
	e := &entries[len(entries)/2]
	e.Bytes = append([]byte("{ "), e.Bytes[1:]...)
	e.LeafHash = audit.LeafHash(e.Bytes)
	return entries
}
