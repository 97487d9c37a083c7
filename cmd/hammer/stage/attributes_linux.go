package stage

import "syscall"

// childAttributes puts a server into its own process group, so that Ctrl-C reaches us and we stop it; should we be killed,
// the kernel kills it too.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
