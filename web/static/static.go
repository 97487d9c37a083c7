package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
)

//go:embed *.css *.svg *.js drawings
var files embed.FS

// Prefix is where the set is mounted.
const Prefix = "/static/"

// Assets is the set of files, ready to be sent. It is immutable.
type Assets struct {
	hash  string
	files map[string]file
}

type file struct {
	kind              string
	plain, gzip, zstd []byte
}

// Load reads and compresses the embedded files.
func Load() (*Assets, error) {
	a := &Assets{files: map[string]file{}}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBetterCompression), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(128<<10))
	if err != nil {
		return nil, fmt.Errorf("load assets: %w", err)
	}
	sum := sha256.New()
	err = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := files.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read asset %s: %w", name, err)
		}
		sum.Write([]byte(name + " " + strconv.Itoa(len(b)) + "\n"))
		sum.Write(b)
		f, err := pack(name, b, enc)
		a.files[name] = f
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load assets: %w", err)
	}
	a.hash = base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:9])
	return a, nil
}

func pack(name string, b []byte, enc *zstd.Encoder) (file, error) {
	kind := mime.TypeByExtension(path.Ext(name))
	switch path.Ext(name) { // the machine's table may lack or change these
	case ".js":
		kind = "text/javascript; charset=utf-8"
	case ".css":
		kind = "text/css; charset=utf-8"
	case ".svg":
		kind = "image/svg+xml"
	}
	f := file{kind: kind, plain: b}
	var z bytes.Buffer
	zw, err := gzip.NewWriterLevel(&z, gzip.BestCompression)
	if err != nil {
		return f, fmt.Errorf("compress %s: %w", name, err)
	}
	if _, err := zw.Write(b); err != nil {
		return f, fmt.Errorf("compress %s: %w", name, err)
	}
	if err := zw.Close(); err != nil {
		return f, fmt.Errorf("compress %s: %w", name, err)
	}
	f.gzip = z.Bytes()
	f.zstd = enc.EncodeAll(b, nil)
	return f, nil
}

// URL is the address of a file, its name with folders: drawings/flat.svg.
func (a *Assets) URL(name string) string { return Prefix + a.hash + "/" + name }

// Icon is the address of a symbol of the sprite.
func (a *Assets) Icon(name string) string { return a.URL("icons.svg") + "#" + name }

// Has reports whether there is such a file.
func (a *Assets) Has(name string) bool {
	_, ok := a.files[name]
	return ok
}

// ServeHTTP answers GET and HEAD under Prefix. An address with an older hash
// gets today's file, not to be kept.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	hash, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, Prefix), "/")
	f, ok := a.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	if hash == a.hash {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	body := f.plain
	accepted := r.Header.Get("Accept-Encoding")
	switch {
	case accepts(accepted, "zstd") && len(f.zstd) < len(body):
		body = f.zstd
		h.Set("Content-Encoding", "zstd")
	case accepts(accepted, "gzip") && len(f.gzip) < len(body):
		body = f.gzip
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body) // a reader who left is no fault of ours
}

// accepts reads an Accept-Encoding header; q=0 means no.
func accepts(header, encoding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, param, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.TrimSpace(name) == encoding {
			return strings.TrimSpace(param) != "q=0"
		}
	}
	return false
}
