"""What a closed network gets: floors under every pin, a bill of materials, hashes, an installer that checks them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.version import Version

from data_contracts.errors import ContractViolation, NotReady
from serving.deploy import bento
from serving.deploy import bundle as bundling
from serving.deploy.components import Component, bill_of_materials, installed, licence_list, pins, sha256
from serving.deploy.floors import Floor, below, floors

ROOT = Path(__file__).resolve().parents[2]
INSTALLER = ROOT / "serving" / "deploy" / "install.sh"


@pytest.fixture(scope="module")
def lock() -> dict[str, str]:
    return pins(ROOT / "requirements.lock")


def test_no_pin_is_under_the_floor_of_a_known_advisory(lock: dict[str, str]) -> None:
    assert below(lock, floors()) == []


def test_every_floor_bites(lock: dict[str, str]) -> None:
    wanted = floors()
    assert len(wanted) >= 20
    for floor in wanted:
        lower = f"{int(str(Version(floor.version).major)) - 1 if Version(floor.version).major else 0}.0.1"
        (told,) = below({floor.package: lower}, [floor])
        assert floor.advisory in told
        assert floor.package in lock, f"{floor.package} is not in the lock; take its floor away"


def test_a_floor_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    file = tmp_path / "advisories.toml"
    for text in ('[[floor]]\npackage = "x"\n', '[[floor]]\npackage="x"\nversion="new"\nadvisory="a"\nabout="b"\n'):
        file.write_text(text)
        with pytest.raises(ContractViolation, match="floor 1"):
            floors(file)


def test_a_line_of_a_lock_that_pins_nothing_is_said(tmp_path: Path) -> None:
    file = tmp_path / "requirements.lock"
    file.write_text("# words\n\nTyping_Extensions==4.1\nrich>=15\n")
    with pytest.raises(NotReady, match="'rich>=15' is not NAME==VERSION"):
        pins(file)
    file.write_text("Typing_Extensions==4.1\n")
    assert pins(file) == {"typing-extensions": "4.1"}


def test_the_bill_of_materials_names_every_pin_with_its_licence(lock: dict[str, str]) -> None:
    components = installed(lock)
    told = json.loads(bill_of_materials(components, "1.0"))
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    assert {one["name"] for one in told["components"]} == set(lock)
    assert [one.name for one in components if one.licence == "not stated by its authors"] == []
    assert len({one["bom-ref"] for one in told["components"]}) == len(lock)
    assert bill_of_materials(components, "1.0") == bill_of_materials(installed(lock), "1.0")
    table = licence_list(components)
    assert table.count("\n") == len(lock) + 2
    strong = [one.name for one in components if "GPL" in one.licence and "LGPL" not in one.licence]
    assert strong == [], "a licence that would bind what we ship"


def test_a_pin_that_is_not_installed_is_said() -> None:
    with pytest.raises(NotReady, match="no-such-thing is in the lock"):
        installed(["no-such-thing"])


def test_hashes_and_manifest_name_every_file(tmp_path: Path) -> None:
    house = tmp_path / "wheelhouse"
    house.mkdir()
    (house / "some_thing-1.0-py3-none-any.whl").write_bytes(b"one")
    own = house / "pharos-0.1.0-py3-none-any.whl"
    own.write_bytes(b"two")
    found = bundling.wheels_of(house)
    assert set(found) == {"some-thing", "pharos"}
    text = bundling.hashed({"some-thing": "1.0"}, found, own)
    assert f"some-thing==1.0 --hash=sha256:{sha256(found['some-thing'])}" in text
    assert f"pharos=={bento.version_of_us()} --hash" in text
    lines = bundling.manifest(tmp_path).splitlines()
    assert len(lines) == 2
    assert lines[0].endswith("  wheelhouse/pharos-0.1.0-py3-none-any.whl")
    told = json.loads(bill_of_materials([Component("x", "1", "MIT", "x.whl", "ab")], "1"))
    assert told["components"][0]["hashes"] == [{"alg": "SHA-256", "content": "ab"}]


def test_a_bundle_with_a_known_advisory_or_over_another_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotReady, match="there already"):
        bundling.bundle(tmp_path)
    monkeypatch.setattr(bundling, "floors", lambda: [Floor("rich", "99", "CVE-1", "words")])
    with pytest.raises(NotReady, match=r"rich \S+ is under 99: CVE-1"):
        bundling.bundle(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_the_papers_of_a_bundle_name_every_component_and_tell_of_the_upgrade(tmp_path: Path) -> None:
    bundling._papers(tmp_path, [Component("x", "1", "MIT", "x.whl", "ab")])
    told = json.loads((tmp_path / "sbom.cdx.json").read_text("utf-8"))
    assert [(one["name"], one["hashes"]) for one in told["components"]] == [
        ("x", [{"alg": "SHA-256", "content": "ab"}])
    ]  # fmt: skip
    assert "| x | 1 | MIT |" in (tmp_path / "LICENCES.md").read_text("utf-8")
    assert (tmp_path / "contracts" / "policy" / "retention.toml").is_file()
    assert "pharos upgrade --check" in (tmp_path / "install.sh").read_text("utf-8").splitlines()[-1]


def install(folder: Path, target: Path | str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(folder / "install.sh"), str(target), python], capture_output=True, text=True, check=False
    )


COPYING = """#!/bin/sh
case "$*" in
"-I -m venv "*)
    cp -a -- "{model}/." "$4"
    grep -rlI -- "{model}" "$4/bin" "$4/pyvenv.cfg" | while read -r file; do sed -i "s|{model}|$4|g" "$file"; done ;;
