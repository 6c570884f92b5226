// The real libraries, for the tests: what they answer, and how fast.
//
//	masterminds cases v3|v1              the table in tests/cases
//	masterminds fuzz v3|v1 SEED COUNT    as many random cases, in the same form
//	masterminds bench v3|v1 CONSTRAINT   versions on stdin; prints versions per second of CPU
//
// A case is a line `answer TAB constraint TAB version`; see quote for what is escaped.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"

	v1 "github.com/Masterminds/semver"
	v3 "github.com/Masterminds/semver/v3"
)

// A library: what it answers to one case, and its parse and check for bench.
type library struct {
	answer func(constraint, version string) string
	count  func(constraint string, versions []string) (int, error)
}

var libraries = map[string]library{
	"v3": {answerV3, countV3},
	"v1": {answerV1, countV1},
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func answerV3(constraint, version string) string {
	c, err := v3.NewConstraint(constraint)
	if err != nil {
		return "bad-constraint"
	}
	v, err := v3.NewVersion(version)
	if err != nil {
		return "bad-version"
	}
	return yesNo(c.Check(v))
}

func answerV1(constraint, version string) string {
	c, err := v1.NewConstraint(constraint)
	if err != nil {
		return "bad-constraint"
	}
	v, err := v1.NewVersion(version)
	if err != nil {
		return "bad-version"
	}
	return yesNo(c.Check(v))
}

// quote keeps a case on one line: backslash, control and non-ASCII bytes become \xNN.
func quote(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' || s[i] == '\\' {
			fmt.Fprintf(&b, `\x%02x`, s[i])
		} else {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

func printCases(name string, cases [][2]string) {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	fmt.Fprintf(out, "# What Masterminds/semver answers, dialect %s: answer, constraint, version.\n", name)
	fmt.Fprintf(out, "# Written by tests/go/masterminds; do not edit.\n")
	for _, c := range cases {
		fmt.Fprintf(out, "%s\t%s\t%s\n", libraries[name].answer(c[0], c[1]), quote(c[0]), quote(c[1]))
	}
}

func fail(text string) {
	fmt.Fprintln(os.Stderr, "masterminds: "+text)
	os.Exit(100)
}

func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		fail("not a number: " + text)
	}
	return n
}

func main() {
	if len(os.Args) < 3 || libraries[os.Args[2]].answer == nil {
		fail("usage: masterminds cases|fuzz|bench v3|v1 ...")
	}
	name := os.Args[2]
	switch {
	case os.Args[1] == "cases" && len(os.Args) == 3:
		printCases(name, tableCases())
	case os.Args[1] == "fuzz" && len(os.Args) == 5:
		printCases(name, randomCases(number(os.Args[3]), int(number(os.Args[4]))))
	case os.Args[1] == "bench" && len(os.Args) == 4:
		bench(name, os.Args[3])
	default:
		fail("usage: masterminds cases v3|v1 | fuzz v3|v1 SEED COUNT | bench v3|v1 CONSTRAINT")
	}
}
