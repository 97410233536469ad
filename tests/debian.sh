#!/bin/sh
# Installs the Debian packages that tests use, where we are root and apt-get is there; else says what will be skipped.
set -eu
missing=""
command -v java >/dev/null 2>&1 || missing="$missing default-jre-headless"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
fc-list :lang=zh 2>/dev/null | grep -q . || missing="$missing fonts-wqy-zenhei fontconfig"
PATH="$PATH:/usr/sbin" command -v nginx >/dev/null 2>&1 || missing="$missing nginx-light"
command -v redis-server >/dev/null 2>&1 || missing="$missing redis-server"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing for the tests:$missing"
    # shellcheck disable=SC2086
    if apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    then exit 0; fi
    [ -z "${CI:-}" ] || { echo "in CI nothing may be skipped:$missing could not be installed" >&2; exit 1; }
    echo "Could not be installed:$missing. Tests that need them will say that they skip."
else
    echo "Not installed (no root or no apt-get):$missing. Tests that need them will say that they skip."
fi
