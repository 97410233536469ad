"""Every command of every guide is executed, on the state of a demo; the few that cannot be are parsed, each for why."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.cells import cell_len
from typer.testing import CliRunner

import pharos
from data_contracts.documents import DOCUMENTS_DIR, GUIDES
from data_contracts.settings import Settings, settings
from experiments.reports.impact import assessment
from features.history import History
from serving.sandbox.desks import sandbox_desks
from tests.serving.live import served
from tests.walked_demo import WalkedDemo, standing_on
from training.gate.card_blocks import as_markdown
from training.gate.card_words import LANGUAGES
from training.gate.verdict import examine

ROOT = Path(__file__).resolve().parent.parent
FOLDER = DOCUMENTS_DIR / GUIDES
EXECUTED = ("planning-systems", "night", "data-scientists", "operating", "pages")
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SERVICE = "http://127.0.0.1:3017"
SCREEN = (110, 42)  # columns and lines of one on which a README is read; 84 lines were 1,814 pixels in a browser

ONLY_PARSED: Mapping[str, str] = {  # how a command begins -> why it is not executed here
    "pharos serve": "runs until it is stopped; the test serves the sandbox in its place, tests/serving serve the rest",
    "PHAROS_WORKERS=4 pharos serve": "runs until it is stopped; tests/serving/test_workers.py",
    "mlflow ui": "runs until it is stopped",
    "jupyter execute": "needs a study that was run; tests/experiments/test_notebooks.py runs it",
    "make": "downloads; the targets are those of the Makefile, CI runs them",
    "sha256sum MANIFEST": "needs a bundle; tests/serving/test_upgraded_bundle.py",
    "sha256sum --check": "needs a bundle; tests/serving/test_upgraded_bundle.py",
    "sh install.sh": "needs a bundle; tests/serving/test_upgraded_bundle.py",
    "systemctl": "needs systemd; tests/serving/test_night_examples.py reads the units",
    "nginx": "needs root's folders; tests/serving/test_nginx.py starts it on the file",
    "pg_dump": "needs PostgreSQL; tests/serving/test_moving.py",
    "pharos database move": "needs PostgreSQL; tests/serving/test_moving.py",
    "pharos upgrade --restore": "a state of today has no copy to go back to; tests/serving/test_upgrade_copies.py",
    "pharos audit accept": "needs a broken chain; tests/data_contracts/test_audit_breaks.py",
    "pharos gate waive": "needs an inconclusive check; the demo signs for its own, tests/training/test_gate.py",
    "pharos gate justify": "needs an unexplained check; the demo signs for its own, tests/training/test_gate.py",
    "pharos train risk": "minutes; the demo of these tests has done it",
    "pharos tune risk": "minutes; tests/training/test_tune_workers.py",
    "pharos experiment run": "minutes; tests/experiments/test_studies.py runs one from its file",
    "pharos compare": "needs a study that was run; tests/experiments/test_studies.py compares one",
    "pharos report risk": "needs a city's histories; tests/experiments/test_report_risk.py",
    "pharos backtest": "needs a city's histories or minutes; tests/experiments/test_backtest_*.py",
}
STATUSES: Mapping[str, set[int]] = {  # where another status than 0 is right
    "pharos score": {0, 10},
    "pharos promote": {0, 1},
    "pharos gate": {0, 1},  # 1: the small force of these tests leaves groups unclear
    "pharos rollback": {0, 1},  # 1: where the gate held the second version back, none answered before
    "pharos watch": {0, 3, 4},
    "pharos doctor": {0, 1},
}


def commands(page: str) -> list[str]:
    """Each line after a `$` of the console blocks."""
    found = BLOCK.findall((FOLDER / page).read_text(encoding="utf-8"))
    return [line.removeprefix("$ ") for block in found for line in block.splitlines() if line.startswith("$ ")]


def reason(command: str) -> str | None:
    """Why it is only parsed; None for one that is executed."""
    return next((why for begins, why in ONLY_PARSED.items() if command.startswith(begins)), None)


@dataclass
class Room:
    """Where the commands of one guide run: an empty working folder, a state, and an address in place of ours."""

    use: Settings
    address: str
    told: str = ""

    def filled(self, word: str) -> str:
        """A word with what stands in capitals filled in, as the reader of the page would."""
        wanted: Mapping[str, Callable[[], str]] = {
            "PHAROS_STATE": lambda: str(self.use.state),
            "OFFICER_ID": lambda: str(History(self.use.history_dir).frame("officers")["officer_id"].iloc[0]),
            "UNIT": lambda: str(History(self.use.history_dir).frame("units")["unit_id"].iloc[0]),
            "KEY_ID": lambda: re.findall(r"\b[0-9a-f]{12}\b", self.told)[-1],
            "PROOF_FILE": lambda: str(max(self.use.erasures_dir.glob("*.json"), key=lambda path: path.stat().st_mtime)),
        }
        return wanted[word]() if word in wanted else word.replace(SERVICE, self.address)

    def run(self, command: str) -> tuple[int, str]:
        """Execute it; status and what it said."""
        words = [self.filled(word) for word in shlex.split(command)]
        if words[0] == "umask":
            os.umask(int(words[1], 8))
            return 0, ""
        if words[0] in ("curl", "tar", "mkdir", "sha256sum"):
            done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
            return done.returncode, done.stdout + done.stderr
        with pytest.MonkeyPatch.context() as patch:
            while "=" in words[0]:
                name, value = words.pop(0).split("=")
                patch.setenv(name, value)
            settings.cache_clear()
            assert words[0] == "pharos", command
            result = CliRunner().invoke(pharos.app, words[1:], env={"COLUMNS": "200"})
        settings.cache_clear()
        self.told = result.output
        return result.exit_code, f"{result.output}\n{result.exception!r}"


@pytest.fixture
def room(walked_demo: WalkedDemo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    """A room on a copy of the demo's state, with a sandbox that answers and a delivery that waits."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    before = os.umask(0o022)
    os.umask(before)
    with standing_on(walked_demo, tmp_path) as use:
        (work / "delivered").mkdir()
        units = History(use.history_dir).frame("units")
        header = (DOCUMENTS_DIR / "templates" / "units.csv").read_text("utf-8-sig").strip().split(",")
        units.head(3)[header].to_csv(work / "delivered" / "units.csv", index=False)
        with served(sandbox_desks(), monkeypatch) as client:
            yield Room(use, str(client.base_url).rstrip("/"))
    os.umask(before)


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.parametrize("guide", EXECUTED)
def test_every_command_of_a_guide_is_executed(guide: str, room: Room) -> None:
    done = [command for command in commands(f"{guide}.md") if reason(command) is None]
    assert len(done) >= 5
    for command in done:
        status, said = room.run(command)
        right = next((ok for begins, ok in STATUSES.items() if command.startswith(begins)), {0})
        assert status in right, f"{guide}: {command}\nstatus {status}\n{said}"


