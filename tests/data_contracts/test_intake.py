"""The door loses nothing, refuses with reasons, and tells nobody a value."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.catalog import catalog
from data_contracts.errors import InvalidInput, MissingTable
from data_contracts.faults import Circumstances
from data_contracts.intake import REGISTERED_ON, Known, take_in, take_in_all

DAY = "2020-01-05"


def postings(**columns: object) -> pd.DataFrame:
    """Two good rows, with columns put in their place."""
    base = {"officer_id": ["a", "b"], "post_id": "p", "unit_id": "u", "started_on": DAY, "known_on": DAY}
    return pd.DataFrame({**base, **columns})


def complaints(**columns: object) -> pd.DataFrame:
    """Two good complaints, with columns put in their place."""
    base = {"complaint_id": ["k1", "k2"], "officer_id": ["a", "b"], "opened_on": DAY, "known_on": DAY}
    return pd.DataFrame({**base, **columns})


WORDS = st.sampled_from(["a", "b", "c", "", None, "x" * 300])
DATES = st.sampled_from([DAY, "2021年2月3日", "2150-01-01", "1890-01-01", "soon", None, 20200105])
FINDINGS = st.sampled_from(["sustained", "Sustained", "AC", None])


@given(
    st.lists(st.tuples(WORDS, WORDS, DATES, DATES, DATES, FINDINGS), max_size=12),
    st.sampled_from(["complaints", "honours", "postings"]),
)
@settings(max_examples=25, deadline=None)
def test_nothing_is_lost_whatever_comes(rows: list[tuple[object, ...]], name: str) -> None:
    columns = {
        "complaints": ["complaint_id", "officer_id", "opened_on", "closed_on", "known_on", "finding"],
        "honours": ["officer_id", "honour", "occurred_on", "extra", "known_on", "level"],
        "postings": ["officer_id", "post_id", "started_on", "ended_on", "known_on", "unit_id"],
    }[name]
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    table = catalog().table(name)
    taken = take_in(table, frame, Circumstances({}, today=date(2026, 1, 1)))
    assert taken.rows_in == taken.taken + taken.quarantined + taken.duplicates
    assert len(set(taken.rows)) == len(taken.accepted)
    assert not set(taken.rows) & set(taken.faults["row"])
    assert list(taken.accepted.columns) == list(table.column_names)
    if table.key:
        assert not taken.accepted.duplicated([*table.key, "known_on"]).any()


@given(st.permutations(range(6)))
@settings(max_examples=10, deadline=None)
def test_the_order_of_a_file_changes_nothing(order: list[int]) -> None:
    frame = pd.concat([complaints(category=["crime", None]), complaints(category=["traffic", "lockup"]), complaints()])
    table = catalog().table("complaints")
    want = take_in(table, frame).accepted
    got = take_in(table, frame.iloc[order]).accepted
    by = ["complaint_id", "officer_id"]
    pd.testing.assert_frame_equal(
        got.sort_values(by).reset_index(drop=True), want.sort_values(by).reset_index(drop=True)
    )


def test_identical_rows_are_duplicates_with_a_key_and_twins_without() -> None:
    keyed = take_in(catalog().table("complaints"), pd.concat([complaints(), complaints()]))
    assert (len(keyed.accepted), keyed.duplicates, keyed.twins, keyed.quarantined) == (2, 2, 0, 0)
    award = pd.DataFrame({"officer_id": ["a"] * 3, "honour": "merit", "occurred_on": DAY, "known_on": DAY})
    keyless = take_in(catalog().table("honours"), award)
    assert (len(keyless.accepted), keyless.duplicates, keyless.twins) == (3, 0, 2)


def test_rivals_known_on_one_day_leave_the_fullest_and_a_correction_stays() -> None:
    rivals = pd.concat(
        [
            complaints(category=["crime", None]),
            complaints(category=["traffic", "lockup"]),
            complaints(known_on="2021-01-01", category="other"),
        ]
    )
    taken = take_in(catalog().table("complaints"), rivals)
    assert taken.faults["reason"].tolist() == ["conflict", "conflict"]
    kept = taken.accepted[taken.accepted["known_on"] == DAY]
    assert kept["category"].tolist() == ["crime", "lockup"]
    assert (taken.accepted["known_on"] == "2021-01-01").sum() == 2


def test_a_fault_names_row_key_column_reason_and_class_and_never_the_value() -> None:
    frame = complaints(finding=["a secret that nobody may read", "sustained"], closed_on=["2019-01-01", "2020-02-01"])
    faults = take_in(catalog().table("complaints"), frame).faults
    assert faults[["row", "row_key", "column", "reason"]].values.tolist() == [
        [0, "k1|a", "closed_on", "wrong_order"],
        [0, "k1|a", "finding", "not_in_list"],
    ]
    assert "secret" not in faults.to_json()


def test_references_are_checked_only_where_their_table_came() -> None:
    wishes = pd.DataFrame(
        {"officer_id": "a", "vacancy_id": ["v1", "v2"], "preference_order": 1, "occurred_on": DAY, "known_on": DAY}
    )
    vacancies = pd.DataFrame(
        {"vacancy_id": ["v1"], "post_id": "p", "unit_id": "u", "places": 1, "opened_on": DAY, "known_on": DAY}
    )
    alone = take_in_all({"postings": postings(), "preferences": wishes})
    assert len(alone.intakes["preferences"].accepted) == 2
    beside = take_in_all({"preferences": wishes, "vacancies": vacancies, "postings": postings()})
    assert beside.intakes["preferences"].faults["reason"].tolist() == ["unknown_reference"]
    known = take_in_all({"preferences": wishes}, known=Known({"vacancies": {"v2"}, "postings": set()}))
    assert known.intakes["preferences"].accepted["vacancy_id"].tolist() == ["v2"]


def test_those_referred_to_are_registered_with_unknown_attributes() -> None:
    officers = pd.DataFrame({"officer_id": ["a"], "known_on": "1900-01-01"})
    delivery = take_in_all({"officers": officers, "postings": postings(supervisor_id=["c", None])})
    assert delivery.registered["officers"]["officer_id"].tolist() == ["b", "c"]
    assert delivery.registered["officers"]["entered_on"].isna().all()
    assert set(delivery.registered) == {"officers", "posts", "units"}
    frame = delivery.frames["officers"]
    assert frame["known_on"].tolist() == [pd.Timestamp("1900-01-01"), REGISTERED_ON, REGISTERED_ON]
    assert take_in_all({"postings": postings()}, known=Known({"officers": {"a", "b"}})).registered.keys() == {
        "posts",
        "units",
    }


@pytest.mark.parametrize(("absent", "left"), [("post_id", "unit_id"), ("unit_id", "post_id")])
def test_without_a_posts_table_post_is_unit(absent: str, left: str) -> None:
    delivery = take_in_all({"postings": postings().drop(columns=absent)})
    accepted = delivery.intakes["postings"].accepted
    assert accepted[absent].tolist() == accepted[left].tolist()


def test_a_required_table_is_missed_in_one_sentence() -> None:
    with pytest.raises(MissingTable, match="'postings' was not delivered"):
        take_in_all({"complaints": complaints()})
    with pytest.raises(InvalidInput, match="neither post_id nor unit_id"):
        take_in_all({"postings": postings().drop(columns=["post_id", "unit_id"])})
    assert take_in_all({"complaints": complaints()}, required=()).intakes["complaints"].quarantined == 0
    assert take_in_all({"complaints": complaints()}, known=Known({"postings": set()})).registered.keys() == {"officers"}


def test_nothing_is_known_in_the_future_nor_done_a_career_before_joining() -> None:
    late = take_in_all({"postings": postings(known_on=[DAY, "2030-01-01"])}, today=date(2026, 1, 1))
    assert late.intakes["postings"].faults["reason"].tolist() == ["in_future"]
    officers = pd.DataFrame({"officer_id": ["a", "b"], "entered_on": "2010-01-01", "known_on": "2010-01-01"})
    award = pd.DataFrame(
        {"officer_id": ["a", "b"], "honour": "merit", "occurred_on": ["1969-01-01", "2009-12-01"], "known_on": DAY}
    )
    early = take_in_all({"officers": officers, "honours": award, "postings": postings()})
    assert early.intakes["honours"].faults[["row", "reason"]].values.tolist() == [[0, "long_before_joining"]]
    later = take_in_all(
        {"honours": award},
        known=Known({"postings": set()}, officers.set_index("officer_id")["entered_on"].astype("datetime64[us]")),
    )
    assert later.intakes["honours"].quarantined == 1


def test_an_empty_table_and_columns_of_no_contract_pass() -> None:
    taken = take_in(catalog().table("postings"), postings(mood="good").iloc[:0])
    assert (taken.rows_in, taken.quarantined, taken.duplicates, taken.ignored_columns) == (0, 0, 0, ("mood",))
    assert taken.accepted["started_on"].dtype == "datetime64[us]"
