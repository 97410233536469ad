"""How many answers would be unsure at each promise, and how well the promise was kept: measured on later years.

Sets are fitted on one later as-of and looked at on the next, as a model that is trained once a year would meet them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from data_contracts.vocabulary import Bilingual
from models.risk.conformal import Conformal
from models.risk.evidence import Pooled

KEYS = ("held_when_it_came", "held_when_it_did_not", "unsure")


@dataclass(frozen=True)
class Kept:
    """One promise, the share of those to whom it came and of the others whose set held it, and the share unsure."""

    promise: float
    when_it_came: float
    when_it_did_not: float
    unsure: float


def kept_promises(rows: Pooled, levels: Sequence[float]) -> list[Kept]:
    """Each level over all pairs of neighbouring as-ofs on which it came to somebody and not to all, weighted by
    officers; none without such a pair."""
    pairs = list(pairwise(day for day in np.unique(rows.days) if 0 < rows.y[rows.days == day].mean() < 1))
    return [_kept(rows, level, pairs) for level in levels if pairs]


def _kept(rows: Pooled, level: float, pairs: Sequence[tuple[np.datetime64, np.datetime64]]) -> Kept:
    told, sizes = [], []
    for before, after in pairs:
        earlier, later = rows.days == before, rows.days == after
        sets = Conformal.fit(rows.chances[earlier], rows.y[earlier], level)
        found = sets.coverage(rows.chances[later], rows.y[later])
        told.append([found[key] for key in KEYS])
        sizes.append(int(later.sum()))
    came, stayed, unsure = np.average(np.array(told), axis=0, weights=sizes)
    return Kept(level, float(came), float(stayed), float(unsure))


def doubt_line(outcome: str, kept: Sequence[Kept], promise: float) -> Bilingual | None:
    """One sentence on the promise of policy and the levels beside it; None where nothing was measured.

    >>> some = [Kept(0.9, 0.84, 0.92, 0.65), Kept(0.8, 0.76, 0.79, 0.39)]
    >>> print(doubt_line("conduct", some, 0.8).en)
    conduct: 39 % unsure at the promise of 80 % (kept 76 % when it came, 79 % when it did not); 65 % at 90 %
    """
    mine = next((one for one in kept if one.promise == promise), None)
    if mine is None:
        return None
    others = [(f"{one.unsure:.0%}", f"{one.promise:.0%}") for one in kept if one is not mine]
    zh = (
        f"{outcome}：承诺 {promise:.0%} 时 {mine.unsure:.0%} 的民警“无法判断”"
        f"（实际兑现：发生者 {mine.when_it_came:.0%}，"
        f"未发生者 {mine.when_it_did_not:.0%}）" + "".join(f"；承诺 {level} 时为 {share}" for share, level in others)
    )
    en = (
        f"{outcome}: {_spaced(f'{mine.unsure:.0%}')} unsure at the promise of {_spaced(f'{promise:.0%}')} (kept "
        f"{_spaced(f'{mine.when_it_came:.0%}')} when it came, {_spaced(f'{mine.when_it_did_not:.0%}')} when it did not)"
    )
    return Bilingual(zh, en + "".join(f"; {_spaced(share)} at {_spaced(level)}" for share, level in others))


def _spaced(share: str) -> str:
    return share.replace("%", " %")


def everyone_line(outcome: str) -> Bilingual:
    """What is said of a version whose sets hold both ends at every chance."""
    return Bilingual(
        f"{outcome}：留出年份中事件太少，无法兑现任何承诺，此版本对所有人都标“无法判断”；需要更多年份或民警",
        f"{outcome}: too few events in the years held out to promise anything, so this version is unsure of everyone; "
        "more years or officers would lower it",
    )
