package main

import (
	"encoding/json"
	"net"

	"golang.org/x/sys/unix"
)

// The rules are set over a socket without a file, in the container's own network namespace: the agent makes its end
// there. A restart begins without rules. One line of JSON is asked, one is answered.
const name = "@harness-passthrough"

type request struct {
	Set   map[string]Rule `json:"set"`
	Unset []string        `json:"unset"`
	Clear bool            `json:"clear"`
}

type answer struct {
	Rules map[string]Told `json:"rules"`
	Error string          `json:"error,omitempty"`
}

func listen(rules *Rules) error {
	server, err := net.ListenUnix("unix", &net.UnixAddr{Name: name, Net: "unix"})
	if err != nil {
		return err
	}
	go func() {
		for {
			if client, err := server.AcceptUnix(); err == nil {
				go serve(client, rules)
			}
		}
	}()
	return nil
}

func serve(client *net.UnixConn, rules *Rules) {
	defer client.Close()
	if isOfTheNode(client) {
		return
	}
	var asked request
	if err := json.NewDecoder(client).Decode(&asked); err != nil {
		return
	}
	said := answer{}
	for name, rule := range asked.Set {
		if err := rules.Set(name, rule); err != nil {
			said.Error = err.Error()
		}
	}
	for _, name := range asked.Unset {
		rules.Unset(name)
	}
	if asked.Clear {
		rules.Clear()
	}
	said.Rules = rules.Tell()
	_ = json.NewEncoder(client).Encode(said)
}

// isOfTheNode says whether a process of the node asks, which has no say; one from outside has no number here.
func isOfTheNode(client *net.UnixConn) bool {
	own := true
	raw, err := client.SyscallConn()
	if err != nil {
		return own
	}
	_ = raw.Control(func(file uintptr) {
		if peer, err := unix.GetsockoptUcred(int(file), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			own = peer.Pid != 0
		}
	})
	return own
}
