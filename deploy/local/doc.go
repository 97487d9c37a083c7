// Package local starts, watches and stops the private servers of one machine: PostgreSQL and Redis as child processes,
// NATS with JetStream inside this process. `mingchui demo` and the tests stand on it; `mingchui serve` is given the
// same parts by URL and does not use it.
//
// It owns: finding the installed binaries, creating a data folder, the account under which PostgreSQL runs, ports,
// passwords of the private servers, and the life of the child processes.
// It does not own: schema and migrations (package migrations), what is kept in the servers, installing packages
// (deploy/install.sh).
//
// Invariants:
//   - One process at a time uses a data folder: it holds an advisory lock (flock) on Dir/lock as long as it lives.
//   - A child never outlives its parent: it is stopped in order by Stop, or by the kernel's death signal when the parent
//     was killed (Linux). A server that is still found on the folder at the next start is stopped first, and only if
//     its process id, name and working folder say that it is that server.
//   - Children live in process groups of their own: Ctrl-C in the terminal reaches the parent alone, which stops them.
//   - The servers listen on 127.0.0.1 only, and PostgreSQL and Redis ask for a password that is kept in a file that
//     only its owner reads.
package local
