// Package money holds amounts: an int64 of fen with checked arithmetic, named
// rounding, splitting without loss, and its writing in figures and in words.
//
// Amounts that pass through Redis' Lua, whose numbers are doubles, stay below
// 2^53; Max is that bound and everything that reads an amount holds it.
// It is pure: no clock, no I/O.
package money
