"""Event histories tell what was known at each as-of, newest last, and nothing else."""

from __future__ import annotations

import pandas as pd
import pytest

from features.event_histories import EventHistories, event_histories
from tests.training.risk_bureau import complaint, complaints, days, spine


def told(history: EventHistories, row: int = 0) -> list[tuple[str, float, float]]:
    """Events of one row without the padding: kind, age, gap."""
    parts = zip(history.kinds[row], history.ages[row], history.gaps[row], strict=True)
    return [(history.names[kind], float(age), float(gap)) for kind, age, gap in parts if kind]


ROWS = complaints(
    complaint(1, "a", "2010-01-01", "2012-01-01", "sustained"),
    complaint(2, "a", "2010-01-31", category="use_of_force"),
    complaint(3, "b", "2009-06-01"),
)
FOUND, OPEN = "complaints:sustained:other:outside", "complaints:open:other:outside"


def test_a_finding_is_told_only_from_the_day_it_was_known() -> None:
    before = told(event_histories({"complaints": ROWS}, spine(["a"], "2011-12-31")))
    after = told(event_histories({"complaints": ROWS}, spine(["a"], "2012-01-01")))
    assert [kind for kind, _, _ in before] == [OPEN, "complaints:open:force:outside"]
    assert [kind for kind, _, _ in after] == [FOUND, "complaints:open:force:outside"]
    assert [gap for _, _, gap in after] == [0.0, 30.0]
    assert after[-1][1] == (pd.Timestamp("2012-01-01") - pd.Timestamp("2010-01-31")).days


def test_what_becomes_known_later_changes_nothing_and_neither_does_order() -> None:
    asked = pd.concat([spine(["b", "a"], "2011-01-01"), spine(["a"], "2010-01-15")], ignore_index=True)
    late = complaints(complaint(9, "a", "2010-02-01")).assign(known_on=days(["2013-01-01"]))
    plain = event_histories({"complaints": ROWS}, asked)
    more = event_histories({"complaints": pd.concat([late, ROWS.iloc[::-1]], ignore_index=True)}, asked)
    assert [told(plain, row) for row in range(3)] == [told(more, row) for row in range(3)]
    assert [len(told(plain, row)) for row in range(3)] == [1, 2, 1]


def test_only_the_newest_are_kept_and_every_table_speaks() -> None:
    stamp = {"known_on": days(["2010-01-01"]), "superseded_on": days([None])}
    frames = {
        "complaints": ROWS,
        "force_reports": pd.DataFrame({"officer_id": ["a"], "occurred_on": days(["2010-05-01"]), "firearm_used": [True],
                                       "subject_injured": [None], **stamp}),
        "promotions": pd.DataFrame({"officer_id": ["a"], "occurred_on": days(["2010-06-01"]), "kind": ["step"],
                                    **stamp}),
        "postings": pd.DataFrame({"officer_id": ["a"], "started_on": days(["2010-07-01"]), **stamp}),
    }  # fmt: skip
    asked = spine(["a"], "2011-01-01")
    kinds = [kind for kind, _, _ in told(event_histories(frames, asked, 3))]
    assert kinds == ["force_reports:firearm:unhurt", "promotions:step", "postings"]
    assert len(told(event_histories(frames, asked))) == 5


@pytest.mark.parametrize("frames", [{}, {"complaints": ROWS.iloc[:0]}])
def test_absent_tables_tell_nothing(frames: dict[str, pd.DataFrame]) -> None:
    assert event_histories(frames, spine(["a"], "2011-01-01")).kinds.sum() == 0
