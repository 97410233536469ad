"""The service as a Bento: the code that answers, the packages it is pinned to, and nothing of a state.

    python -m serving.deploy.bento --out dist      (or `make bento`; `make bundle` packs it too)

`bentoml import FILE`, then `bentoml serve pharos-service:VERSION`; or unpack it (it is a tar.xz) and `bentoml serve
FOLDER`, as the installer of a bundle has it. It answers from `PHAROS_STATE` and listens where `PHAROS_HOST` and
`PHAROS_PORT` say, as `pharos serve` does. Packages come from the lock, one by one (`--no-deps` or the wheelhouse of a
bundle): resolved anew, torch may bring CUDA along.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from data_contracts.errors import NotReady, PharosError
from data_contracts.settings import QUIET_VARIABLES

ROOT = Path(__file__).resolve().parents[2]
LOCK = "requirements.lock"
NAME = "pharos-service"  # not `pharos`, which BentoML would take for our module that is installed beside it
PACKAGES = ("data_contracts", "features", "models", "serving")  # what answers; training and experiments do not
BESIDE = ("LICENSE", "README.md", LOCK)
BENTOFILE = f"""\
service: serving.service:PharosService
name: {NAME}
labels: {{project: pharos}}
include: ["*"]
python: {{requirements_txt: {LOCK}, lock_packages: false}}
envs: [{{name: BENTOML_DO_NOT_TRACK, value: "True"}}]
"""


def version_of_us() -> str:
    """Our version, as the project says it."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"])


def tracked(*places: str) -> list[str]:
    """The files that git knows, under some places or all; what merely lies in a checkout is never packed.

    Raises NotReady outside of a checkout.
    """
    asked = ["git", "ls-files", "-z", "--", *places]
    told = subprocess.run(asked, cwd=ROOT, check=False, capture_output=True)
    names = [name for name in told.stdout.decode().split("\0") if name]
    if told.returncode or not names:
        raise NotReady(f"{ROOT} is no checkout of git that can be packed; clone the project, then again")
    return names


def copy_of(names: Iterable[str], folder: Path) -> Path:
    """Files of the checkout, under another folder; that folder."""
    for name in names:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    return folder


def build(out: Path) -> Path:
    """Build the Bento and write it as a file into `out`; raises NotReady with BentoML's last word where it fails."""
    out.mkdir(parents=True, exist_ok=True)
    tag = f"{NAME}:{version_of_us()}"
    file = out.resolve() / f"{NAME}-{version_of_us()}.bento"
    with tempfile.TemporaryDirectory(prefix="pharos-") as scratch:
        source, home = copy_of(tracked(*PACKAGES, *BESIDE), Path(scratch) / "source"), Path(scratch) / "home"
        (source / "bentofile.yaml").write_text(BENTOFILE, "utf-8")
        _bentoml(home, source, "build", "--version", version_of_us())
        file.unlink(missing_ok=True)
        _bentoml(home, source, "export", tag, str(file))
    return file


def _bentoml(home: Path, folder: Path, *words: str) -> None:
    """Run BentoML with a store of its own; settings of this process stay out of what is built."""
    around = {name: value for name, value in os.environ.items() if not name.startswith(("PHAROS_", "BENTOML_"))}
    around |= {**QUIET_VARIABLES, "BENTOML_HOME": str(home), "PHAROS_STATE": str(home / "state")}
    command = [sys.executable, "-m", "bentoml", *words]
    done = subprocess.run(command, cwd=folder, env=around, check=False, capture_output=True, text=True)
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip() or "no word").splitlines()
        raise NotReady(f"bentoml {words[0]} failed: {lines[-1]}")


def main(out: Annotated[Path, typer.Option(help="The folder for the file.")] = Path("dist")) -> None:
    """Build the Bento."""
    try:
        file = build(out)
    except PharosError as error:
        raise SystemExit(str(error)) from error
    typer.echo(
        f"{file}: {file.stat().st_size / 2**20:,.1f} MiB; `bentoml import` it, or unpack it and serve the folder"
    )


if __name__ == "__main__":
    typer.run(main)
