//go:build undurable

package bidding

// answersEarly breaks I1 on purpose, to measure: answers are given once Redis has decided, and the commit follows behind. A
// bid that was answered may be lost, and its answer names no receipt.
const answersEarly = true
