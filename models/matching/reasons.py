"""Why an officer got this post and not an earlier wish, in words that the officer can check against the rules.

Nothing is told of another officer but what decided: the points or the published tie-break of whoever took the last
place. Which priority class somebody else is in is a private matter and is never told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data_contracts.counting import counted
from data_contracts.vocabulary import Bilingual
from models.matching.deferred_acceptance import NOBODY
from models.matching.order import CLASS, LOTTERY, POINTS
from models.matching.placing import Match
from models.matching.wishes import COUNTS

ASIDE: dict[str, Bilingual] = {
    "unknown_vacancy": Bilingual("没有开放此空缺", "nobody opened this vacancy"),
    "unit_closed": Bilingual("该空缺所在单位已撤销", "the unit of this vacancy was dissolved"),
    "late": Bilingual("报名截止后填报", "stated after the last day to apply"),
    "repeated": Bilingual("与更靠前的志愿重复", "the same as an earlier wish"),
    "unclear_order": Bilingual(
        "志愿顺位须为互不相同的整数，请更正后重报", "preference orders must be different whole numbers; state them anew"
    ),
    "no_points": Bilingual("积分未知，无法排序，请核对积分", "points are not known; have the points checked"),
    "not_eligible": Bilingual("不符合任职条件", "not eligible"),
}
GRANTED = Bilingual("录取", "granted")
NOT_NEEDED = Bilingual("更靠前的志愿已录取", "an earlier wish was granted")
NO_PLACES = Bilingual("此空缺没有名额", "no place is open here")
NO_WISHES = Bilingual("未填报志愿", "did not apply")
NONE_GRANTED = Bilingual("所有志愿均未录取", "no wish could be granted")
NONE_COUNTS = Bilingual("没有可参加录取的志愿", "no wish could take part")


@dataclass(frozen=True)
class WishTold:
    """What became of one wish: `code` is granted, not_needed, no_places, outranked, or why it did not take part."""

    vacancy_id: str
    preference_order: int | None
    code: str
    text: Bilingual
    decided_by: str | None = None

    def told(self) -> dict[str, object]:
        """As JSON."""
        text = {"zh": self.text.zh, "en": self.text.en}
        known = {"vacancy_id": self.vacancy_id, "preference_order": self.preference_order, "code": self.code}
        return {**known, "decided_by": self.decided_by, "text": text}


@dataclass(frozen=True)
class Placement:
    """An officer's result: `status` is placed or not_placed; `code` and `because` say why the latter."""

    officer_id: str
    vacancy_id: str | None
    preference_order: int | None
    code: str | None
    because: Bilingual | None
    wishes: tuple[WishTold, ...]

    @property
    def status(self) -> str:
        """placed or not_placed."""
        return "not_placed" if self.vacancy_id is None else "placed"

    def told(self) -> dict[str, object]:
        """One item of `results` of `POST /v1/match`; `assignments` holds every wish and what became of it."""
        because = None
        if self.because is not None:
            because = {"code": self.code, "zh": self.because.zh, "en": self.because.en}
        granted = {"vacancy_id": self.vacancy_id, "preference_order": self.preference_order}
        wishes = [wish.told() for wish in self.wishes]
        return {"officer_id": self.officer_id, "status": self.status, **granted, "because": because,
                "assignments": wishes}  # fmt: skip


def placements(match: Match, officer_ids: Sequence[str]) -> list[Placement]:
    """One result for each officer asked for, in that order; somebody the round does not know did not apply."""
    places = pd.Index(match.stated.officer_ids).get_indexer(pd.Index(officer_ids, dtype=object))
    return [_placement(match, officer_id, int(place)) for officer_id, place in zip(officer_ids, places, strict=True)]


