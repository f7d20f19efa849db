package main

import (
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

const usualUmask = 0o022

// What people and engines send. Others may be this process's own: SIGPIPE, when who asked did not wait for the answer.
var passedOn = []os.Signal{
	syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH,
}

// runToItsEnd starts the node's own command, passes signals on to it, reaps what it leaves behind as a first process
// must, and says with which code it ended.
func runToItsEnd(command []string, home string) (int, error) {
	program, err := exec.LookPath(command[0])
	if err != nil {
		return 0, err
	}
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, passedOn...)
	pid, err := start(program, command, home)
	if err != nil {
		return 0, err
	}
	go func() {
		for each := range signals {
			_ = syscall.Kill(pid, each.(syscall.Signal))
		}
	}()
	for {
		var status syscall.WaitStatus
		ended, err := syscall.Wait4(-1, &status, 0, nil)
		if err != nil && err != syscall.EINTR {
			return 0, err
		}
		if ended == pid && status.Signaled() {
			return 128 + int(status.Signal()), nil
		}
		if ended == pid && status.Exited() {
			return status.ExitStatus(), nil
		}
	}
}

// start starts it from a thread that is nobody else's, because umask, folder and capabilities are a thread's.
func start(program string, command []string, home string) (int, error) {
	type started struct {
		pid int
		err error
	}
	done := make(chan started)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends here
		if err := becomeUsual(); err != nil {
			done <- started{0, err}
			return
		}
		pid, err := syscall.ForkExec(program, command, &syscall.ProcAttr{
			Env:   os.Environ(),
			Files: []uintptr{0, 1, 2},
			Dir:   home,
		})
		done <- started{pid, err}
	}()
	outcome := <-done
	return outcome.pid, outcome.err
}

// becomeUsual takes from the calling thread what the mount alone needed: what the node runs is as it would be without.
func becomeUsual() error {
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return err
	}
	syscall.Umask(usualUmask)
	if err := unix.Prctl(unix.PR_CAPBSET_DROP, unix.CAP_SYS_ADMIN, 0, 0, 0); err != nil {
		return err
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return err
	}
	data[0].Inheritable &^= 1 << unix.CAP_SYS_ADMIN
	return unix.Capset(&header, &data[0])
}
