"""The scheduler's files that are handed out: read by the scheduler itself where it is there, and by us."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import typer

import pharos
from data_contracts.night_exits import NightExit
from experiments.commands import edge
from serving.night import exits

FOLDER = Path(exits.__file__).parent / "examples"
SERVICE, TIMER, CRON = (FOLDER / f"pharos-night.{kind}" for kind in ("service", "timer", "cron"))
RETAIN, RETAIN_TIMER = (FOLDER / f"pharos-retention.{kind}" for kind in ("service", "timer"))


def section(path: Path, name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    inside = ""
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("["):
            inside = line.strip("[]")
        elif inside == name and "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def commands(text: str) -> list[list[str]]:
    """Every `pharos COMMAND ...` of a text, up to what the shell takes for its own."""
    found = re.findall(r"(?:^|bin/|&& |\* pharos )pharos ((?:[a-z]+)(?: [^|&>;\n]*)?)", text, re.MULTILINE)
    return [words.split() for words in found]


@pytest.mark.parametrize("path", [SERVICE, RETAIN], ids=["night", "retention"])
def test_the_service_is_hardened(path: Path) -> None:
    service = section(path, "Service")
    wanted = {
        "User": "pharos", "Type": "oneshot", "NoNewPrivileges": "yes", "ProtectSystem": "strict", "PrivateTmp": "yes",
        "ProtectHome": "yes", "ReadWritePaths": "/var/lib/pharos", "CapabilityBoundingSet": "", "UMask": "0077",
    }  # fmt: skip
    assert {key: service[key] for key in wanted} == {key: [value] for key, value in wanted.items()}
    assert not [value for values in service.values() for value in values if "://" in value]  # no address, no password


def test_the_service_knows_the_exit_statuses() -> None:
    service = section(SERVICE, "Service")
    assert service["SuccessExitStatus"] == [str(NightExit.NOTHING_TO_DO.value)]
    for_people = {NightExit.MISUSE, NightExit.INPUT_REFUSED, NightExit.WRONG_MODEL, NightExit.DAMAGED}
    assert set(service["RestartPreventExitStatus"][0].split()) == {str(status.value) for status in for_people}


@pytest.mark.parametrize(("timer", "service"), [(TIMER, SERVICE), (RETAIN_TIMER, RETAIN)], ids=["night", "retention"])
def test_a_timer_starts_its_service_also_after_a_day_off(timer: Path, service: Path) -> None:
    assert section(timer, "Timer")["Persistent"] == ["true"]
    assert section(timer, "Timer")["Unit"] == [service.name]


@pytest.mark.parametrize("path", [SERVICE, CRON], ids=["service", "cron"])
def test_every_command_in_the_examples_exists_with_its_options(path: Path) -> None:
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    asked = commands("\n".join(lines))
    assert [words[0] for words in asked][:4] == ["ingest", "features", "materialize", "score"]
    assert_known(asked)


@pytest.mark.parametrize("path", [RETAIN, CRON], ids=["service", "cron"])
def test_what_time_ends_is_ended_by_both_schedulers(path: Path) -> None:
    """Without it a warning would stand for ever, and what policy keeps no longer would stay."""
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    asked = [words for words in commands("\n".join(lines)) if words[0] == "review"]
    assert [words[:3] for words in asked] == [["review", name, "--as-of"] for name in ("expire", "retain")]
    assert_known(asked)


@pytest.mark.parametrize("path", [SERVICE, RETAIN, CRON], ids=["service", "retention", "cron"])
def test_every_command_of_a_scheduler_means_the_same_day(path: Path) -> None:
    """A shell's `date` is of the machine's zone, and `date -u` of no bureau's; a command's today is one day."""
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    days = [words[words.index("--as-of") + 1] for words in commands("\n".join(lines)) if "--as-of" in words]
    assert days
    assert set(days) == {edge.TODAY}
    assert "date" not in re.split(r"[^a-z]+", "\n".join(lines))
    assert "UTC" not in section(RETAIN_TIMER, "Timer")["OnCalendar"][0]


def assert_known(asked: list[list[str]]) -> None:
    root = typer.main.get_command(pharos.app)
    for words in asked:
        command = root.commands[words[0]]  # type: ignore[attr-defined]
        command = getattr(command, "commands", {}).get(words[1], command) if len(words) > 1 else command
        known = {option for param in command.params for option in param.opts}
        assert {word for word in words if word.startswith("--")} <= known, words


def test_the_crontab_has_five_times_a_user_and_no_bare_percent() -> None:
    jobs = [line for line in CRON.read_text("utf-8").splitlines() if re.match(r"[\d*]", line)]
    assert len(jobs) == 4
    for job in jobs:
        *times, user, command = job.split(maxsplit=6)
        assert len(times) == 5
        assert all(re.fullmatch(r"\*|\d+", part) for part in times)
        assert user == "pharos"
        assert command.startswith("pharos ")
        assert not re.search(r"(?<!\\)%", command)  # cron takes a bare one for a new line
        shell = command.replace("\\%", "%")
        assert subprocess.run(["sh", "-n", "-c", shell], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(("status", "letter"), [(0, ""), (10, ""), (11, "pharos night runs"), (1, "pharos night runs")])
def test_cron_writes_a_letter_only_when_a_person_is_needed(tmp_path: Path, status: int, letter: str) -> None:
    stand_in = tmp_path / "pharos"
    stand_in.write_text(f'#!/bin/sh\n[ "$1" = score ] && exit {status}\nexit 0\n', "utf-8")
    stand_in.chmod(0o755)
    job = next(line for line in CRON.read_text("utf-8").splitlines() if line.startswith("30 2"))
    command = job.split(maxsplit=6)[6].replace("\\%", "%")
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, env=env, check=False)
    assert letter in ran.stdout
    assert bool(ran.stdout) == bool(letter)


def test_systemd_itself_finds_no_fault(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed; the files were only parsed")
    files = (SERVICE, TIMER, RETAIN, RETAIN_TIMER)
    for path in files:  # with the programs of this machine in place of those of a deployment
        text = (
            path.read_text("utf-8").replace("/opt/pharos/bin/pharos", "/bin/true").replace("User=pharos", "User=root")
        )
        (tmp_path / path.name).write_text(text.replace("Group=pharos", "Group=root"), "utf-8")
    verify = [program, "verify", "--man=no", *(str(tmp_path / path.name) for path in files)]
    ran = subprocess.run(verify, capture_output=True, text=True, check=False)
    ours = [line for line in (ran.stdout + ran.stderr).splitlines() if "pharos-" in line]
    assert (ran.returncode, ours) == (0, []), ran.stderr
    for timer in (TIMER, RETAIN_TIMER):
        when = [program, "calendar", section(timer, "Timer")["OnCalendar"][0]]
        assert subprocess.run(when, capture_output=True, check=False).returncode == 0
