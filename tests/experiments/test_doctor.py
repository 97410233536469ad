"""The doctor sees a lack, names it and says what to do."""

from __future__ import annotations

import shutil
import socket
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from data_contracts.settings import Settings
from experiments import doctor
from experiments.doctor import Finding, check_disk, check_make, check_packages, check_port, check_program, examine


def by_subject(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.subject: finding for finding in findings}


def test_a_whole_machine_is_good(state: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    findings = by_subject(examine(state.model_copy(update={"port": port})))
    assert findings["Python"].state == "good"
    assert findings["packages"].state == "good", findings["packages"]
    assert findings["port"].state == "good"
    assert all(finding.remedy for finding in findings.values() if finding.state != "good")


def test_a_taken_port_is_named_with_its_remedy(state: Settings) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = state.model_copy(update={"port": holder.getsockname()[1]})
        finding = check_port(taken)
    assert finding.state == "optional"
    assert str(taken.port) in finding.seen
    assert "PHAROS_PORT" in finding.remedy


def test_wrong_versions_are_named(state: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "lock_lines", lambda: ["pandas==0.0.1"])
    finding = check_packages(state)
    assert finding.state == "wrong"
    assert "pandas" in finding.seen


def test_absent_programs(state: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert check_make(state).state == "wrong"
    assert check_program("Redis", ("redis-server",), "x", "install it") == Finding(
        "Redis", "optional", "absent (only for x)", "install it"
    )


def test_too_little_of_everything(state: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "NEEDED_DISK_GIB", 1e9)
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    monkeypatch.setattr("platform.python_version", lambda: "3.12.1")
    monkeypatch.setattr("os.access", lambda *_: False)
    monkeypatch.setattr("os.sysconf", lambda _: 1)
    assert check_disk(state).state == "wrong"
    wrong = {finding.subject for finding in examine(state) if finding.state == "wrong"}
    assert {"Python", "virtual environment", "state folder", "memory"} <= wrong


def test_no_chinese_font_falls_back(state: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.evaluation.plots.chinese_font", lambda: None)
    assert doctor.check_font(state).state == "optional"


def test_the_command_exits_1_when_the_way_is_blocked(state: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    import pharos

    monkeypatch.setattr(doctor, "examine", lambda _: [Finding("disk", "wrong", "none", "buy one")])
    result = CliRunner().invoke(pharos.app, ["doctor"])
    assert result.exit_code == 1
    assert "buy one" in result.output


def test_a_lock_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor, "__file__", str(tmp_path / "experiments" / "doctor.py"))
    assert doctor.lock_lines() == []
    assert doctor.pin_holds("pandas", {})
    assert not doctor.pin_holds("no-such-distribution", {})
