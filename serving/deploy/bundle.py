"""One folder that installs Pharos where there is no registry: wheels with their hashes, contracts, the Bento, and an
installer that needs nothing but Python 3.11.

    python -m serving.deploy.bundle --out dist/bundle      (or `make bundle`)

Everything in it stands in MANIFEST.sha256, which the installer checks first with the system's own sha256sum. That finds
what a journey damaged or what somebody added; who can write the bundle can write its manifest and its installer too, so
that the manifest's own hash, which is printed at the end, has to arrive by another way and be compared there.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from data_contracts.errors import NotReady, PharosError
from serving.deploy import bento
from serving.deploy.bento import copy_of, tracked, version_of_us
from serving.deploy.components import Component, bill_of_materials, installed, licence_list, normal, pins, sha256
from serving.deploy.floors import below, floors

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
LOCK, MANIFEST, HASHED = "requirements.lock", "MANIFEST.sha256", "requirements.hashed"
KEPT = ("data_contracts/tables", "data_contracts/policy", "data_contracts/documents")
PAPERS = ("README.md", "README.zh-CN.md", "LICENSE")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Bundled:
    """What was packed."""

    folder: Path
    components: int
    files: int
    mebibytes: float
    manifest_sha256: str


def bundle(out: Path, say: Say = lambda _: None, wheels: Path | None = None) -> Bundled:
    """Pack everything into `out`, which must not exist yet; `wheels` are taken from a folder instead of a registry.

    Raises NotReady for a lock with a known advisory, a missing wheel, or a folder that is there already.
    """
    if out.exists():
        raise NotReady(f"{out} is there already; name another folder, or take it away")
    wanted = pins(ROOT / LOCK)
    refused = below(wanted, floors())
    if refused:
        raise NotReady(f"{len(refused)} pins have known advisories: {'; '.join(refused)}")
    draft = out.with_name(f".{out.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    house = draft / "wheelhouse"
    house.mkdir(parents=True)
    say(f"{len(wanted)} wheels")
    if wheels is None:
        _pip("wheel", "--no-deps", "--requirement", str(ROOT / LOCK), "--wheel-dir", str(house))
    else:
        for file in sorted(wheels.glob("*.whl")):
            shutil.copy2(file, house / file.name)
    say("our own wheel")
    own = _own_wheel(house)
    found = wheels_of(house)
    missing = sorted(set(wanted) - set(found))
    if missing:
        raise NotReady(f"there is no wheel of {', '.join(missing)}; build the bundle where a registry can be reached")
    say("papers")
    components = installed(wanted, found)
    (draft / HASHED).write_text(hashed(wanted, found, own), "utf-8")
    say("the Bento")
    bento.build(draft / "bento")
    _papers(draft, components)
    (draft / MANIFEST).write_text(manifest(draft), "utf-8")
    draft.rename(out)
    files = [path for path in out.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 2**20
    return Bundled(out, len(components), len(files), size, sha256(out / MANIFEST))


def wheels_of(house: Path) -> dict[str, Path]:
    """The wheel of each distribution, by normal name."""
    return {normal(path.name.split("-", 1)[0]): path for path in sorted(house.glob("*.whl"))}


def hashed(wanted: Mapping[str, str], found: Mapping[str, Path], own: Path) -> str:
    """Requirements with the hash of the one file that may satisfy each."""
    lines = [f"{name}=={version} --hash=sha256:{sha256(found[name])}" for name, version in sorted(wanted.items())]
    return "\n".join([*lines, f"pharos=={version_of_us()} --hash=sha256:{sha256(own)}"]) + "\n"


def manifest(folder: Path) -> str:
    """A line of `sha256sum` for every file under a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST)
    return "".join(f"{sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in files)


def _own_wheel(house: Path) -> Path:
    """Our wheel, built from a copy: a build leaves folders behind that have no place in a checkout."""
    with tempfile.TemporaryDirectory() as scratch:
        source = copy_of(tracked(), Path(scratch) / "pharos")
        _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(house), str(source))
    return wheels_of(house)["pharos"]


def _papers(draft: Path, components: list[Component]) -> None:
    (draft / "sbom.cdx.json").write_text(bill_of_materials(components, version_of_us()), "utf-8")
    (draft / "LICENCES.md").write_text(licence_list(components), "utf-8")
    for name in PAPERS:
        shutil.copy2(ROOT / name, draft / name)
    for name in KEPT:
        shutil.copytree(ROOT / name, draft / "contracts" / Path(name).name)
    shutil.copy2(HERE / "install.sh", draft / "install.sh")


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments[:1], "--quiet", *arguments[1:]]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise NotReady(
            f"pip {arguments[0]} failed: {done.stderr.strip().splitlines()[-1] if done.stderr else 'no word'}"
        )


def main(
    out: Annotated[Path, typer.Option(help="The folder to make.")] = Path("dist/bundle"),
    wheels: Annotated[Path | None, typer.Option(help="Take wheels from here, not from a registry.")] = None,
) -> None:
    """Pack the bundle."""
    console = Console()
    try:
        made = bundle(out, lambda words: console.print(words, highlight=False), wheels)
    except PharosError as error:
        raise SystemExit(str(error)) from error
    console.print(
        f"{made.folder}: {made.components} components, {made.files} files, {made.mebibytes:,.0f} MiB; "
        f"take it there and run `sh install.sh TARGET`", highlight=False,
    )  # fmt: skip
    console.print(
        f"{MANIFEST} has the hash {made.manifest_sha256}: send it another way, and compare it there with "
        f"`sha256sum {MANIFEST}` before anything of the bundle is run", highlight=False, soft_wrap=True,
    )  # fmt: skip


if __name__ == "__main__":
    typer.run(main)