@pytest.mark.parametrize("page", ["operating.md", "operating.zh-CN.md"])
def test_a_copy_of_the_state_is_for_its_owner_alone(page: str, tmp_path: Path) -> None:
    """It holds private keys and whatever is known of people; the usual umask would let everybody read it."""
    (block,) = [one for one in BLOCK.findall((FOLDER / page).read_text("utf-8")) if "$ tar --create" in one]
    lines = [line.removeprefix("$ ") for line in block.splitlines() if line.startswith(("$ umask", "$ tar"))]
    (tmp_path / "PHAROS_STATE").mkdir()
    subprocess.run(["/bin/sh", "-ec", "\n".join(["umask 022", *lines])], cwd=tmp_path, check=True, timeout=60)
    assert (tmp_path / "pharos-state.tar.gz").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("guide", EXECUTED)
def test_both_languages_give_the_same_commands(guide: str) -> None:
    assert commands(f"{guide}.md") == commands(f"{guide}.zh-CN.md")


@pytest.mark.parametrize(
    "command", [one for guide in EXECUTED for one in commands(f"{guide}.md") if reason(one) is not None]
)
def test_a_command_that_is_only_parsed_is_one_that_there_is(command: str) -> None:
    words = shlex.split(command)
    while "=" in words[0]:
        assert f"`{words.pop(0).partition('=')[0]}`" in (ROOT / "serving/deploy/SETTINGS.md").read_text("utf-8")
    if words[0] == "pharos":
        parsed(words[1:])
    elif words[0] == "make":
        assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    elif words[0] == "systemctl":
        units = [word for word in words if word.endswith(".timer")]
        assert units
        assert all((ROOT / "serving/night/examples" / unit).exists() for unit in units)


