"""The priority classes that a department granted: checked against the round, and the best one for each wish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from data_contracts.errors import InvalidInput
from data_contracts.placing import MatchingPolicy
from data_contracts.vocabulary import Bilingual
from models.matching.order import CLASS
from serving.matching.schemas import Priority

NOBODY_HERE = Bilingual(
    "该民警没有填报本轮空缺的志愿，此类别无从计入；请更正编号或删去此项",
    "nobody with this id wishes for a vacancy of this round, so the class counts for nothing; correct the id or leave "
    "the item out",
)


def check_granted(
    priorities: Sequence[Priority], wishes: pd.DataFrame, vacancies: pd.DataFrame, rules: MatchingPolicy
) -> None:
    """Raises InvalidInput, with place and remedy, for a class, an officer or a vacancy that the round does not have.

    No officer is named: whoever is out of the caller's reach and whoever does not exist are told alike.
    """
    codes = [one.code for one in rules.priority_class]
    officers = set(wishes["officer_id"].astype(str))
    known = set(vacancies["vacancy_id"].astype(str))
    for place, one in enumerate(priorities):
        at = f"priorities[{place}]"
        if one.priority_class not in codes:
            raise InvalidInput(
                f"{at}.priority_class: policy/matching.toml has no class {one.priority_class!r}; use "
                f"{', '.join(codes) or 'none: it has no class'}",
                zh=f"{at}.priority_class：policy/matching.toml 中没有类别“{one.priority_class}”；可用"
                f"{'、'.join(codes) or '（无）'}",
            )
        if one.officer_id not in officers:
            raise InvalidInput(f"{at}.officer_id: {NOBODY_HERE.en}", zh=f"{at}.officer_id：{NOBODY_HERE.zh}")
        if one.vacancy_id is not None and one.vacancy_id not in known:
            raise InvalidInput(
                f"{at}.vacancy_id: vacancy {one.vacancy_id!r} is not of this round; send one that is, or null for all",
                zh=f"{at}.vacancy_id：空缺“{one.vacancy_id}”不在本轮；请给出本轮的空缺，或留空表示全部",
            )


def best_granted(priorities: Sequence[Priority], wishes: pd.DataFrame, rules: MatchingPolicy) -> pd.DataFrame:
    """The wishes with the class that counts at each: of all that were granted, for all or for this one, the best.

    A further ground never makes anybody stand worse.
    """
    granted: dict[tuple[str, str | None], list[str]] = {}
    for one in priorities:
        granted.setdefault((one.officer_id, one.vacancy_id), []).append(one.priority_class)
    keys = zip(wishes["officer_id"].astype(str), wishes["vacancy_id"].astype(str), strict=True)
    best = [_best([*granted.get((who, None), ()), *granted.get((who, what), ())], rules) for who, what in keys]
    return wishes.assign(**{CLASS: pd.Series(best, index=wishes.index, dtype=object)})


def _best(codes: Sequence[str], rules: MatchingPolicy) -> str | None:
    return min(codes, key=rules.place_of, default=None)


def counted(wishes: pd.DataFrame) -> Mapping[tuple[str, str], str]:
    """The class that counts, by officer and vacancy; nothing where none does."""
    rows = wishes[wishes[CLASS].notna()]
    keys = zip(rows["officer_id"].astype(str), rows["vacancy_id"].astype(str), strict=True)
    return dict(zip(keys, rows[CLASS].astype(str), strict=True))
