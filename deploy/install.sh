#!/usr/bin/env bash
# Installs what Mingchui needs on one machine and is missing: PostgreSQL 15 or newer (binaries alone), Redis 7 or newer
# (binary alone), Noto CJK fonts, and Chromium, which prints papers as PDF and runs the browser tests. With --test also
# pdftotext, with which the tests read what was printed. It says nothing when all is there.
#
# On Debian and Ubuntu it uses apt, through sudo when not root. The packages start no server and create no cluster:
# Mingchui runs its own under its data folder. On other systems it names what to install.
set -euo pipefail

tests=no
for arg in "$@"; do
	case $arg in
	--test) tests=yes ;;
	-h | --help)
		sed -n '2,9p' "$0" | cut -c3-
		exit 0
		;;
	*)
		echo "install: unknown argument $arg" >&2
		exit 2
		;;
	esac
done

# major COMMAND...: the first number that the program prints of its version; 0 if it does not run.
major() {
	local out
	out=$("$@" 2>/dev/null | grep -oE '[0-9]+(\.[0-9]+)+' | head -n 1) || out=0
	echo "${out%%.*}"
}

has_postgres() {
	local bin
	for bin in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/local/pgsql/bin /opt/homebrew/opt/postgresql*/bin \
		/usr/local/opt/postgresql*/bin "$(dirname "$(command -v initdb || echo /nowhere/initdb)")"; do
		if [ -x "$bin/initdb" ] && [ -x "$bin/postgres" ] && [ "$(major "$bin/postgres" --version)" -ge 15 ]; then
			return 0
		fi
	done
	return 1
}

has_redis() {
	local name
	for name in redis-server valkey-server; do
		if command -v "$name" >/dev/null && [ "$(major "$name" --version)" -ge 7 ]; then return 0; fi
	done
	return 1
}

has_fonts() {
	local dir
	for dir in /usr/share/fonts /usr/local/share/fonts "${HOME:-/nowhere}/.local/share/fonts" /Library/Fonts /System/Library/Fonts; do
		if [ -d "$dir" ] && [ -n "$(find -L "$dir" \( -iname '*noto*cjk*' -o -iname '*notosanssc*' -o -iname '*sourcehansans*' -o -iname 'PingFang*' \) -print -quit 2>/dev/null)" ]; then
			return 0
		fi
	done
	return 1
}

has_browser() {
	local name
	for name in chromium chromium-browser google-chrome google-chrome-stable; do
		command -v "$name" >/dev/null && return 0
	done
	[ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ]
}

# missing prints one line per missing part: the Debian package, a tab, and the words for a person.
missing() {
	has_postgres || printf 'postgresql\tPostgreSQL 15 or newer (initdb and postgres)\n'
	has_redis || printf 'redis-server\tRedis 7 or newer (redis-server)\n'
	has_fonts || printf 'fonts-noto-cjk\tNoto CJK fonts, or another Chinese font\n'
	[ $tests = no ] || command -v pdftotext >/dev/null || printf 'poppler-utils\tpdftotext of poppler, with which the tests read printed papers\n'
	has_browser || printf 'chromium\tChromium, which prints papers as PDF and runs the browser tests\n'
}

# install_packages PACKAGE...: as root. Nothing is started or enabled; what is changed for that is put back.
install_packages() {
	local policy=/usr/sbin/policy-rc.d cluster=/etc/postgresql-common/createcluster.d/mingchui.conf own_policy=no
	if [ ! -e "$policy" ]; then
		printf '#!/bin/sh\nexit 101\n' >"$policy"
		chmod 755 "$policy"
		own_policy=yes
	fi
	mkdir -p "$(dirname "$cluster")"
	echo 'create_main_cluster = false' >"$cluster"
	# shellcheck disable=SC2064 # the values of now are meant
	trap "rm -f '$cluster'; [ $own_policy = no ] || rm -f '$policy'" EXIT
	export DEBIAN_FRONTEND=noninteractive
	apt-get -qq update
	apt-get -qq -y --no-install-recommends install "$@" </dev/null
	if [ -d /run/systemd/system ]; then
		local package
		for package in "$@"; do
			case $package in
			redis-server) systemctl --quiet disable redis-server.service || true ;;
			postgresql) systemctl --quiet disable postgresql.service || true ;;
			esac
		done
	fi
}

lines=$(missing)
[ -n "$lines" ] || exit 0

if ! command -v apt-get >/dev/null; then
	echo 'Please install with the package manager of this system, then run the command again:' >&2
	cut -f2 <<<"$lines" | sed 's/^/  - /' >&2
	exit 1
fi

mapfile -t packages < <(cut -f1 <<<"$lines")
if [ "$(id -u)" = 0 ]; then
	echo "installing: ${packages[*]}"
	(install_packages "${packages[@]}")
elif command -v sudo >/dev/null; then
	echo "installing with sudo: ${packages[*]}"
	sudo bash -c "set -euo pipefail; $(declare -f install_packages); install_packages \"\$@\"" install "${packages[@]}"
else
	echo "Please run as root, then run the command again: apt-get install ${packages[*]}" >&2
	exit 1
fi

lines=$(missing)
if [ -n "$lines" ]; then
	echo 'The packages of this system do not give all that is needed. Please install:' >&2
	cut -f2 <<<"$lines" | sed 's/^/  - /' >&2
	exit 1
fi
