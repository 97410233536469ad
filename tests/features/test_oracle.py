"""Every feature of every window against plain Python that shares no code with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from features.engine import READS
from features.snapshots import officer_frame
from features.windows import FEATURE_COLUMNS
from tests.features.engines import compiled_features, spine_of
from tests.features.histories import AS_OFS, OFFICERS, bureaus
from tests.features.oracle import Oracle, Value

GENERATE = (Phase.explicit, Phase.generate)  # shrinking a whole bureau costs minutes and tells little
FEW = settings(max_examples=6, deadline=None, phases=GENERATE, suppress_health_check=list(HealthCheck))


def disagreements(answer: pd.DataFrame, oracle: Oracle) -> list[str]:
    """Where the features and the oracle differ, in words."""
    wrong = []
    for row in answer.to_dict("records"):
        told = oracle.features(row["officer_id"], row["as_of"].date())
        if set(told) != set(FEATURE_COLUMNS):
            wrong.append(f"names differ: {sorted(set(told) ^ set(FEATURE_COLUMNS))}")
        for name, truth in told.items():
            if not _same(row[name], truth):
                wrong.append(f"{row['officer_id']} {row['as_of']:%Y-%m-%d} {name}: {row[name]} is not {truth}")
    return wrong


def _same(value: Value, truth: Value) -> bool:
    if truth is None or pd.isna(value):
        return truth is None and bool(pd.isna(value))
    return value == truth if isinstance(truth, str) else value == pytest.approx(truth, rel=1e-9, abs=1e-9)


@given(frames=bureaus())
@FEW
def test_every_feature_agrees_with_plain_python(frames: Mapping[str, pd.DataFrame]) -> None:
    answer = compiled_features().answer(frames, spine_of())
    assert answer[["as_of", "officer_id"]].values.tolist() == [
        [pd.Timestamp(day), officer] for day in AS_OFS for officer in OFFICERS
    ]
    assert disagreements(answer, Oracle(frames)) == []


@pytest.mark.parametrize("absent", [("duty_months", "complaints", "rank_steps"), tuple(set(READS) - {"postings"})])
def test_absent_tables_leave_nulls_where_the_oracle_does(absent: tuple[str, ...]) -> None:
    day = pd.Timestamp("2019-06-01")
    frames = {
        name: pd.DataFrame(columns=list(READS[name]))
        for name in READS
        if name not in absent and name not in ("postings", "officers")
    }
    frames |= {
        "postings": pd.DataFrame(
            {
                "officer_id": ["a", "b"],
                "post_id": "p",
                "unit_id": "u",
                "started_on": day,
                "rank_step": "s",
                "ended_on": pd.NaT,
                "known_on": day,
                "superseded_on": pd.NaT,
            }
        )
    }
    spine = pd.DataFrame({"officer_id": ["b", "a"], "as_of": pd.Timestamp(date(2021, 1, 1))}, index=[7, 3])
    answer = officer_frame(frames, spine)
    present = {name: frame for name, frame in frames.items() if len(frame)}
    assert answer.index.tolist() == [7, 3]
    assert answer["officer_id"].tolist() == ["b", "a"]
    assert disagreements(answer, Oracle(present)) == []
