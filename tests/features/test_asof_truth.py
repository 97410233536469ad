"""As-of truth: what becomes known later, the order of rows, and who else is asked for change nothing."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from features.engine import READS
from tests.features.engines import compiled_features, spine_of
from tests.features.histories import AS_OFS, KEYLESS, bureaus, framed, records, table_rows

GENERATE = (Phase.explicit, Phase.generate)  # shrinking a whole bureau costs minutes and tells little
FEW = settings(max_examples=3, deadline=None, phases=GENERATE, suppress_health_check=list(HealthCheck))
MIDDLE = AS_OFS[1]


def known_later(frame: pd.DataFrame) -> pd.DataFrame:
    """The same rows, but first known the day after MIDDLE."""
    return frame.assign(known_on=pd.Timestamp(MIDDLE) + pd.Timedelta(days=1), superseded_on=None)


def corrected_later(frame: pd.DataFrame) -> pd.DataFrame:
    """Every row still in force at MIDDLE is superseded the day after it."""
    tomorrow = pd.Timestamp(MIDDLE) + pd.Timedelta(days=1)
    standing = frame["superseded_on"].isna() & (frame["known_on"] < tomorrow)
    return frame.assign(superseded_on=frame["superseded_on"].mask(standing, tomorrow))


def grown(table: str, frame: pd.DataFrame, later: pd.DataFrame) -> pd.DataFrame:
    """The table as it stands once the later rows have come in."""
    kept = frame if table in KEYLESS else corrected_later(frame)
    return framed(table, [*records(kept), *records(known_later(later))])


@given(frames=bureaus(), later=st.fixed_dictionaries({table: table_rows(table) for table in READS}))
@FEW
def test_rows_known_later_change_nothing(frames: Mapping[str, pd.DataFrame], later: Mapping[str, pd.DataFrame]) -> None:
    spine = spine_of(as_ofs=[MIDDLE])
    before = compiled_features().answer(frames, spine)
    after = {table: grown(table, frame, later[table]) for table, frame in frames.items()}
    pd.testing.assert_frame_equal(compiled_features().answer(after, spine), before, check_exact=True)


@given(frames=bureaus(), seed=st.integers(0, 9))
@FEW
def test_the_order_of_rows_changes_nothing(frames: Mapping[str, pd.DataFrame], seed: int) -> None:
    before = compiled_features().answer(frames, spine_of())
    shuffled = {table: frame.sample(frac=1.0, random_state=seed) for table, frame in frames.items()}
    pd.testing.assert_frame_equal(compiled_features().answer(shuffled, spine_of()), before, check_exact=True)


@given(frames=bureaus())
@FEW
def test_who_else_is_asked_for_changes_nothing(frames: Mapping[str, pd.DataFrame]) -> None:
    everybody = compiled_features().answer(frames, spine_of())
    alone = compiled_features().answer(frames, spine_of(officers=["c"], as_ofs=[MIDDLE]))
    same = everybody[(everybody["officer_id"] == "c") & (everybody["as_of"] == pd.Timestamp(MIDDLE))]
    pd.testing.assert_frame_equal(alone, same.reset_index(drop=True), check_exact=True)
