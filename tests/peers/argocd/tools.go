//go:build tools

// Package tools names the program that tests/peers/build compiles, so that
// go.mod and go.sum pin everything it needs.
package tools

import _ "github.com/argoproj/argo-cd/v3/cmd"
