package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// Rule is what shall happen to a share of some calls. Either Error or DelayMs is given.
type Rule struct {
	Path    string   `json:"path"`  // relative to the folder; ** at its end: everything below
	Calls   []string `json:"calls"` // create, open, read, write, fsync
	Error   string   `json:"error,omitempty"`
	DelayMs int      `json:"delay_ms,omitempty"`
	Share   float64  `json:"share"`
	Seed    uint64   `json:"seed"`
}

// Counts tells of the calls that a rule was asked about. Those of the agent, which is no process of the node, are apart.
type Counts struct {
	Seen   uint64 `json:"seen"`
	Harmed uint64 `json:"harmed"`
	Probes uint64 `json:"probes"`
}

type active struct {
	rule   Rule
	errno  syscall.Errno
	random *rand.Rand
	counts Counts
}

// Rules are those that are on, by the name of their injection.
type Rules struct {
	some atomic.Bool // without rules a call costs no lock
	lock sync.Mutex
	on   map[string]*active
}

var errnos = map[string]syscall.Errno{"": 0, "EIO": syscall.EIO, "ENOSPC": syscall.ENOSPC}

// Set puts a rule on; the same again changes nothing, and its counts go on.
func (r *Rules) Set(name string, rule Rule) error {
	errno, known := errnos[rule.Error]
	if !known || (errno == 0) == (rule.DelayMs == 0) {
		return fmt.Errorf("a rule has either an error (EIO, ENOSPC) or delay_ms")
	}
	if _, err := path.Match(rule.Path, ""); err != nil {
		return fmt.Errorf("%s: %w", rule.Path, err)
	}
	r.change(func() {
		if r.on[name] == nil {
			r.on[name] = &active{rule: rule, errno: errno, random: rand.New(rand.NewPCG(rule.Seed, 0))}
		}
	})
	return nil
}

// Unset takes one off.
func (r *Rules) Unset(name string) { r.change(func() { delete(r.on, name) }) }

// Clear takes all off.
func (r *Rules) Clear() { r.change(func() { clear(r.on) }) }

func (r *Rules) change(how func()) {
	r.lock.Lock()
	defer r.lock.Unlock()
	if r.on == nil {
		r.on = map[string]*active{}
	}
	how()
	r.some.Store(len(r.on) > 0)
}

// Told is what is on now, and what it did so far.
type Told struct {
	Rule
	Counts
}

// Tell says what is on.
func (r *Rules) Tell() map[string]Told {
	r.lock.Lock()
	defer r.lock.Unlock()
	told := map[string]Told{}
	for name, each := range maps.All(r.on) {
		told[name] = Told{each.rule, each.counts}
	}
	return told
}

// Judge is asked before a call: it waits if the call shall be late, and says with what it shall fail.
func (r *Rules) Judge(ctx context.Context, call string, where func() string) syscall.Errno {
	if !r.some.Load() {
		return 0
	}
	errno, delay := r.sentence(call, where(), isProbe(ctx))
	if delay > 0 {
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return syscall.EINTR
		}
	}
	return errno
}

func (r *Rules) sentence(call, where string, probe bool) (errno syscall.Errno, delay time.Duration) {
	r.lock.Lock()
	defer r.lock.Unlock()
	for _, each := range r.on {
		if !each.rule.concerns(call, where) {
			continue
		}
		harm := each.rule.Share >= 1 || each.random.Float64() < each.rule.Share
		each.counts.add(harm, probe)
		if harm {
			errno = max(errno, each.errno)
			delay += time.Duration(each.rule.DelayMs) * time.Millisecond
		}
	}
	return errno, delay
}

func (c *Counts) add(harmed, probe bool) {
	switch {
	case probe:
		c.Probes++
	case harmed:
		c.Seen++
		c.Harmed++
	default:
		c.Seen++
	}
}

func (r Rule) concerns(call, where string) bool {
	for _, each := range r.Calls {
		if each == call {
			return matches(r.Path, where)
		}
	}
	return false
}

func matches(pattern, where string) bool {
	if below, all := strings.CutSuffix(pattern, "**"); all {
		return strings.HasPrefix(where, below)
	}
	found, _ := path.Match(pattern, where)
	return found
}

// A process outside of this pid namespace has no number in it.
func isProbe(ctx context.Context) bool {
	caller, known := fuse.FromContext(ctx)
	return known && caller.Pid == 0
}