*) exec "{python}" "$@" ;;
esac
"""


@pytest.fixture(scope="module")
def copying(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Python whose virtual environments are copies of one that the real one made, which takes five seconds."""
    folder = tmp_path_factory.mktemp("copying")
    model, python = folder / "a model", folder / "python"  # its space makes scripts that stand any place
    subprocess.run([sys.executable, "-I", "-m", "venv", str(model)], check=True)
    python.write_text(COPYING.format(model=model, python=sys.executable))
    python.chmod(0o755)
    return str(python)


PROGRAM = """import sys


def main():
    print("pharos {version}", *sys.argv[1:])
    sys.exit({code})
"""


def small_wheel(house: Path, version: str = "1", code: int = 0) -> Path:
    """A wheel called ours whose program says its version and ends with a code."""
    about, path = f"pharos-{version}.dist-info", house / f"pharos-{version}-py3-none-any.whl"
    files = {
        "pharos.py": PROGRAM.format(version=version, code=code),
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: pharos\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{about}/entry_points.txt": "[console_scripts]\npharos = pharos:main\n",
    }
    files[f"{about}/RECORD"] = "".join(f"{name},,\n" for name in (*files, f"{about}/RECORD"))
    with zipfile.ZipFile(path, "w") as packed:
        for name, text in files.items():
            packed.writestr(name, text)
    return path


