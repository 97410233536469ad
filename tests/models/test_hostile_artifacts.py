"""Hostile artefacts: each is refused by name, quickly, in little memory, and nothing in it runs."""

from __future__ import annotations

import signal
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest
import skops.io  # noqa: F401  (what is imported later would be watched as if the artefact had done it)
from sklearn.linear_model import LogisticRegression

from data_contracts.errors import UntrustedArtifact
from models import artifacts
from models.artifacts import Artifact, Parts
from models.risk.boosting import Boosted
from tests.models.hostile import ATTACKS, KEY, TRACE, Attack, payload, resign, resign_file

PUBLIC = KEY.public_key()
RUNS = ("os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "subprocess.Popen",
        "pickle.find_class", "marshal.loads", "marshal.load", "socket.connect", "shutil.unpack_archive")  # fmt: skip
SECONDS, PEAK_BYTES = 5.0, 96 << 20
_watching: list[list[str]] = []


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching and (event in RUNS or (event == "open" and TRACE in str(arguments[0]))):
        _watching[-1].append(event)


sys.addaudithook(_heard)


@contextmanager
def watched() -> Iterator[list[str]]:
    """What the interpreter itself says was run; too slow or too much memory fails."""

    def late(*_: object) -> None:
        raise AssertionError(f"took more than {SECONDS} seconds")

    before, heard = signal.signal(signal.SIGALRM, late), list[str]()
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    tracemalloc.start()
    _watching.append(heard)
    try:
        yield heard
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        _watching.pop()
        tracemalloc.stop()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert peak < PEAK_BYTES, f"took {peak >> 20} MiB"


def good_parts() -> Parts:
    x = np.random.default_rng(0).random((400, 5))
    y = (x[:, 0] + x[:, 3] > 1.0).astype(float)
    params = {"objective": "cross_entropy", "num_leaves": 4, "verbose": -1, "num_threads": 1}
    trees = lightgbm.train(params, lightgbm.Dataset(x, y), 3).model_to_string()
    logistic = LogisticRegression().fit(x, y.astype(int))
    return Parts({"trees": {"kind": "boosted"}}, {"weights": np.arange(6.0)}, {"trees": trees}, {"logistic": logistic})


GOOD = good_parts()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return artifacts.save(tmp_path / "model", GOOD, {"outcome": "conduct"}, KEY)


def opened(folder: Path) -> Artifact:
    """As serving opens one: verified, parsed, built."""
    found = artifacts.read(folder, PUBLIC)
    Boosted.from_parts(found.parts, "trees")
    return found


def test_the_good_one_opens(folder: Path) -> None:
    with watched() as heard:
        found = opened(folder)
    assert found.sha256 == artifacts.digest(folder)
    assert heard == []
    assert found.parts.json == GOOD.json


def test_there_are_many_and_each_has_its_name() -> None:
    assert len(ATTACKS) >= 40
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name.replace(" ", "_"))
def test_refused_named_and_nothing_ran(attack: Attack, folder: Path) -> None:
    attack.spoil(folder)
    with watched() as heard, pytest.raises(UntrustedArtifact) as refused:
        opened(folder)
    said = str(refused.value)
    assert attack.named in said
    assert said.isprintable(), "a log is read line by line"
    assert "secret" not in said.replace(str(folder), "")
    assert heard == []
    assert not (folder.parent / TRACE).exists()


def test_the_watch_hears_what_a_careless_loader_would_run(folder: Path) -> None:
    """Else silence would prove nothing."""
    import pickle

    with watched() as heard:
        pickle.loads(payload(folder))
    assert set(heard) >= {"os.system", "pickle.find_class"}
    assert (folder.parent / TRACE).exists()


Swap = Callable[[Path], None]


def swap_values(folder: Path) -> None:
    resign_file(folder, "values.json", b'{"trees": {"kind": "other"}}')


def swap_for_pickle(folder: Path) -> None:
    (folder / "values.json").write_bytes(payload(folder))


def swap_for_link(folder: Path) -> None:
    (folder / "values.json").rename(folder.parent / "values.json")
    (folder / "values.json").symlink_to(folder.parent / "values.json")


def swap_folder(folder: Path) -> None:
    """Another folder, rightly signed, takes the place of the one that is being read."""
    folder.rename(folder.with_name("before"))
    artifacts.save(folder, Parts(json={"trees": {"kind": "other"}}), {}, KEY)


@pytest.mark.parametrize("swap", [swap_values, swap_for_pickle, swap_for_link])
def test_a_file_exchanged_between_the_signature_and_its_reading_is_refused(
    swap: Swap, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = artifacts._verified

    def exchanged(*given: Any) -> Any:
        told = before(*given)
        swap(folder)
        return told

    monkeypatch.setattr(artifacts, "_verified", exchanged)
    with watched() as heard, pytest.raises(UntrustedArtifact, match=r"values\.json"):
        opened(folder)
    assert heard == []


@pytest.mark.parametrize("step", ["_verified", "_checked", "_decoded"])
def test_what_was_verified_is_what_answers_whatever_takes_its_place(
    step: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a folder exchanged while it is read, the old one is read to its end, and has its own hash."""
    right, before, done = artifacts.digest(folder), getattr(artifacts, step), list[str]()

    def exchanged(*given: Any) -> Any:
        told = before(*given)
        if not done:
            done.append(step)
            swap_folder(folder)
        return told

    monkeypatch.setattr(artifacts, step, exchanged)
    found = opened(folder)
    assert done == [step]
    assert (found.sha256, found.parts.json) == (right, GOOD.json)
    assert artifacts.digest(folder) != right


def test_files_that_together_are_too_large_are_refused_before_any_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifacts, "MAX_ARTIFACT_BYTES", 1000)
    monkeypatch.setattr(artifacts, "_checked", lambda *_: pytest.fail("read"))
    with pytest.raises(UntrustedArtifact, match="1000 bytes"):
        artifacts.read(folder, PUBLIC)


def test_metadata_may_say_anything_and_nothing_comes_of_it(folder: Path) -> None:
    """Lists of what to trust, loaders and commands in metadata are words."""
    said = {"trusted": ["posix.system"], "loader_module": "os", "flavors": {"python_function": {"loader": "os"}}}
    resign(folder, lambda manifest: manifest["metadata"].update(said))
    with watched() as heard:
        assert opened(folder).metadata == {"outcome": "conduct", **said}
    assert heard == []
