"""The balance of a short list by group: shares over shares with exact limits, and nothing said that chance explains."""

from __future__ import annotations

import pandas as pd
import pytest
from scipy.stats import beta

from data_contracts.errors import InvalidInput
from data_contracts.policy import policy
from models.talent.balance import audit_frame, list_balance

LIMITS = policy().gate.groups


def audit(women: int, men: int) -> pd.DataFrame:
    names = [f"f{number}" for number in range(women)] + [f"m{number}" for number in range(men)]
    return pd.DataFrame({"sex": ["female"] * women + ["male"] * men}, index=names)


def test_the_share_on_the_list_is_set_over_that_of_those_who_could_be_listed() -> None:
    found = list_balance(audit(40, 160), ["f0", *(f"m{number}" for number in range(9))], LIMITS)
    assert (found.eligible, found.listed, found.lacking) == (200, 10, ("ethnicity", "age_band", "unit_size"))
    female, male = found.groups
    assert (female.group, female.eligible, female.listed) == ("sex=female", 40, 1)
    assert (female.share_eligible, female.share_listed, female.ratio) == (0.2, 0.1, 0.5)
    low, high = beta.ppf(0.025, 1, 10) / 0.2, beta.ppf(0.975, 2, 9) / 0.2
    assert (female.low, female.high) == pytest.approx((low, high))
    assert (male.ratio, male.state, female.state) == (0.9 / 0.8, "unclear", "unclear")
    assert found.uneven == ()


def test_a_group_is_uneven_only_where_the_interval_excludes_equality() -> None:
    found = list_balance(audit(100, 100), [f"m{number}" for number in range(20)], LIMITS)
    assert {one.group: one.state for one in found.groups} == {"sex=female": "uneven", "sex=male": "uneven"}
    assert found.uneven == ("sex=female", "sex=male")


def test_a_group_is_even_where_the_interval_lies_inside_the_limits() -> None:
    names = audit(1000, 1000)
    found = list_balance(names, names.index[::2].tolist(), LIMITS)
    assert {one.state for one in found.groups} == {"even"}


def test_an_empty_list_says_nothing_and_strangers_are_refused() -> None:
    found = list_balance(audit(40, 160), [], LIMITS)
    assert {one.state for one in found.groups} == {"nothing"}
    with pytest.raises(InvalidInput, match="1 listed officers are not in the audit frame"):
        list_balance(audit(40, 160), ["x"], LIMITS)


def test_an_attribute_with_one_group_left_is_withheld() -> None:
    assert list_balance(audit(1, 199), ["m0"], LIMITS).withheld == ("sex",)


def test_no_group_of_few_is_told_of_nor_had_by_subtraction() -> None:
    """One small group alone would be the list less the others; so the next larger one goes with it."""
    people = [str(one) for one in range(200)]
    names = pd.DataFrame({"ethnicity": ["han"] * 150 + ["hui"] * 44 + ["dai"] * 6}, index=people)
    plain = list_balance(names, ["0", "199"], LIMITS)
    assert {one.group for one in plain.groups} == {"ethnicity=han", "ethnicity=hui", "ethnicity=dai"}
    found = list_balance(names, ["0", "199"], LIMITS, 10)
    assert {one.group: (one.eligible, one.listed) for one in found.groups} == {
        "ethnicity=han": (150, 1), "ethnicity=pooled": (50, 1),
    }  # fmt: skip
    assert list_balance(names, ["0"], LIMITS, 160).withheld == ("ethnicity",)


def test_attributes_come_from_the_audit_table_and_the_units() -> None:
    units = pd.Series(["u"] * 31 + ["v"], index=[f"o{number}" for number in range(32)])
    protected = pd.DataFrame({"officer_id": ["o0", "o31"], "sex": ["male", "female"], "ethnicity": ["han", None],
                              "birth_year": [1990, 1980]})  # fmt: skip
    found = audit_frame(protected, units, 2026, LIMITS)
    assert list(found.to_dict("index")["o0"].values()) == ["male", "han", "30-39", "30-99"]
    assert list(found.to_dict("index")["o31"].values()) == ["female", None, "40-49", "1-29"]
    assert list(found.to_dict("index")["o5"].values()) == [None, None, None, "30-99"]