def pack(folder: Path, version: str = "1", code: int = 0) -> Path:
    """A bundle of a program that says its version and ends with a code, whole as far as its manifest goes."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "wheelhouse").mkdir(parents=True)
    own = small_wheel(folder / "wheelhouse", version, code)
    (folder / "requirements.hashed").write_text(f"pharos=={version} --hash=sha256:{sha256(own)}\n")
    inside = folder / "made" / "src"
    inside.mkdir(parents=True)
    (inside.parent / "bento.yaml").write_text(f"version: '{version}'\n")
    (folder / "bento").mkdir()
    shutil.make_archive(str(folder / "bento" / "some"), "xztar", inside.parent)
    (folder / "bento" / "some.tar.xz").rename(folder / "bento" / f"pharos-service-{version}.bento")
    shutil.rmtree(inside.parent)
    shutil.copy2(INSTALLER, folder / "install.sh")
    (folder / bundling.MANIFEST).write_text(bundling.manifest(folder))
    return folder


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    """A bundle."""
    return pack(tmp_path / "bundle")


def says(target: Path) -> str:
    return subprocess.run([str(target / "bin" / "pharos"), "x"], capture_output=True, text=True, check=False).stdout


def beside(target: Path) -> set[str]:
    """What lies in the folder of an installation, the bundle apart."""
    return {path.name for path in target.parent.iterdir()} - {"bundle"}


def test_the_installer_refuses_a_changed_a_missing_and_an_added_file(packed: Path, tmp_path: Path) -> None:
    target, whole = tmp_path / "target", (packed / "requirements.hashed").read_text()
    (packed / "requirements.hashed").write_text("evil==1\n")
    assert "not what was packed" in install(packed, target).stderr
    (packed / "requirements.hashed").unlink()
    assert "not what was packed" in install(packed, target).stderr
    (packed / "requirements.hashed").write_text(whole)
    for added in ("evil-1-py3-none-any.whl", bundling.MANIFEST):
        (packed / "wheelhouse" / added).write_bytes(b"")
        assert "files lie here" in install(packed, target).stderr
        (packed / "wheelhouse" / added).unlink()
    (packed / "wheelhouse" / "evil-1-py3-none-any.whl").symlink_to("/tmp/elsewhere")
    assert "files lie here" in install(packed, target).stderr
    (packed / "wheelhouse" / "evil-1-py3-none-any.whl").unlink()
    (packed / "requirements.hashed").unlink()
    (tmp_path / "same").write_text(whole)
    (packed / "requirements.hashed").symlink_to(tmp_path / "same")
    assert "./requirements.hashed is a link" in install(packed, target).stderr
    assert beside(target) == {"same"}


@pytest.mark.parametrize("written", ["a place/t2//", "./a place/t2", "a place"])
def test_a_place_is_one_place_however_it_is_written(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, copying: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a place").mkdir()
    target, before = tmp_path / written, beside(tmp_path / written)
    for version, python, kept in (("1", sys.executable, set()), ("2", copying, {f"{target.name}.before"})):
        done = install(pack(packed, version), written, python)
        assert done.returncode == 0, done.stderr
        assert f"installed at {target};" in done.stdout
        assert says(target) == f"pharos {version} x\n"
        assert beside(target) == before | {target.name} | kept
    assert (target / "bento" / "bento.yaml").read_text() == "version: '2'\n"
    assert ".new" not in (target / "bin" / "pharos").read_text() + (target / "pyvenv.cfg").read_text()


@pytest.mark.parametrize("written", [".", "..", "x/..", "x/./"])
def test_what_names_no_installation_is_refused(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.chdir(tmp_path)
    refused = install(packed, written)
    assert (refused.returncode, "is no name for an installation" in refused.stderr) == (1, True)
    assert beside(tmp_path / "x") == set()


def test_a_folder_of_somebody_else_is_left_alone(packed: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    for name in ("target", "target.before", "target.new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "kept").write_text("as it was")
        refused = install(packed, target)
        assert refused.returncode == 1
        assert f"{tmp_path / name} is there, and is no installation that this script made" in refused.stderr
        assert "nothing was changed" in refused.stderr
        assert beside(target) == {name}
        assert (tmp_path / name / "kept").read_text() == "as it was"
        shutil.rmtree(tmp_path / name)
    target.symlink_to(tmp_path / "elsewhere")
    assert f"{target} is a link" in install(packed, target).stderr
    target.unlink()
    target.write_text("a file")
    assert "is no installation" in install(packed, target).stderr


def test_what_lies_in_an_installation_and_is_not_ours_is_never_lost(packed: Path, tmp_path: Path, copying: str) -> None:
    target = tmp_path / "target"
    assert install(packed, target, copying).returncode == 0
    (target / ".pharos").mkdir()
    (target / ".pharos" / "state.db").write_text("months of work")
    refused = install(packed, target, copying)
    assert f"{target}/.pharos/state.db is nothing that this script installed" in refused.stderr
    (target / ".pharos").rename(tmp_path / "state")
    assert install(packed, target, copying).returncode == 0
    (tmp_path / "state").rename(tmp_path / "target.before" / "lib" / "state")
    refused = install(packed, target, copying)
    assert "target.before/lib/state/state.db is nothing that this script installed" in refused.stderr
    assert (tmp_path / "target.before" / "lib" / "state" / "state.db").read_text() == "months of work"
    assert beside(target) == {"target", "target.before"}


def test_an_installation_that_fails_leaves_what_was_there_and_nothing_else(
    packed: Path, tmp_path: Path, copying: str
) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (tmp_path / "target.new").mkdir()
    (tmp_path / "target.new" / ".pharos-half-made").write_text("")  # of an installer that was killed
    (tmp_path / "target.new" / "half").write_text("")
    assert install(packed, target, copying).returncode == 0, (
        "an empty folder, and what a killed installer left, are no obstacle"
    )
    refused = install(pack(packed, "2", code=1), target, copying)
    assert refused.returncode == 1
    assert "what was there before is there again" in refused.stderr
    assert (says(target), beside(target)) == ("pharos 1 x\n", {"target"})
    (packed / "requirements.hashed").write_text("no-such-thing==1 --hash=sha256:" + "0" * 64 + "\n")
    (packed / bundling.MANIFEST).write_text(bundling.manifest(packed))
    refused = install(packed, target, copying)
    assert refused.returncode == 1
    assert "nothing was changed" in refused.stderr
    assert (says(target), beside(target)) == ("pharos 1 x\n", {"target"})


def test_the_installer_says_what_it_needs(packed: Path) -> None:
    script = str(packed / "install.sh")
    nowhere = subprocess.run(["sh", script], capture_output=True, text=True, check=False)
    assert "say where to" in nowhere.stderr
    none = subprocess.run(["sh", script, "/tmp/x", "no-such-python"], capture_output=True, text=True, check=False)
    assert "there is no no-such-python" in none.stderr


LONG = pytest.mark.skipif(
    not (os.environ.get("CI") or os.environ.get("PHAROS_LONG")),
    reason="packs and installs everything, 5 minutes; runs in CI, and where PHAROS_LONG=1",
)


@LONG
@pytest.mark.slow
@pytest.mark.server
def test_the_bundle_installs_and_runs_where_no_route_leads_out(tmp_path: Path) -> None:
    alone = ["unshare", "--net", "--map-root-user"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody make a network namespace, so no network can be taken away")
    out, target = tmp_path / "bundle", tmp_path / "pharos"
    made = bundling.bundle(out)
    wanted = pins(ROOT / "requirements.lock")
    assert made.components == len(wanted)
    told = json.loads((out / "sbom.cdx.json").read_text("utf-8"))["components"]
    assert {one["name"] for one in told} == set(wanted)
    assert all(one["hashes"] for one in told)
    assert f"{sha256(out / 'bento' / f'pharos-service-{bento.version_of_us()}.bento')}  bento/" in (
        out / bundling.MANIFEST
    ).read_text("utf-8")
    assert made.manifest_sha256 == sha256(out / bundling.MANIFEST)
    assert (out / "LICENCES.md").read_text("utf-8").count("\n") == len(wanted) + 2
    script = f"""
