#!/bin/sh
# Installs Pharos from this folder into TARGET without any registry. Needs Python 3.11 with venv, sha256sum and 3 GB.
#   sh install.sh TARGET [PYTHON]
# An installation that is there already is kept as TARGET.before until the new one answers; the state folder is never
# touched here.
set -eu
target=${1:?"say where to: sh install.sh TARGET [PYTHON]"}
python=${2:-python3.11}
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)

say() { printf '%s\n' "$*"; }
fail() { say "$*" >&2; exit 1; }

command -v "$python" >/dev/null 2>&1 || fail "there is no $python; name one: sh install.sh TARGET /path/to/python3.11"
"$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || fail "$python is not Python 3.11"

say "checking every file against MANIFEST.sha256 ..."
(cd "$here" && sha256sum --check --strict --quiet MANIFEST.sha256) || fail "a file is not what was packed: fetch the bundle again"
listed=$(wc -l <"$here/MANIFEST.sha256")
there=$(find "$here" -type f ! -name MANIFEST.sha256 | wc -l)
[ "$listed" -eq "$there" ] || fail "$there files lie here and $listed were packed: fetch the bundle again"

fresh="$target.new"
rm -rf "$fresh"
"$python" -m venv "$fresh"
say "installing, 1 to 3 minutes ..."
"$fresh/bin/python" -m pip --disable-pip-version-check install --quiet --no-index --no-deps --only-binary :all: \
    --find-links "$here/wheelhouse" --require-hashes --requirement "$here/requirements.hashed"
"$fresh/bin/python" -c 'import pharos' || fail "the new installation does not start; nothing was changed at $target"

[ ! -e "$target" ] || { rm -rf "$target.before"; mv "$target" "$target.before"; }
mv "$fresh" "$target"
# A virtual environment writes its own place into its scripts.
grep -rlI --null -- "$fresh" "$target/bin" | xargs -0 -r sed -i "s|$fresh|$target|g"
"$target/bin/pharos" contracts check || fail "the installation does not start at $target"
say "installed at $target; next: $target/bin/pharos doctor, and over an earlier state: $target/bin/pharos upgrade --check"
