package main

import (
	"bufio"
	"fmt"
	"os"
	"syscall"

	v1 "github.com/Masterminds/semver"
	v3 "github.com/Masterminds/semver/v3"
)

func countV3(constraint string, versions []string) (int, error) {
	c, err := v3.NewConstraint(constraint)
	if err != nil {
		return 0, err
	}
	count := 0
	for _, text := range versions {
		v, err := v3.NewVersion(text)
		if err == nil && c.Check(v) {
			count++
		}
	}
	return count, nil
}

func countV1(constraint string, versions []string) (int, error) {
	c, err := v1.NewConstraint(constraint)
	if err != nil {
		return 0, err
	}
	count := 0
	for _, text := range versions {
		v, err := v1.NewVersion(text)
		if err == nil && c.Check(v) {
			count++
		}
	}
	return count, nil
}

// The process's CPU time in nanoseconds: the garbage collector's work counts, waiting does not.
func cpu() float64 {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		fail(err.Error())
	}
	return float64(r.Utime.Nano() + r.Stime.Nano())
}

// bench prints the matches and the best of several rounds in versions per second. A round is long
// enough for the clock of getrusage and for the garbage collector.
func bench(name, constraint string) {
	var versions []string
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		versions = append(versions, in.Text())
	}
	best, matches := 0.0, 0
	for round := 0; round < 7; round++ {
		start, done, took := cpu(), 0, 0.0
		for took < 50e6 {
			n, err := libraries[name].count(constraint, versions)
			if err != nil {
				fail(err.Error())
			}
			matches = n
			done += len(versions)
			took = cpu() - start
		}
		if rate := float64(done) / took * 1e9; rate > best {
			best = rate
		}
	}
	fmt.Printf("%d %.0f\n", matches, best)
}