def _placement(match: Match, officer_id: str, officer: int) -> Placement:
    stated = match.stated
    low, high = (int(np.searchsorted(stated.officer, officer, side=side)) for side in ("left", "right"))
    if officer < 0 or low == high:
        return Placement(officer_id, None, None, "did_not_apply", NO_WISHES, ())
    granted = int(match.granted[officer])
    row = NOBODY if granted == NOBODY else int(match.rows[granted])
    told = tuple(_wish(match, wish, row) for wish in range(low, high))
    if row != NOBODY:
        return Placement(officer_id, str(stated.asked[row]), int(stated.order[row]), None, None, told)
    if (stated.aside[low:high] != COUNTS).all():
        return Placement(officer_id, None, None, "no_wish_counts", NONE_COUNTS, told)
    return Placement(officer_id, None, None, "no_wish_granted", NONE_GRANTED, told)


def _wish(match: Match, row: int, granted: int) -> WishTold:
    stated, decided_by = match.stated, None
    code, text = str(stated.aside[row]), ASIDE.get(str(stated.aside[row]), GRANTED)
    if code == "not_eligible":
        text = _not_eligible(match, row)
    elif code == COUNTS and row == granted:
        code = "granted"
    elif code == COUNTS and granted != NOBODY and row > granted:
        code, text = "not_needed", NOT_NEEDED
    elif code == COUNTS and match.stated.places[stated.vacancy[row]] == 0:
        code, text = "no_places", NO_PLACES
    elif code == COUNTS:
        code, (decided_by, text) = "outranked", _outranked(match, row)
    order = None if np.isnan(stated.order[row]) else int(stated.order[row])
    return WishTold(str(stated.asked[row]), order, code, text, decided_by)


def _not_eligible(match: Match, row: int) -> Bilingual:
    plain = ASIDE["not_eligible"]
    if len(match.stated.excluded) < 2:
        return plain
    zh, en = (column[row] for column in match.stated.excluded)
    return Bilingual(
        f"{plain.zh}：{zh}" if pd.notna(zh) and zh else plain.zh,
        f"{plain.en}: {en}" if pd.notna(en) and en else plain.en,
    )


def _outranked(match: Match, row: int) -> tuple[str, Bilingual]:
    """The first criterion in which whoever took the last place differs from this officer, and the sentence."""
    stated = match.stated
    vacancy = stated.vacancy[row]
    both = np.array([row, match.rows[match.last[vacancy]]])
    for one in stated.criteria:  # in the unheard-of case that even the tickets are equal, the lottery is told
        mine, last = one.at(both, stated.officer[both]).tolist()
        if not (mine == last or (np.isnan(mine) and np.isnan(last))):
            break
    places = int(stated.places[vacancy])
    zh = f"全部{places}个名额由排序在前的民警取得，"
    en = "the only place went to an officer" if places == 1 else f"all {places} places went to officers"
    en = f"{en} ahead of you in the published order; the last one "
    ending = _ending(match, one.name, mine, last)
    return one.name, Bilingual(zh + ending.zh, en + ending.en)


def _ending(match: Match, name: str, mine: float, last: float) -> Bilingual:
    if name == CLASS:
        return Bilingual("末位按优先类别在前，先于积分", "goes first by priority class, which comes before points")
    if name == LOTTERY:
        seed = match.rules.lottery_seed
        return Bilingual(
            f"末位与您公布的各项均相同，由公开抽签（种子“{seed}”）决定",
            f"is equal to you in all that is published, and the public lottery (seed {seed!r}) decided",
        )
    if name == POINTS:
        zh, en = (
            f"末位积分{_number(-last)}，您为{_number(-mine)}",
            f"had {counted(_number(-last), 'point')}, you have {_number(-mine)}",
        )
        return Bilingual(zh, en)
    rule = next(one for one in match.rules.tie_break if one.column == name)
    sign = -1.0 if rule.prefer == "more" else 1.0
    theirs, yours = _number(sign * last), _number(sign * mine)
    return Bilingual(
        f"末位积分与您相同，{rule.name_zh}为{theirs}，您为{yours if yours else '未记录'}",
        f"has the same points; {rule.name_en}: {theirs}, yours: {yours if yours else 'not recorded'}",
    )


def _number(value: float) -> str:
    """A number for people, empty where it is not known.

    >>> _number(28.0), _number(31.50), _number(float("nan"))
    ('28', '31.5', '')
    """
    return "" if np.isnan(value) else f"{value:.6f}".rstrip("0").rstrip(".")
