package main

import (
	"context"
	"syscall"
	"testing"
)

func TestWhichPathsARuleMeans(t *testing.T) {
	for _, each := range []struct {
		pattern, where string
		is             bool
	}{
		{"wal/**", "wal/1", true},
		{"wal/**", "wal/status/1", true},
		{"wal/**", "wal", false},
		{"wal/**", "walls/1", false},
		{"wal/0*", "wal/01", true},
		{"wal/0*", "wal/0/1", false},
		{"wal/?", "wal/11", false},
		{"**", "anything/below", true},
	} {
		if matches(each.pattern, each.where) != each.is {
			t.Errorf("%s and %s", each.pattern, each.where)
		}
	}
}

func judged(rules *Rules, call, where string) syscall.Errno {
	return rules.Judge(context.Background(), call, func() string { return where })
}

func TestAShareOfTheCallsIsTheSameForTheSameSeed(t *testing.T) {
	failed := func() (which []int) {
		rules := &Rules{}
		if err := rules.Set("i1", Rule{Path: "a*", Calls: []string{"write"}, Error: "EIO", Share: 0.3, Seed: 7}); err != nil {
			t.Fatal(err)
		}
		for number := range 1000 {
			if judged(rules, "write", "a") == syscall.EIO {
				which = append(which, number)
			}
		}
		told := rules.Tell()["i1"]
		if told.Seen != 1000 || told.Harmed != uint64(len(which)) || told.Probes != 0 {
			t.Errorf("counted %+v, and %d failed", told.Counts, len(which))
		}
		return which
	}
	first, second := failed(), failed()
	if len(first) < 227 || len(first) > 373 {
		t.Errorf("%d of 1000", len(first))
	}
	for at := range first {
		if first[at] != second[at] {
			t.Fatal("another choice")
		}
	}
}

func TestOtherCallsAndOtherPathsAreAsEver(t *testing.T) {
	rules := &Rules{}
	_ = rules.Set("i1", Rule{Path: "a*", Calls: []string{"write"}, Error: "ENOSPC", Share: 1})
	if judged(rules, "write", "a") != syscall.ENOSPC {
		t.Error("the call went well")
	}
	if judged(rules, "read", "a") != 0 || judged(rules, "write", "b") != 0 {
		t.Error("another failed")
	}
	rules.Unset("i1")
	if judged(rules, "write", "a") != 0 {
		t.Error("the rule is off")
	}
}

func TestARuleHasEitherAnErrorOrADelay(t *testing.T) {
	for _, rule := range []Rule{{Path: "a"}, {Path: "a", Error: "EIO", DelayMs: 5}, {Path: "a", Error: "EPERM"}, {Path: "[", Error: "EIO"}} {
		if (&Rules{}).Set("i1", rule) == nil {
			t.Errorf("%+v was taken", rule)
		}
	}
}
