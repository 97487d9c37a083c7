package house

import (
	"context"
	"errors"
	"net"
	"strconv"
	"syscall"

	"mingchui/deploy/local"
)

// Listen takes an address; a port that others hold is reported with who holds
// it. flag is the setting to name in the message.
func Listen(ctx context.Context, address, flag string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err == nil || !errors.Is(err, syscall.EADDRINUSE) {
		return l, err
	}
	_, text, split := net.SplitHostPort(address)
	port, number := strconv.Atoi(text)
	if split != nil || number != nil {
		return nil, err
	}
	return nil, local.PortTaken(port, flag)
}
