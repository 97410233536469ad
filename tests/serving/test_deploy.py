"""What a closed network gets: floors under every pin, a bill of materials, hashes, an installer that checks them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.version import Version

from data_contracts.errors import ContractViolation, NotReady
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
    assert f"pharos=={bundling.version_of_us()} --hash" in text
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


def install(folder: Path, target: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(folder / "install.sh"), str(target), sys.executable], capture_output=True, text=True, check=False
    )


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    """A bundle of nothing, whole as far as its manifest goes."""
    folder = tmp_path / "bundle"
    (folder / "wheelhouse").mkdir(parents=True)
    (folder / "requirements.hashed").write_text("")
    shutil.copy2(INSTALLER, folder / "install.sh")
    (folder / bundling.MANIFEST).write_text(bundling.manifest(folder))
    return folder


def test_the_installer_refuses_a_changed_a_missing_and_an_added_file(packed: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    (packed / "requirements.hashed").write_text("evil==1\n")
    assert "not what was packed" in install(packed, target).stderr
    (packed / "requirements.hashed").unlink()
    assert "not what was packed" in install(packed, target).stderr
    (packed / "requirements.hashed").write_text("")
    (packed / "wheelhouse" / "evil-1-py3-none-any.whl").write_bytes(b"")
    assert "files lie here" in install(packed, target).stderr
    assert not target.exists()


def test_an_installation_that_does_not_start_changes_nothing(packed: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (target / "kept").write_text("as it was")
    refused = install(packed, target)
    assert refused.returncode == 1
    assert "nothing was changed" in refused.stderr
    assert [path.name for path in target.iterdir()] == ["kept"]


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
"""
    done = subprocess.run([*alone, "sh", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert '{"status":"live"}' in done.stdout
    again = subprocess.run(
        ["sh", str(out / "install.sh"), str(target), str(Path(sys.base_prefix) / "bin" / "python3.11")],
        capture_output=True, text=True,
    )  # fmt: skip
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "pharos.before" / "bin" / "pharos").exists(), "the installation before is kept"