set -eu
ip link set lo up
! ip route get 192.0.2.1 2>/dev/null
sh {out}/install.sh {target} {Path(sys.base_prefix) / "bin" / "python3.11"}
cd {tmp_path}
export PHAROS_STATE={tmp_path}/state PHAROS_TODAY=2026-01-01
{target}/bin/pharos simulate --officers 60 --years 2 --seed 7 --out export
{target}/bin/pharos ingest --source simulator export
{target}/bin/pharos serve --port 3991 >served.log 2>&1 &
for second in $(seq 60); do
    {target}/bin/python -c "import httpx; print(httpx.get('http://127.0.0.1:3991/livez').text)" 2>/dev/null && break
    sleep 1
done
kill $!
wait $! || true
BENTOML_HOME={tmp_path}/store BENTOML_DO_NOT_TRACK=True PHAROS_SANDBOX=1 PHAROS_PORT=3992 \\
    {target}/bin/bentoml serve {target}/bento >bento.log 2>&1 &
for second in $(seq 60); do
    {target}/bin/python -c "import httpx
print('bento', httpx.post('http://127.0.0.1:3992/v1/risk', json={{'officer_ids': ['nobody']}}).status_code)" \\
        2>/dev/null && break
    sleep 1
done
kill $!
"""
    quick = {**os.environ, "PIP_NO_COMPILE": "0"}  # to pip 0 says so and 1 does not: used modules alone are compiled
    done = subprocess.run([*alone, "sh", "-c", script], env=quick, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert '{"status":"live"}' in done.stdout
    assert "bento 200" in done.stdout, (tmp_path / "bento.log").read_text()[-2000:]
