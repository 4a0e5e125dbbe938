// Package faultmatrix holds the laws of what faults, crashes and the order of calls may do, for every resource and component: it has
// nothing but tests. Each runs programs without a fault first, to find the calls that they make, and then once for every call and every
// fault. Start at programs_test.go, which has a program for everything that the provider offers, and matrix_test.go.
package faultmatrix
