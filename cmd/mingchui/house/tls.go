package house

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"
)

// renewEvery is how often at most the files of an identity are looked at.
const renewEvery = 10 * time.Second

// Identity is the certificate by which a node speaks TLS itself, without a proxy in front. A renewed one is taken without a
// restart: the files are looked at again when somebody connects. It is safe for concurrent use.
type Identity struct {
	certFile, keyFile string
	log               *slog.Logger
	now               func() time.Time

	mu     sync.Mutex
	held   *tls.Certificate
	looked time.Time
	// written are the files' times of change when they were last read, for better or worse.
	written [2]time.Time
}

// ReadIdentity reads a certificate chain and its key, PEM. The error says which file is wrong and why.
func ReadIdentity(certFile, keyFile string, log *slog.Logger) (*Identity, error) {
	i := &Identity{certFile: certFile, keyFile: keyFile, log: log, now: time.Now}
	written, err := i.changed()
	if err != nil {
		return nil, err
	}
	if i.held, err = i.read(); err != nil {
		return nil, err
	}
	i.written, i.looked = written, i.now()
	return i, nil
}

func (i *Identity) read() (*tls.Certificate, error) {
	cert, err := tls.LoadX509KeyPair(i.certFile, i.keyFile)
	if err != nil {
		return nil, fmt.Errorf("read the TLS certificate %s with its key %s: %w", i.certFile, i.keyFile, err)
	}
	return &cert, nil
}

func (i *Identity) changed() (written [2]time.Time, err error) {
	for n, file := range []string{i.certFile, i.keyFile} {
		info, err := os.Stat(file)
		if err != nil {
			return written, fmt.Errorf("read the TLS certificate: %w", err)
		}
		written[n] = info.ModTime()
	}
	return written, nil
}

// current is the certificate that holds now. Files that cannot be read, or do not fit each other as they may while they are
// being replaced, leave the one before in place.
func (i *Identity) current() *tls.Certificate {
	i.mu.Lock()
	defer i.mu.Unlock()
	now := i.now()
	if now.Sub(i.looked) < renewEvery {
		return i.held
	}
	i.looked = now
	written, err := i.changed()
	if err == nil && written == i.written {
		return i.held
	}
	var cert *tls.Certificate
	if err == nil {
		cert, err = i.read()
	}
	if err != nil {
		i.log.Warn("the TLS certificate cannot be renewed, the one before stays in use", "error", err)
		return i.held
	}
	i.written, i.held = written, cert
	i.log.Info("the TLS certificate was renewed", "expires", cert.Leaf.NotAfter)
	return i.held
}

// listen speaks TLS on a listener: HTTP/2 with those that can, HTTP/1.1 with others.
func (i *Identity) listen(l net.Listener) net.Listener {
	return tls.NewListener(l, &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return i.current(), nil },
	})
}

var errOther = errors.New("somebody else's certificate answers at this node's own address")

// dialSelf connects to this node's own listener, whose certificate is another name's: it must be the one that this node holds.
func (i *Identity) dialSelf(ctx context.Context, network, address string) (net.Conn, error) {
	d := tls.Dialer{Config: &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		InsecureSkipVerify: true, //nolint:gosec // VerifyConnection holds it to the very certificate
		VerifyConnection: func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) == 0 || !bytes.Equal(s.PeerCertificates[0].Raw, i.current().Certificate[0]) {
				return errOther
			}
			return nil
		},
	}}
	return d.DialContext(ctx, network, address)
}
