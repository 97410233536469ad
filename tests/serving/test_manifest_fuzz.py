"""Whatever stands in a manifest or a pointer, it is read or refused in one sentence; nothing else leaves."""

from __future__ import annotations

import copy
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.errors import NotReady, PharosError, ResultsDamaged
from features.history import History
from serving.night.manifest import MANIFEST, Manifest
from serving.night.pointer import LATEST, read_pointer

RECORDED = Path(__file__).parent / "state_of_8e6e747"
NIGHT = json.loads(next(RECORDED.glob("results/risk/*/*/manifest.json")).read_text("utf-8"))
POINTER = json.loads((RECORDED / "results" / "risk" / LATEST).read_text("utf-8"))
HISTORY = json.loads((RECORDED / "history" / MANIFEST).read_text("utf-8"))
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 10**12), st.text(max_size=5), st.just("../x"), st.just([]), st.just({})
)


def places(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to everything inside a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [before, *(place for key, one in inner for place in places(one, (*before, key)))]


@st.composite
def exchanged(draw: st.DrawFn, told: Any) -> bytes:
    """A good document with one thing in it exchanged or taken out."""
    place = draw(st.sampled_from(places(told)))
    if not place:
        return draw(st.one_of(st.binary(max_size=30), VALUES.map(lambda one: json.dumps(one).encode())))
    made = copy.deepcopy(told)
    inside = made
    for key in place[:-1]:
        inside = inside[key]
    if draw(st.booleans()):
        del inside[place[-1]]
    else:
        inside[place[-1]] = draw(VALUES)
    return json.dumps(made).encode()


@settings(max_examples=150, deadline=None, derandomize=True)
@given(content=exchanged(NIGHT))
def test_any_manifest_of_a_night(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / MANIFEST).write_bytes(content)
        try:
            read = Manifest.read(Path(name))
            read.verify(Path(name))
        except ResultsDamaged as error:
            assert MANIFEST in str(error) or "part-0000" in str(error)  # noqa: PT017
            assert "restore it" in str(error)  # noqa: PT017


@settings(max_examples=100, deadline=None, derandomize=True)
@given(content=exchanged(POINTER))
def test_any_pointer(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / LATEST).write_bytes(content)
        try:
            held = read_pointer(Path(name))
        except NotReady as error:
            assert "run `pharos score`" in str(error)  # noqa: PT017
        else:
            assert held is not None
            assert Path(name) in held.folder(Path(name)).parents


@settings(max_examples=150, deadline=None, derandomize=True)
@given(content=exchanged(HISTORY))
def test_any_manifest_of_a_history(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / MANIFEST).write_bytes(content)
        history = History(Path(name))
        try:
            tables = history.tables()
            history.fingerprint()
            assert all(Path(name) in path.parents for table in tables for path in history.files(table))
            assert all(history.rows(table) >= 0 for table in tables)
            history.verify()
        except PharosError as error:
            assert "restore it" in str(error) or "start the version" in str(error)  # noqa: PT017
