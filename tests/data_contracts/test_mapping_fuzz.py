"""Whatever a mapping file says, it is read or refused in one sentence; nothing else leaves."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts.errors import ContractViolation, InvalidInput
from data_contracts.sources.mapped import read

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
SCALARS = st.one_of(TEXT, st.integers(-(2**40), 2**40), st.booleans(), st.floats(allow_nan=False, allow_infinity=False))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=6,
)
WORDS = ("file", "url", "table", "query", "sheet", "encoding", "delimiter", "columns", "codes", "constants")
COLUMNS = ("officer_id", "unit_id", "started_on", "known_on", "occasion", "rank_step", "nothing")
SOURCES = st.one_of(
    st.sampled_from(["player", "club", "season", "absent"]),
    VALUES,
    st.fixed_dictionaries(
        {"column": st.sampled_from(["player", "season"])},
        optional={"format": st.one_of(st.sampled_from(["%Y", "order", "unix", "excel", "%", "%Q"]), VALUES)},
    ),
    st.fixed_dictionaries({"value": VALUES}),
)
SECTION = st.fixed_dictionaries(
    {"columns": st.dictionaries(st.sampled_from(COLUMNS), SOURCES, min_size=1)},
    optional={
        "file": st.one_of(st.just("careers.csv"), st.just(["careers.csv", "careers.csv"]), VALUES),
        **{word: VALUES for word in WORDS if word not in ("file", "columns")},
    },
)
REMEDIES = ("; ", "must be", "write it as", "give either", "did you mean")
GOOD: Mapping[str, Any] = {
    "file": "careers.csv",
    "columns": {
        "officer_id": "player", "unit_id": "club", "started_on": {"column": "season", "format": "%Y"},
    },
}  # fmt: skip


def toml(value: object) -> str:
    """A value as TOML writes it."""
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f"{json.dumps(name, ensure_ascii=False)} = {toml(one)}" for name, one in value.items())
            + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return repr(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False)


def read_or_refused(content: bytes) -> str | None:
    """None where it was read; the sentence where it was refused."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "careers.csv").write_text("player,club,season\n1,A,2015\n1,B,soon\n", encoding="utf-8")
        mapping = folder / "my.toml"
        mapping.write_bytes(content)
        try:
            read(mapping, folder)
        except InvalidInput as error:
            return str(error)
    return None


def sections(table: str, section: Mapping[str, Any]) -> bytes:
    lines = "".join(f"{json.dumps(word)} = {toml(value)}\n" for word, value in section.items())
    return f"[{table}]\n{lines}".encode("utf-8", "surrogatepass")


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(table=st.sampled_from(["postings", "officers", "complaints", "posting"]), section=SECTION)
def test_any_section_is_read_or_refused_with_place_and_remedy(table: str, section: Mapping[str, Any]) -> None:
    said = read_or_refused(sections(table, section))
    assert said is None or (table in said and any(word in said for word in REMEDIES))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(content=st.one_of(st.binary(max_size=60), st.text(max_size=60).map(lambda text: text.encode("utf-8"))))
def test_any_bytes_are_refused_in_one_sentence(content: bytes) -> None:
    said = read_or_refused(content)
    assert said is not None
    assert "my.toml" in said or "no contract" in said


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(word=st.sampled_from([one for one in WORDS if one != "columns"]), value=VALUES)
def test_one_word_of_a_good_section_exchanged(word: str, value: object) -> None:
    said = read_or_refused(sections("postings", {**GOOD, word: value}))
    assert said is None or said.startswith("my.toml: [postings]")


@pytest.mark.parametrize("word", ["file", "url", "table", "sheet", "encoding", "delimiter"])
def test_a_number_where_a_text_belongs_is_told(word: str) -> None:
    section = {**({} if word == "url" else GOOD), "columns": GOOD["columns"], word: 5}
    said = read_or_refused(sections("postings", section))
    assert said is not None
    assert "text" in said


def test_the_good_section_is_read() -> None:
    assert read_or_refused(sections("postings", GOOD)) is None
    assert issubclass(ContractViolation, InvalidInput)
