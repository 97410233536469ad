#!/bin/sh
# Installs Pharos from this folder into TARGET without any registry. Needs Python 3.11 with venv, sha256sum and 3 GB.
#   sh install.sh TARGET [PYTHON]
# TARGET does not exist, or is empty, or is an installation that this script made. The one before is kept as
# TARGET.before. Whatever else lies there is not ours: it is named, and nothing is changed. Each installation has a list
# of its own files (.pharos-installation), and only what is listed is ever moved or deleted; the state folder never is.
#
# MANIFEST.sha256 finds what was damaged or added on the way. Who can rewrite this folder can rewrite that list and this
# script too: compare `sha256sum MANIFEST.sha256` with what `make bundle` printed where it was made, before you run it.
set -eu
LC_ALL=C
export LC_ALL
asked=${1:?"say where to: sh install.sh TARGET [PYTHON]"}
python=${2:-python3.11}
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd -P)
list=.pharos-installation half=.pharos-half-made

say() { printf '%s\n' "$*"; }
fail() { say "$*" >&2; exit 1; }

command -v "$python" >/dev/null 2>&1 || fail "there is no $python; name one: sh install.sh TARGET /path/to/python3.11"
"$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || fail "$python is not Python 3.11"
python=$(command -v "$python")
case $python in /*) ;; *) python=$PWD/$python ;; esac

# One name for one folder: no slash at the end, no dots, from the root on.
while case $asked in */) [ -n "${asked%/}" ] ;; *) false ;; esac; do asked=${asked%/}; done
case ${asked##*/} in '' | . | ..) fail "$asked is no name for an installation: say which folder, such as /opt/pharos" ;; esac
above=$(dirname -- "$asked")
mkdir -p -- "$above" || fail "$above cannot be made: name a folder that you may write to"
above=$(CDPATH= cd -- "$above" && pwd -P)
target=${above%/}/${asked##*/}
[ ! -L "$target" ] || fail "$target is a link: name the folder that it leads to"

# Every file under a folder; what Python compiles beside its sources comes and goes.
files() { (cd -- "$1" && find . ! -type d ! -name '*.pyc' ! -path "./$list" ! -path "./$half" | sort); }
# The first file of a folder that no installer of ours put there; a folder without its list is a stranger's.
strange() {
    if [ -d "$1" ] && [ ! -L "$1" ] && [ -f "$1/$half" ] && [ "$1" = "$target.new" ]; then
        return 0
    elif [ -d "$1" ] && [ ! -L "$1" ] && [ -f "$1/$list" ]; then
        files "$1" | comm -23 - "$1/$list" | head -n 1
    elif [ ! -d "$1" ] || [ -L "$1" ] || [ -n "$(ls -A -- "$1")" ]; then
        say .
    fi
}
ours() {
    [ -e "$1" ] || [ -L "$1" ] || return 0
    found=$(strange "$1")
    [ "$found" != . ] || fail "$1 is there, and is no installation that this script made (older bundles kept no list): nothing was changed; move it away, or name another folder"
    [ -z "$found" ] || fail "$1/${found#./} is nothing that this script installed: nothing was changed; move it elsewhere, then again"
}
all_ours() { ours "$target"; ours "$target.before"; ours "$target.new"; }
all_ours

say "checking every file against MANIFEST.sha256 ..."
(cd -- "$here" && sha256sum --check --strict --quiet MANIFEST.sha256) || fail "a file is not what was packed: fetch the bundle again"
listed=$(wc -l <"$here/MANIFEST.sha256")
there=$(cd -- "$here" && find . ! -type d ! -path ./MANIFEST.sha256 | wc -l)
[ "$listed" -eq "$there" ] || fail "$there files lie here and $listed were packed: fetch the bundle again"
links=$(cd -- "$here" && find . ! -type d ! -type f | head -n 1)
[ -z "$links" ] || fail "$links is a link, and nothing was packed as one: fetch the bundle again"

fresh=$target.new
undo() { code=$?; trap - EXIT; [ "$code" -eq 0 ] || rm -rf -- "$fresh"; exit "$code"; }
rm -rf -- "$fresh"
trap undo EXIT
trap 'exit 130' HUP INT TERM
mkdir -- "$fresh"
: >"$fresh/$half"
"$python" -I -m venv "$fresh"
say "installing, 1 to 3 minutes ..."
"$fresh/bin/python" -I -m pip --disable-pip-version-check install --quiet --no-index --no-deps --only-binary :all: \
    --find-links "$here/wheelhouse" --require-hashes --requirement "$here/requirements.hashed" ||
    fail "the wheels could not be installed; nothing was changed at $target"
"$fresh/bin/python" -I -c 'import pharos' || fail "the new installation does not start; nothing was changed at $target"
for bento in "$here"/bento/*.bento; do
    [ ! -f "$bento" ] || "$fresh/bin/python" -I -c 'import shutil, sys
shutil.unpack_archive(sys.argv[1], sys.argv[2], "xztar")' "$bento" "$fresh/bento" || fail "$bento cannot be unpacked; nothing was changed at $target"
done
# A virtual environment writes its own place into its scripts.
"$python" -I - "$fresh" "$target" <<'PLACE'
import pathlib, sys
fresh, target = (one.encode() for one in sys.argv[1:])
for path in [pathlib.Path(sys.argv[1], "pyvenv.cfg"), *pathlib.Path(sys.argv[1], "bin").iterdir()]:
    if path.is_file() and not path.is_symlink() and fresh in (text := path.read_bytes()):
        path.write_bytes(text.replace(fresh, target))
PLACE
files "$fresh" >"$fresh/$list"
rm -- "$fresh/$half"

all_ours
[ ! -e "$target.before" ] || rm -rf -- "$target.before"
if [ -f "$target/$list" ]; then
    mv -- "$target" "$target.before"
elif [ -d "$target" ]; then
    rmdir -- "$target"
fi
mv -- "$fresh" "$target"
if ! "$target/bin/pharos" contracts check; then
    mv -- "$target" "$fresh"
    [ ! -d "$target.before" ] || mv -- "$target.before" "$target"
    fail "the installation does not start at $target; what was there before is there again"
fi
say "installed at $target; next: $target/bin/pharos doctor, and over an earlier state: $target/bin/pharos upgrade --check"