def parsed(words: list[str]) -> None:
    """Read the words as the command line does, without running anything; an option that there is not raises."""
    command: Any = typer.main.get_command(pharos.app)
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    command.make_context(command.name, words)


def test_an_option_that_there_is_not_is_seen() -> None:
    with pytest.raises(Exception, match="No such option"):
        parsed(["upgrade", "--restored", "MOMENT"])


def test_no_reason_stands_for_nothing() -> None:
    every = [one for guide in EXECUTED for one in commands(f"{guide}.md")]
    assert [begins for begins in ONLY_PARSED if not any(one.startswith(begins) for one in every)] == []
    assert sum(reason(one) is None for one in every) > sum(reason(one) is not None for one in every)


@pytest.mark.parametrize("page", sorted(path.name for path in FOLDER.iterdir()))
def test_a_guide_is_there_in_both_languages_and_its_links_lead_somewhere(page: str) -> None:
    stem = page.removesuffix(".md").removesuffix(".zh-CN")
    assert {f"{stem}.md", f"{stem}.zh-CN.md"} <= {path.name for path in FOLDER.iterdir()}
    for link in re.findall(r"\]\(([^)#]+)\)", (FOLDER / page).read_text("utf-8")):
        assert (FOLDER / link).exists(), link


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_a_readme_is_two_screens_and_leads_to_every_guide(readme: str) -> None:
    text = (ROOT / readme).read_text("utf-8")
    columns, lines = SCREEN
    shown = re.sub(r"\]\([^)]*\)", "]", text)  # nobody sees where a link leads
    assert sum(max(1, -(-cell_len(line) // columns)) for line in shown.splitlines()) <= 2 * lines
    ending = readme.removeprefix("README")
    for page in FOLDER.iterdir():
        if page.name.endswith(".zh-CN.md") == ending.startswith(".zh"):
            assert f"({page.relative_to(ROOT).as_posix()})" in text, page.name


@pytest.mark.slow
def test_the_impact_assessment_of_the_demo_is_one_that_the_program_writes(
    walked_demo: WalkedDemo, tmp_path: Path
) -> None:
    """The committed one is of the demo as `make demo` walks it: figures and sizes differ here, nothing else does."""
    with standing_on(walked_demo, tmp_path) as use:
        examined = examine(use, "risk")
    for place, language in enumerate(LANGUAGES):
        page = "impact-assessment.md" if language == "en" else "impact-assessment.zh-CN.md"
        kept = (FOLDER / page).read_text("utf-8")
        made = as_markdown(assessment(examined, use.state.name, place))
        assert headings(kept)[:1] == headings(made)[:1]
        assert {line for line in headings(made) if line.startswith("## ")} <= set(headings(kept))
        assert "demo-simulator-3000-10-7" in kept
        for section in ("5", "7", "9", "10", "11") if language == "en" else ("五", "七", "九", "十", "十一"):
            assert part(kept, section) == part(made, section), "run `pharos report impact` on the state of `make demo`"


def headings(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("#")]


def part(text: str, number: str) -> str:
    """A section, by its number."""
    (found,) = re.findall(rf"^## {number}[.、].*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return str(found)
