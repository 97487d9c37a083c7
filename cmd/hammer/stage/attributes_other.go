//go:build !linux

package stage

import "syscall"

// childAttributes puts a server into its own process group, so that Ctrl-C reaches us and we stop it.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
