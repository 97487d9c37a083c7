package house

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// writeIdentity writes a certificate of its own kind for a name, with its key, at a time.
func writeIdentity(t *testing.T, dir, name string, serial int64, at time.Time) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

// TestTLSIsSpokenAndRenewed answers over HTTP/2, takes a renewed certificate without a restart and keeps the old one while the
// files do not fit; a node finds itself by its certificate and nobody else.
func TestTLSIsSpokenAndRenewed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	begin := time.Now().Add(-time.Hour)
	certFile, keyFile := writeIdentity(t, dir, "court.example", 1, begin)
	i, err := ReadIdentity(certFile, keyFile, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	i.now = func() time.Time { return now }
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	site := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto)
	})}
	go func() { _ = site.Serve(i.listen(l)) }()
	t.Cleanup(func() { _ = site.Close() })

	ask := func(transport *http.Transport) (proto string, serial int64, err error) {
		defer transport.CloseIdleConnections()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+address, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		res, err := (&http.Client{Transport: transport}).Do(req)
		if err != nil {
			return "", 0, err
		}
		defer func() { _ = res.Body.Close() }()
		body, err := io.ReadAll(res.Body)
		if res.TLS != nil {
			serial = res.TLS.PeerCertificates[0].SerialNumber.Int64()
		}
		return string(body), serial, err
	}
	people := func() *http.Transport {
		return &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	}
	expect := func(serial int64) {
		t.Helper()
		if proto, got, err := ask(people()); err != nil || proto != "HTTP/2.0" || got != serial {
			t.Errorf("answered in %q by certificate %d, %v; want %d", proto, got, err, serial)
		}
		if _, _, err := ask(&http.Transport{DialTLSContext: i.dialSelf}); err != nil {
			t.Errorf("a node does not find itself: %v", err)
		}
	}
	expect(1)
	writeIdentity(t, dir, "court.example", 2, begin.Add(time.Minute))
	expect(1) // not looked at yet
	now = now.Add(renewEvery)
	expect(2)
	if err := os.WriteFile(keyFile, []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	now = now.Add(renewEvery)
	expect(2)
	writeIdentity(t, dir, "court.example", 3, begin.Add(2*time.Minute))
	now = now.Add(renewEvery)
	expect(3)

	elsewhere := t.TempDir()
	other, err := ReadIdentity(writeIdentityIn(t, elsewhere))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := ask(&http.Transport{DialTLSContext: other.dialSelf}); !errors.Is(err, errOther) {
		t.Errorf("a node takes another one for itself: %v", err)
	}
	if _, err := ReadIdentity(certFile, filepath.Join(elsewhere, "key.pem"), slog.Default()); err == nil {
		t.Error("a key that does not fit is taken")
	}
	if _, err := ReadIdentity(certFile, filepath.Join(elsewhere, "none.pem"), slog.Default()); err == nil {
		t.Error("a key that is not there is taken")
	}
}

func writeIdentityIn(t *testing.T, dir string) (certFile, keyFile string, log *slog.Logger) {
	t.Helper()
	certFile, keyFile = writeIdentity(t, dir, "another.example", 9, time.Now())
	return certFile, keyFile, slog.New(slog.DiscardHandler)
}
