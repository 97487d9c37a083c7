// Package oracle is what the articles ask of a course of bidding, as a table of cases: who does what at which instant, and
// what must come of it. The cases were written from the texts of the articles, not from the code; amounts, instants and
// answers stand there as they are, none is computed. Package course and the Redis function in bidding/lua are both held
// to it by their tests.
//
// It owns the cases (*.txt) and their reader. It owns no rule. Only tests import it.
package oracle
