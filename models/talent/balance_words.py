"""The balance of a short list in words."""

from __future__ import annotations

from collections.abc import Mapping

from data_contracts.vocabulary import Bilingual
from models.groups import group_named
from models.talent.balance import GroupOnList, State

NOTICE = Bilingual(
    "名单人数少，区间必然较宽；仅供审计，从不影响名单；“偏离”须由委员会书面说明",
    "a list is short, so intervals are wide; for audits only, and never part of a list; the committee explains in "
    "writing what is uneven",
)
STATES: Mapping[State, Bilingual] = {
    "even": Bilingual("均衡", "even"),
    "uneven": Bilingual("偏离", "uneven"),
    "unclear": Bilingual("人数太少，无法判定", "unclear: too few to tell"),
    "nothing": Bilingual("名单为空", "the list is empty"),
}


def state_told(one: GroupOnList) -> Bilingual:
    """A group as a sentence.

    >>> state_told(GroupOnList("sex", "sex=female", 40, 1, 0.2, 0.1, 0.5, 0.01, 2.2, "unclear")).en
    'women: 10 % of the list, 20 % of those who could be listed; 0.50 times [0.01, 2.20], unclear: too few to tell'
    """
    name, state = group_named(one.group), STATES[one.state]
    if one.state == "nothing":
        return Bilingual(f"{name.zh}：{state.zh}", f"{name.en}: {state.en}")
    times = f"{one.ratio:.2f}", f"{one.low:.2f}", f"{one.high:.2f}"
    return Bilingual(
        f"{name.zh}：占名单{one.share_listed:.0%}，占可入选者{one.share_eligible:.0%}；"
        f"为{times[0]}倍 [{times[1]}, {times[2]}]，{state.zh}",
        f"{name.en}: {one.share_listed * 100:.0f} % of the list, {one.share_eligible * 100:.0f} % of those who could "
        f"be listed; {times[0]} times [{times[1]}, {times[2]}], {state.en}",
    )
