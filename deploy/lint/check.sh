#!/usr/bin/env bash
# All checks that are not tests; `make check` calls it with the pinned tools. Every check runs, then the failed ones are
# named. It changes nothing in the tree.
set -uo pipefail
cd "$(dirname "$0")/../.."
GO=${GO:-go}
failed=()

check() { # check NAME COMMAND...
	local name=$1 start=$SECONDS
	shift
	printf 'check %s ... ' "$name"
	local out
	if out=$("$@" 2>&1); then
		echo "ok ($((SECONDS - start)) s)"
	else
		echo "FAILED"
		printf '%s\n' "$out"
		failed+=("$name")
	fi
}

tracked() { git ls-files --cached --others --exclude-standard -- "$@"; }

existing() { # those of the tracked files that are still there
	tracked "$@" | while IFS= read -r file; do [ -f "$file" ] && printf '%s\n' "$file"; done
}

formatted() {
	local bad
	bad=$(existing '*.go' | xargs -r gofmt -l)
	[ -z "$bad" ] || { echo "not formatted (make fmt):"; echo "$bad"; return 1; }
}

# The committed _templ.go files are what the pinned generator makes of the .templ files.
generated() {
	[ -n "$(existing '*.templ')" ] || return 0
	local copy
	copy=$(mktemp -d) || return 1
	# shellcheck disable=SC2064 # the value of now is meant
	trap "rm -rf '$copy'" RETURN
	{ existing '*.templ'; echo go.mod; } | tar -cf - -T - | tar -xf - -C "$copy"
	(cd "$copy" && "$TEMPL" generate -log-level error) || return 1
	local file status=0
	while IFS= read -r file; do
		cmp -s "$copy/${file%.templ}_templ.go" "${file%.templ}_templ.go" || { echo "stale (make generate): ${file%.templ}_templ.go"; status=1; }
	done < <(existing '*.templ')
	while IFS= read -r file; do
		[ -f "${file%_templ.go}.templ" ] || { echo "no source any more: $file"; status=1; }
	done < <(existing '*_templ.go')
	return $status
}

# Nothing in the tree names a place of one machine, or a package mirror.
machine_paths() {
	local hits
	hits=$(existing | grep -v '^deploy/lint/check\.sh$' | xargs -r grep -nIE \
		'/(work|root)/[a-z.]|/tmp/[a-z]|/home/[a-z]|"resolved": *"https?://' -- | head -20)
	[ -z "$hits" ] || { echo "machine paths:"; echo "$hits"; return 1; }
}

# The auditor is made of the pure packages: no database, web framework, payment or server code, not even indirectly.
auditor_links() {
	[ -d cmd/auditor ] || return 0
	local deps
	deps=$($GO list -deps ./cmd/auditor) || return 1
	deps=$(grep -E '^(github\.com/(jackc|redis|nats-io|labstack|stripe)/|database/sql$|mingchui/(web|payments|migrations|deploy)(/|$)|mingchui/(auction|bidding)$|mingchui/auction/audit/sequencer)' <<<"$deps")
	[ -z "$deps" ] || { echo "cmd/auditor links:"; echo "$deps"; return 1; }
}

check 'gofmt' formatted
check 'templ files are current' generated
check 'no machine paths' machine_paths
check 'go.mod is tidy' "$GO" mod tidy -diff
check 'auditor stands alone' auditor_links
check 'go vet' "$GO" vet ./...
check 'golangci-lint' "$GOLANGCI" run -c deploy/lint/golangci.yml --max-issues-per-linter 0 --max-same-issues 0 ./...

if [ ${#failed[@]} -gt 0 ]; then
	printf 'make check failed: %s\n' "${failed[*]}" >&2
	exit 1
fi
echo 'make check: all passed'
