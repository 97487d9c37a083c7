package stage

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// Identity is a certificate by which servers here speak TLS, for 127.0.0.1 alone.
type Identity struct {
	CertFile, KeyFile string
	// Trusted holds the certificate, for clients.
	Trusted *x509.CertPool
}

// NewIdentity makes a certificate that holds for a day and writes it and its key to a folder.
func NewIdentity(dir string) (i Identity, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return i, fmt.Errorf("make a certificate: %w", err)
	}
	now := time.Now()
	about := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	if err != nil {
		return i, fmt.Errorf("make a certificate: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return i, fmt.Errorf("make a certificate: %w", err)
	}
	i = Identity{CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem"), Trusted: x509.NewCertPool()}
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	i.Trusted.AppendCertsFromPEM(public)
	return i, errors.Join(
		os.WriteFile(i.CertFile, public, 0o600),
		os.WriteFile(i.KeyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600),
	)
}

// Client is a client that trusts it.
func (i Identity) Client() *http.Client {
	return &http.Client{Transport: &http.Transport{
		ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: i.Trusted, MinVersion: tls.VersionTLS13},
	}}
}
