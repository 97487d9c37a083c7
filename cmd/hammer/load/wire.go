package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"
)

// maxAnswer bounds an answer, head and body; those of a bid have less than 2 KiB.
const maxAnswer = 64 << 10

// wire is one keep-alive connection. It is used by one goroutine, one request at a time.
type wire struct {
	address string
	// mu is held to change nc, and by others to look at it.
	mu      sync.Mutex
	nc      net.Conn
	in, out []byte
}

// answer is what came back. body is valid until the next request.
type answer struct {
	status int
	body   []byte
	// last: the server closes the connection after it. again: it says when to come again.
	last, again bool
}

var errAnswer = errors.New("an answer that is not HTTP/1.1 with a Content-Length")

func (w *wire) dial(ctx context.Context, until time.Time) error {
	d := net.Dialer{Timeout: 5 * time.Second}
	nc, err := d.DialContext(ctx, "tcp", w.address)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", w.address, err)
	}
	if err := nc.SetDeadline(until); err != nil {
		return errors.Join(err, nc.Close())
	}
	w.mu.Lock()
	w.nc = nc
	w.mu.Unlock()
	if w.in == nil {
		w.in = make([]byte, 4<<10)
	}
	return nil
}

func (w *wire) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.nc != nil {
		_ = w.nc.Close() // what was written is answered or lost; nothing hangs on it
		w.nc = nil
	}
}

// cut ends what hangs at an instant; others than the user of the wire call it.
func (w *wire) cut(at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.nc != nil {
		_ = w.nc.SetDeadline(at) // fails on a closed one, which is cut already
	}
}

// bid sends one bid and reads its answer. head is everything of the request before the key.
func (w *wire) bid(head, key []byte, amountFen int64) (answer, error) {
	var digits [20]byte
	amount := strconv.AppendInt(digits[:0], amountFen, 10)
	const open, shut = `{"amount_fen":`, `}`
	b := append(w.out[:0], head...)
	b = append(b, key...)
	b = append(b, "\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(open)+len(amount)+len(shut)), 10)
	b = append(b, "\r\n\r\n"+open...)
	b = append(b, amount...)
	b = append(b, shut...)
	w.out = b
	if _, err := w.nc.Write(b); err != nil {
		return answer{}, err
	}
	return w.read()
}

// read reads one answer; without pipelining nothing follows it.
func (w *wire) read() (answer, error) {
	n, body := 0, -1
	var a answer
	for {
		if body < 0 {
			if i := bytes.Index(w.in[:n], endOfHead()); i >= 0 {
				length, err := w.head(w.in[:i+2], &a)
				if err != nil {
					return a, err
				}
				body = i + 4
				if err := w.room(body + length); err != nil {
					return a, err
				}
				a.body = w.in[body : body+length]
			}
		}
		if body >= 0 && n >= body+len(a.body) {
			return a, nil
		}
		if err := w.room(n + 1); err != nil {
			return a, err
		}
		m, err := w.nc.Read(w.in[n:])
		n += m
		if err != nil {
			return a, err
		}
	}
}

// room makes the buffer hold at least size bytes.
func (w *wire) room(size int) error {
	if size > maxAnswer {
		return errAnswer
	}
	if size > len(w.in) {
		w.in = append(w.in, make([]byte, size-len(w.in)+2048)...)
	}
	return nil
}

func endOfHead() []byte { return []byte("\r\n\r\n") }

// head reads status and length; Go's servers write Content-Length so.
func (w *wire) head(h []byte, a *answer) (length int, err error) {
	const version, field = "HTTP/1.1 ", "\r\nContent-Length: "
	if len(h) < len(version)+3 || string(h[:len(version)]) != version {
		return 0, errAnswer
	}
	for _, c := range h[len(version) : len(version)+3] {
		a.status = a.status*10 + int(c-'0')
	}
	a.last = bytes.Contains(h, []byte("\r\nConnection: close\r\n"))
	a.again = a.status >= 429 && bytes.Contains(h, []byte("\r\nRetry-After: "))
	_, after, found := bytes.Cut(h, []byte(field))
	if !found {
		if a.status == 204 {
			return 0, nil
		}
		return 0, errAnswer
	}
	for _, c := range after {
		if c < '0' || c > '9' {
			break
		}
		if length = length*10 + int(c-'0'); length > maxAnswer {
			return 0, errAnswer
		}
	}
	return length, nil
}

// numberAt finds an integer member of a flat JSON object by its name with quotes and colon; false when it is not there.
func numberAt(body []byte, name string) (int64, bool) {
	i := bytes.Index(body, []byte(name))
	if i < 0 {
		return 0, false
	}
	var v int64
	var some bool
	for _, c := range body[i+len(name):] {
		if c < '0' || c > '9' {
			break
		}
		v, some = v*10+int64(c-'0'), true
	}
	return v, some
}

// textAt is numberAt for a string without escapes.
func textAt(body []byte, name string) []byte {
	i := bytes.Index(body, []byte(name))
	if i < 0 {
		return nil
	}
	rest := body[i+len(name):]
	if len(rest) == 0 || rest[0] != '"' {
		return nil
	}
	j := bytes.IndexByte(rest[1:], '"')
	if j < 0 {
		return nil
	}
	return rest[1 : 1+j]
}
