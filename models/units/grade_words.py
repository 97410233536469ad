"""What is said of a unit's grade, in Chinese and English: the share, what may be seen, the force's, and how sure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from data_contracts.figures import percent_told
from data_contracts.vocabulary import Grade

ALIKE = (
    "；与全员相近，各单位之间的差别也未超出民警个人之间的差别，没有依据认为本单位与全员不同",
    "; it is near the force, and as units differ no more than their officers do nothing shows that it is unlike it",
)

HALF = 0.5
LEANS = (
    "；该比例主要来自上级单位与全员，来自本单位民警自身的不足一半：本单位民警或事件太少，不足以单独说明",
    "; that share is mostly that of the units above and the force, less than half of it rests on the unit's own "
    "officers: too few of them or of events are its own",
)


@dataclass(frozen=True)
class Graded:
    """One node's grade: its pooled share, the interval of what will be seen, the whole force's share, and the grades
    at both ends of what is believed of it. `whole` is the force itself; `alike` where units differ no more than their
    officers do, so that nothing speaks for another share than the force's. `own_part` is how much of the
    share rests on its own officers, between 0 and 1."""

    share: float
    low: float
    high: float
    force: float
    grade: Grade
    best: Grade
    worst: Grade
    whole: bool = False
    alike: bool = False
    own_part: float = 1.0


def grade_told(one: Graded) -> dict[str, Any]:
    """The sentence of a grade.

    >>> told = grade_told(Graded(0.06, 0.0, 0.17, 0.05, Grade.GOOD, Grade.EXCELLENT, Grade.FAIR))
    >>> print(told["zh"])
    预期比例6.0%，实际可能在0.0%至17.0%之间，全员为5.0%；等级良好，把握不足，可能在最佳与一般之间
    >>> told["en"]
    'expected share 6.0%, what comes may lie between 0.0% and 17.0%, the whole force 5.0%; good, but not surely: it may be anything from excellent to fair'
    """  # noqa: E501
    share, force = (percent_told(value, 1, estimated=True) for value in (one.share, one.force))
    low, high = (percent_told(value, 1) for value in (one.low, one.high))
    zh = f"预期比例{share.zh}，实际可能在{low.zh}至{high.zh}之间"
    en = f"expected share {share.en}, what comes may lie between {low.en} and {high.en}"
    if one.whole:
        return {
            "zh": f"{zh}；这里即全员，是各单位的尺度，故为{one.grade.zh}",
            "en": f"{en}; this is the whole force, which units are measured by, and so {one.grade.en}",
        }
    doubt = ("", "")
    if one.best != one.worst:
        zh_doubt, en_doubt = _could_be(one)
        doubt = f"，把握不足，{zh_doubt}", f", but not surely: {en_doubt}"
    why = ALIKE if one.alike else ("", "")
    leans = LEANS if one.own_part < HALF else ("", "")
    return {
        "zh": f"{zh}，全员为{force.zh}；等级{one.grade.zh}{doubt[0]}{why[0]}{leans[0]}",
        "en": f"{en}, the whole force {force.en}; {one.grade.en}{doubt[1]}{why[1]}{leans[1]}",
    }


def _could_be(one: Graded) -> tuple[str, str]:
    """The grade next to it that is believed of it as well, or the two that it may lie between."""
    for end, other in ((one.best, one.worst), (one.worst, one.best)):
        if one.grade == end and abs(end.severity - other.severity) == 1:
            return f"也可能是{other.zh}", f"it may also be {other.en}"
    return f"可能在{one.best.zh}与{one.worst.zh}之间", f"it may be anything from {one.best.en} to {one.worst.en}"


def stood_for_told(officers: int, above: str | None, grade: Grade | None) -> dict[str, str]:
    """What is said of a node that shows no figures of its own.

    >>> print(stood_for_told(3, "station-7", Grade.GOOD)["zh"])
    已评分民警3人，本级或相邻单位人数过少，为保护个人不单独显示；由station-7（含下属单位）代表，其等级为良好
    """
    zh = f"已评分民警{officers}人，本级或相邻单位人数过少，为保护个人不单独显示"
    en = f"officers scored: {officers}, too few here or beside it to show figures of its own"
    if above is None or grade is None:
        return {"zh": f"{zh}；也没有可代表的上级单位", "en": f"{en}; no unit above stands for it"}
    return {
        "zh": f"{zh}；由{above}（含下属单位）代表，其等级为{grade.zh}",
        "en": f"{en}; {above} with everything under it stands for it and is {grade.en}",
    }
