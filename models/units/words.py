"""What is said of a unit, in Chinese and English: how it moves, and what coming and going did.

Numbers only: nobody in a unit is named, and a few officers are told of together with others or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from data_contracts.figures import percent_told
from models.units.moves import Movement

LAST_PERIOD, EARLIER_EXPECTATION, FORCE_EARLIER = "last_period", "earlier_expectation", "force_earlier"
DIRECTIONS: Mapping[str, tuple[str, str]] = {
    "worsening": ("上升", "rising"),
    "improving": ("下降", "falling"),
    "steady": ("基本持平", "about steady"),
}
AGAINST: Mapping[str, tuple[str, str]] = {
    LAST_PERIOD: (
        "与上一期实际比例（按全员当前水平折算）相比",
        "against the last period at today's level of the force",
    ),
    EARLIER_EXPECTATION: (
        "与一年前的预期（按全员当前水平折算）相比",
        "against what was expected a year before, at today's level of the force",
    ),
    FORCE_EARLIER: (
        "全员为各单位的尺度，故只与全员一年前的预期相比",
        "the whole force is what units are measured by, so it is told against what was expected of it a year before",
    ),
}
POINT_DIGITS, DIGITS = 2, 6  # of what is said in points, and of what programs read
SURELY = 9  # digits; what is left of a difference of floats beyond them is nothing
OPEN_FINDINGS = (  # said of the whole force, where no other unit's share takes them out
    "；尚未办结的投诉在前后两日可能不同，仅供参考",
    "; complaints still open may differ between the two days, so take it as a hint",
)


def points(change: float) -> str:
    """A change in points of a hundred for people, finer than shares are told: its parts are told beside it.

    >>> points(0.004), points(-0.00663), points(-0.00001)
    ('+0.40', '-0.66', '+0.00')
    """
    return _signed(round(100 * change, POINT_DIGITS))


def _signed(told: float | None) -> str:
    return "" if told is None else f"{told + 0.0:+.{POINT_DIGITS}f}"  # no minus nought


def _rounded(value: float) -> float:
    return round(value, DIGITS) + 0.0


def trend_told(change: Mapping[str, float], direction: str, against: str, waits: bool = False) -> dict[str, Any]:
    """The JSON of a trend; `change` has before, change, low, high and worse (the chance that it truly rises).

    `waits` tells that the outcome waits for findings, which the force's own movement cannot leave out.
    """
    zh, en = DIRECTIONS[direction]
    basis_zh, basis_en = AGAINST[against]
    moved, worse = points(change["change"]), percent_told(change["worse"], estimated=True)
    zh_note, en_note = OPEN_FINDINGS if waits and against == FORCE_EARLIER else ("", "")
    return {
        "direction": direction,
        "against": against,
        **{name: _rounded(float(value)) for name, value in change.items()},
        "text": {
            "zh": f"{basis_zh}，预期比例{zh}（{moved}个百分点，确为上升的可能性{worse.zh}）{zh_note}",
            "en": f"{basis_en}, the expected share is {en} ({moved} points; "
            f"the chance that it truly rises is {worse.en}){en_note}",
        },
    }


@dataclass(frozen=True)
class _Parts:
    """What is told of a movement, in points: the whole, and the parts that sum to it as they are told. `both` is of
    those who came and left together. A part that is not told apart is None, and so are all where none may be told."""

    whole: float
    by_in: float | None
    by_out: float | None
    by_stayers: float | None
    both: float | None
    others: float

    @classmethod
    def of(cls, movement: Movement, apart: bool, split: bool, digits: int, scale: float = 1.0) -> _Parts:
        """Rounded to so many digits after `scale`. What rounding leaves over goes to what the unit leans on, or, where
        it leans on nothing, to the largest of the parts: a reader who adds them up finds the whole."""
        parts = {"by_in": movement.by_in, "by_out": movement.by_out, "by_stayers": movement.by_stayers}
        if not apart:
            both = parts.pop("by_in") + parts.pop("by_out")
            parts = {"both": both, **parts} if split else {}
        told = {name: round(scale * value, digits) for name, value in parts.items()}
        whole, others = round(scale * movement.change, digits), round(scale * movement.by_others, digits)
        if told:
            left = round(whole - sum(told.values()), digits)
            if round(movement.by_others, SURELY):
                others = left
            else:
                largest = max(told, key=lambda name: abs(told[name]))
                told[largest] = round(told[largest] + left - others, digits)
        fields = {name: told.get(name) for name in ("by_in", "by_out", "by_stayers", "both")}
        return cls(whole=whole, others=others, **fields)


def movement_told(movement: Movement, since: date, least: int) -> dict[str, Any]:
    """The JSON of a movement; what fewer than `least` officers changed is told with others, or not at all (null).

    The parts sum to the whole, so where those who came (or who left) are few, both are told together by what the
    stayers leave; where even both are few, only what the unit leans on is told apart. Where nobody stayed, what came
    of those who left and of those who came can only be told together.
    """
    came, went, moved = movement.moved_in, movement.moved_out, movement.moved_in + movement.moved_out
    apart = movement.stayed > 0 and not any(0 < many < least for many in (came, went, movement.stayed))
    split = apart or (moved >= least and (movement.stayed == 0 or movement.stayed >= least))
    exact = _Parts.of(movement, apart, split, DIGITS)
    told = _Parts.of(movement, apart, split, POINT_DIGITS, 100.0)
    zh, en = _parts_told(movement, told)
    whole, others = _signed(told.whole), _signed(told.others)
    leans = (
        (f"，其余{others}来自上级单位与全员（人数越少越向其靠拢）",
         f", the other {others} from the unit above and the force, which it leans on the more the smaller it is")
        if told.others
        else ("", "")
    )  # fmt: skip
    level = ("，按全员当前水平折算", ", at today's level of the force,") if movement.at_level else ("", "")
    return {
        "since": since.isoformat(),
        "change": exact.whole + 0.0,
        "moved_in": {"officers": came, "change": _no_minus(exact.by_in)},
        "moved_out": {"officers": went, "change": _no_minus(exact.by_out)},
        "stayed": {"officers": movement.stayed, "change": _no_minus(exact.by_stayers)},
        "others": exact.others + 0.0,
        "text": {
            "zh": f"自{since}以来{level[0]}，预期比例变化{whole}个百分点（即趋势所述的变化）：{zh}{leans[0]}",
            "en": f"since {since}{level[1]} the expected share moved by {whole} points (the change that the trend "
            f"tells): {en}{leans[1]}",
        },
    }


def _parts_told(movement: Movement, told: _Parts) -> tuple[str, str]:
    came, went, stayed = movement.moved_in, movement.moved_out, movement.stayed
    by_in, by_out, both, by_stayers = map(_signed, (told.by_in, told.by_out, told.both, told.by_stayers))
    if told.by_in is not None:
        each = (
            (came, (f"调入{came}人带来{by_in}", f"{came} came in {by_in}"), ("无人调入", "nobody came in")),
            (went, (f"调出{went}人带来{by_out}", f"{went} left {by_out}"), ("无人调出", "nobody left")),
            (
                stayed,
                (f"留任{stayed}人带来{by_stayers}", f"{stayed} stayed {by_stayers}"),
                ("无人留任", "nobody stayed"),
            ),
        )
        parts = [some if many else nobody for many, some, nobody in each]
    elif told.both is not None:
        parts = [
            (f"调入{came}人、调出{went}人合计带来{both}", f"{came} came in and {went} left {both} together"),
            (f"留任{stayed}人带来{by_stayers}", f"{stayed} stayed {by_stayers}")
            if stayed
            else ("无人留任", "nobody stayed"),
        ]
    else:
        parts = [
            (f"调入{came}人、调出{went}人、留任{stayed}人", f"{came} came in, {went} left, {stayed} stayed"),
            ("其中有的人数过少，不分项说明", "too few of some to tell their parts"),
        ]
    return "，".join(zh for zh, _ in parts), ", ".join(en for _, en in parts)


def _no_minus(value: float | None) -> float | None:
    return None if value is None else value + 0.0
