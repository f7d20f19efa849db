// Command passthrough is a node's first process: it lays a file system over one folder that passes every call through
// to what lies there, starts the node's own command on it, and ends with it.
//
//	passthrough FOLDER -- COMMAND [ARGUMENT...]
//	passthrough --copy-to FILE
//
// Rules, which the agent sets (control.go), make a share of the calls on some paths fail or wait; without rules nothing
// does. When this process dies, the container ends with it: nobody is left with a folder that nobody serves, and the
// next start lays it anew.
package main

import (
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == "--copy-to" {
		give(copyTo(os.Args[2]))
		return
	}
	if len(os.Args) < 4 || os.Args[2] != "--" {
		give(fmt.Errorf("usage: passthrough FOLDER -- COMMAND [ARGUMENT...]"))
	}
	rules := &Rules{}
	give(listen(rules))
	home, err := os.Getwd()
	give(err)
	server, err := lay(os.Args[1], rules)
	give(err)
	go func() {
		server.Wait() // somebody unmounted it: a node without its volume must not go on
		give(fmt.Errorf("%s is served no more", os.Args[1]))
	}()
	code, err := runToItsEnd(os.Args[3:], home)
	give(err)
	os.Exit(code)
}

// lay mounts the pass-through over a folder.
func lay(folder string, rules *Rules) (*fuse.Server, error) {
	// What lies below stays in reach as this process's own working folder.
	if err := os.Chdir(folder); err != nil {
		return nil, err
	}
	syscall.Umask(0) // the mode that a file shall have is the caller's matter
	var below syscall.Stat_t
	if err := syscall.Stat(".", &below); err != nil {
		return nil, err
	}
	data := &fs.LoopbackRoot{Path: ".", Dev: uint64(below.Dev)}
	root := &Node{&fs.LoopbackNode{RootData: data}, rules}
	data.RootNode = root
	second := time.Second
	server, err := fs.Mount(folder, root, &fs.Options{
		EntryTimeout: &second,
		AttrTimeout:  &second,
		MountOptions: fuse.MountOptions{
			AllowOther:        true,
			Options:           []string{"default_permissions"},
			FsName:            "harness-passthrough",
			Name:              "harness",
			DirectMountStrict: true, // no fusermount in the node's image
			DisableXAttrs:     true,
			// Else the kernel would read and write the files below by itself, past the rules.
			DisabledCapabilities: fuse.CAP_PASSTHROUGH,
		},
	})
	if err != nil {
		return nil, err
	}
	return server, keepFiles()
}

// keepFiles hands no open file on. The library opens the device so that a child would have it too: the kernel would then
// see somebody who may still answer when this process is dead, and a call that waits for that could never be killed.
func keepFiles() error {
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return err
	}
	for _, each := range open {
		if file, err := strconv.Atoi(each.Name()); err == nil && file > 2 {
			syscall.CloseOnExec(file)
		}
	}
	return nil
}

func copyTo(file string) error {
	program, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		return err
	}
	if err := os.WriteFile(file+".new", program, 0o755); err != nil {
		return err
	}
	return os.Rename(file+".new", file) // one that runs is not written over
}

func give(err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "passthrough: %v\n", err)
		os.Exit(1)
	}
}
