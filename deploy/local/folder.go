package local

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// folder is the data folder of one server, held by this process.
type folder struct {
	path string
	lock *os.File
}

// Hold creates the folder when needed and keeps it for this process: a second
// one is refused with the process that has it. release gives it back; so does
// the end of the process, however it ends.
func Hold(path string, mode os.FileMode) (release func(), err error) {
	f, err := openFolder(path, mode)
	if err != nil {
		return nil, err
	}
	return f.close, nil
}

// openFolder creates the folder when needed and locks it. The lock ends with this process, however it ends.
func openFolder(path string, mode os.FileMode) (*folder, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("resolve the data folder: %w", err)
	}
	if err := os.MkdirAll(path, mode); err != nil {
		return nil, folderError(path, err)
	}
	name := filepath.Join(path, "lock")
	lock, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, folderError(path, err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder, _ := io.ReadAll(io.LimitReader(lock, 20))
		_ = lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("the data folder %s is in use by process %s: stop it, or choose another folder with --data",
				path, strings.TrimSpace(string(holder)))
		}
		return nil, fmt.Errorf("lock %s: %w", name, err)
	}
	if err := os.Chmod(path, mode); err != nil {
		_ = lock.Close()
		return nil, folderError(path, err)
	}
	if err := lock.Truncate(0); err != nil {
		_ = lock.Close()
		return nil, folderError(path, err)
	}
	if _, err := fmt.Fprintf(lock, "%d\n", os.Getpid()); err != nil {
		_ = lock.Close()
		return nil, folderError(path, err)
	}
	return &folder{path: path, lock: lock}, nil
}

func (f *folder) close() { _ = f.lock.Close() }

func (f *folder) file(name string) string { return filepath.Join(f.path, name) }

func folderError(path string, err error) error {
	if errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("the data folder %s belongs to another user: run as that user, or choose another folder with --data: %w", path, err)
	}
	return fmt.Errorf("prepare the data folder %s: %w", path, err)
}

// secret returns the content of a file that only its owner reads, making it with a new random value at first.
func (f *folder) secret(name string) (string, error) {
	b, err := os.ReadFile(f.file(name))
	if err == nil {
		return strings.TrimSpace(string(b)), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", folderError(f.path, err)
	}
	value := rand.Text()
	if err := os.WriteFile(f.file(name), []byte(value+"\n"), 0o600); err != nil {
		return "", folderError(f.path, err)
	}
	return value, nil
}

// logFile opens the server's log for appending; a log above 16 MiB is set aside first, one generation is kept.
func (f *folder) logFile(name string) (*os.File, error) {
	const limit = 16 << 20
	path := f.file(name)
	if info, err := os.Stat(path); err == nil && info.Size() > limit {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, folderError(f.path, err)
		}
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, folderError(f.path, err)
	}
	return file, nil
}

// logTail returns the last lines of a log, at most about 2 KiB, for an error message.
func logTail(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	const limit = 2 << 10
	if info, err := file.Stat(); err == nil && info.Size() > limit {
		if _, err := file.Seek(-limit, io.SeekEnd); err != nil {
			return ""
		}
	}
	b, _ := io.ReadAll(io.LimitReader(file, limit))
	return strings.TrimSpace(string(b))
}
