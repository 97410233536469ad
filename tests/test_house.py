"""The house is as drawn: imports go one way, code folders hold code, and a planted fault is seen."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("data_contracts", "features", "models", "training", "serving", "experiments")
BACK_EDGES = (
    ("data_contracts/asof.py", "import features.history"),
    ("models/base.py", "import features.history"),
    ("features/history.py", "import models.base"),
    ("serving/night/batch.py", "import training.risk.outcomes"),
    ("training/risk/outcomes.py", "import experiments.doctor"),
    ("models/risk/grades.py", "import feast"),
    ("training/splits.py", "import bentoml"),
    ("data_contracts/policy.py", "import sklearn"),
    ("training/risk/outcomes.py", "import models.concerns.text_model"),
    ("serving/night/batch.py", "import pharos"),
)


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the house that stands in `folder`."""
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([program, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The house without its tests, in a folder where we may break it."""
    folder = tmp_path_factory.mktemp("house")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "documents"))
    for name in ("pharos.py", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def test_imports_go_one_way(copy: Path) -> None:
    result = lint(copy)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(("file", "line"), BACK_EDGES, ids=[f"{file}: {line}" for file, line in BACK_EDGES])
def test_a_planted_back_edge_is_seen(copy: Path, file: str, line: str) -> None:
    place = copy / file
    honest = place.read_text(encoding="utf-8")
    place.write_text(f"{honest}\n{line}\n", encoding="utf-8")
    try:
        result = lint(copy)
    finally:
        place.write_text(honest, encoding="utf-8")
    assert result.returncode == 1, result.stdout
    assert "BROKEN" in result.stdout


def test_the_feature_repo_holds_two_files() -> None:
    """`feast apply` imports every Python file it finds there, a second time."""
    held = {path.name for path in (ROOT / "features/feature_repo").iterdir() if path.name != "__pycache__"}
    assert held == {"feature_store.yaml", "definitions.py"}


def test_no_two_decisions_have_one_number() -> None:
    numbers = [path.name[:4] for path in sorted((ROOT / "experiments/decisions").glob("*.md"))]
    assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)]
    for path in (ROOT / "experiments/decisions").glob("*.md"):
        assert path.read_text(encoding="utf-8").startswith(f"# {path.name[:4]} "), path.name


def test_no_file_is_named_for_nothing() -> None:
    vague = {"utils.py", "helpers.py", "common.py", "misc.py"}
    assert not [path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if path.name in vague]


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_every_command_in_the_readme_exists(readme: str) -> None:
    import pharos

    text = (ROOT / readme).read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (ROOT / link).exists(), link
    commands = {tuple(part.split()[1:3]) for part in text.replace("`", "\n").splitlines() if part.startswith("pharos ")}
    assert len(commands) >= 10
    for words in commands:
        known = [word for word in words if word.replace("-", "").isalpha() and not word.startswith("--")]
        groups = {"train", "tune", "backtest", "report", "contracts"}
        asked = known[:2] if known[:1] and known[0] in groups else known[:1]
        result = CliRunner().invoke(pharos.app, [*asked, "--help"])
        assert result.exit_code == 0, f"pharos {' '.join(asked)}: {result.output}"


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_every_command_in_the_readme_has_what_it_needs(readme: str) -> None:
    """A command as the README writes it names every option that the command requires; "…" leaves some out."""
    import pharos

    root = typer.main.get_command(pharos.app)
    written = re.findall(r"`pharos ([^-`][^`]*)`", (ROOT / readme).read_text(encoding="utf-8"))
    for words in (text.split() for text in written if "…" not in text):
        command: Any = root
        while hasattr(command, "commands") and words:
            command = command.commands[words.pop(0)]
        for option in (param for param in command.params if param.required and param.param_type_name == "option"):
            assert set(option.opts) & set(words), f"{readme}: pharos {command.name} needs {option.opts}"


def test_importing_writes_nothing(tmp_path: Path) -> None:
    """Every module of every package, in a folder of its own, where anything written would be seen."""
    code = """
import importlib, pkgutil, sys
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, name + "."):
        if "feature_repo" not in module.name:
            importlib.import_module(module.name)
"""
    subprocess.run([sys.executable, "-c", code, str(ROOT), *PACKAGES], cwd=tmp_path, check=True, timeout=300)
    assert list(tmp_path.iterdir()) == []
