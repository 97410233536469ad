from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.errors import ContractViolation, InvalidInput
from data_contracts.policy import check_features
from features.declared import declared_features
from features.definitions import definitions_hash
from features.packing import packed, unpacked
from features.views import Field, Service, View, typed
from features.windows import FEATURE_COLUMNS
from tests.features.small_store import CAREER, HISTORY, SMALL


def test_a_service_has_one_order_and_asks_for_nothing_that_is_not_there() -> None:
    service = SMALL.service("risk_v1")
    assert [item.name for item in service.fields] == ["rate_12m", "rank_code", "complaints_24m", "on_duty"]
    with pytest.raises(ContractViolation, match="'moves_ever'"):
        Service("risk_v2", (HISTORY,), ("moves_ever",))
    with pytest.raises(ContractViolation, match="share a field name"):
        Service("risk_v2", (HISTORY, replace(HISTORY, name="twin")), ("rate_12m",))
    with pytest.raises(InvalidInput, match="there are risk_v1, career_v1, unit_v1"):
        SMALL.service("risk_v9")


def test_the_hash_moves_with_all_that_training_and_serving_must_agree_on_and_with_nothing_else() -> None:
    service = SMALL.service("risk_v1")
    later = replace(HISTORY, ttl_days=60)
    renamed = replace(HISTORY, fields=(replace(HISTORY.fields[0], meaning="opened only"), *HISTORY.fields[1:]))
    changed = [
        replace(service, chosen=service.chosen[::-1]),
        replace(service, chosen=service.chosen[1:]),
        replace(service, views=(later,)),
        replace(service, views=(renamed,)),
        replace(service, definitions="other code"),
    ]
    hashes = {item.hash for item in changed}
    assert len(hashes) == len(changed)
    assert service.hash not in hashes
    assert replace(service).hash == service.hash


def test_the_departments_store_offers_every_window_feature_and_bans_what_feast_cannot_join() -> None:
    declared = declared_features()
    history = declared.view("officers")[0]
    assert tuple(item.name for item in history.fields) == FEATURE_COLUMNS
    assert all(view.ttl_days > 0 for view in declared.views)
    assert not any(item.name.endswith("_y") for view in declared.views for item in view.fields)
    for service in declared.services:
        check_features(service.chosen, service.outcome)
        assert service.definitions == definitions_hash()
    assert len(hashlib.sha256().hexdigest()) == len(declared.service("unit_v1").hash)


def test_a_field_that_ends_in_y_is_banned() -> None:
    with pytest.raises(ContractViolation, match="ends in _y"):
        Field("hours_y", "number")


@given(
    st.lists(
        st.tuples(
            st.none() | st.integers(-(2**53), 2**53),
            st.none() | st.floats(allow_nan=False, allow_infinity=False),
            st.none() | st.booleans(),
            st.none() | st.text(),
            st.none() | st.lists(st.text()),
        ),
        max_size=5,
    )
)
def test_what_is_packed_comes_out_as_it_went_in(rows: list[tuple[object, ...]]) -> None:
    view = View("v", "officer", "officers", (*HISTORY.fields, CAREER.fields[0]))
    frame = pd.DataFrame(rows, columns=[item.name for item in view.fields], dtype=object)
    frame["officer_id"] = pd.Series([f"o-{place}" for place in range(len(rows))], dtype="string")
    want = typed(frame, view.fields)[[item.name for item in view.fields]]
    online = packed(frame, view)
    pd.testing.assert_frame_equal(unpacked(online["numbers"].tolist(), online["texts"].tolist(), view), want)


def test_an_absent_entity_unpacks_as_nulls() -> None:
    frame = unpacked([None], [None], HISTORY)
    assert frame.isna().to_numpy().all()
    assert frame.dtypes.astype(str).to_dict() == {item.name: item.dtype for item in HISTORY.fields}


def test_typed_keeps_other_columns_and_numpy_lists() -> None:
    frame = pd.DataFrame({"x": [1], "recent_posts": [np.array(["a", "b"])]})
    assert typed(frame, CAREER.fields[:1]).to_dict("list") == {"x": [1], "recent_posts": [["a", "b"]]}
