"""A process is told how many threads it has, and to tell nobody anything, before a library looks."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from data_contracts.settings import PATIENT_VARIABLES, QUIET_VARIABLES, THREAD_VARIABLES, prepare_process


def test_one_setting_for_threads_and_no_telemetry(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*THREAD_VARIABLES, *PATIENT_VARIABLES, *QUIET_VARIABLES):
        monkeypatch.delenv(name, raising=False)
    prepare_process(threads=3)
    assert {os.environ[name] for name in THREAD_VARIABLES} == {"3"}
    told = ("BENTOML_DO_NOT_TRACK", "MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION")
    assert [os.environ[name] for name in told] == ["True", "true", "1", "false"]  # BentoML knows that one word only


def test_what_a_person_has_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    prepare_process(threads=3)
    assert os.environ["OMP_NUM_THREADS"] == "7"


def test_the_command_line_sets_threads_before_numpy_is_loaded() -> None:
    told = (
        "import os, sys, pharos\n"
        "pharos.app = lambda *_, **__: print('numpy' in sys.modules, os.environ['OMP_NUM_THREADS'])\n"
        "pharos.main()"
    )
    clean = {name: value for name, value in os.environ.items() if name not in THREAD_VARIABLES}
    answer = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, check=False, env=clean | {"PHAROS_THREADS": "5"}
    )
    assert answer.stdout.split() == ["False", "5"], answer.stderr
