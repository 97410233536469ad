"""What the audit chain holds beside a decision on a model, in words: who signed, about how much, what stood before.

A detail that is not known here keeps the name under which it was written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from data_contracts.counting import counted
from data_contracts.vocabulary import Bilingual, Outcome

NAMED_ELSEWHERE = ("model", "name", "version", "sha256")  # by the page itself
KINDS: Mapping[str, Bilingual] = {
    "waiver": Bilingual("豁免", "a waiver"), "justification": Bilingual("书面说明", "a written explanation"),
}  # fmt: skip


def decided(details: Mapping[str, Any]) -> Iterator[Bilingual]:
    """One line a detail, the most telling first.

    >>> [one.en for one in decided({"version": "2", "before": "1", "checks": ["a", "b"], "kind": "waiver"})]
    ['a waiver', 'about 2 checks', 'version 1 answered before']
    """
    for name, told in WORDS.items():
        if name in details:
            yield told(details[name])
    for name in sorted({*details} - {*WORDS} - {*NAMED_ELSEWHERE}):
        value = json.dumps(details[name], ensure_ascii=False, sort_keys=True)
        yield Bilingual(f"{name}：{value}", f"{name}: {value}")


def _kind(value: Any) -> Bilingual:
    return KINDS.get(str(value), Bilingual(str(value), str(value)))


def _checks(value: Any) -> Bilingual:
    many = len(value) if isinstance(value, list) else value
    return Bilingual(f"涉及{many}项检验", f"about {counted(many, 'check')}")


def _signed(value: Any) -> Bilingual:
    who = [str(one) for one in value] if isinstance(value, list) else [str(value)]
    return Bilingual(f"签字人：{'、'.join(who)}", f"signed by {', '.join(who)}")


def _before(value: Any) -> Bilingual:
    if value is None:
        return Bilingual("此前没有启用的版本", "no version answered before")
    return Bilingual(f"此前启用第{value}版", f"version {value} answered before")


def _without(value: Any) -> Bilingual:
    """Outcomes that are no longer served, by their names."""
    some = [Outcome(one).label if one in tuple(Outcome) else Bilingual(str(one), str(one)) for one in value]
    lost = Bilingual.joined(some, ("、", ", "))
    return Bilingual(f"不再提供：{lost.zh}", f"no longer served: {lost.en}")


def _agreement(value: Any) -> Bilingual:
    if value is None:
        return Bilingual("与此前版本无从比较", "it could not be compared with the version before")
    return Bilingual(f"与此前版本的排序一致程度{value:.2f}（1为相同）",
                     f"orders as the version before at {value:.2f} (1 is the same order)")  # fmt: skip


def _seconds(whose_zh: str, whose_en: str) -> Callable[[Any], Bilingual]:
    def told(value: Any) -> Bilingual:
        if value is None:
            return Bilingual(f"{whose_zh}没有试答", f"{whose_en} was not tried")
        return Bilingual(
            f"{whose_zh}试答用时{value:.2g}秒", f"{whose_en} took {counted(f'{value:.2g}', 'second')} to try"
        )

    return told


WORDS: Mapping[str, Callable[[Any], Bilingual]] = {
    "kind": _kind,
    "reason": lambda value: Bilingual(f"理由：{value}", f"reason: {value}"),
    "checks": _checks,
    "signed_by": _signed,
    "before": _before,
    "without": _without,
    "code": lambda value: Bilingual(f"拒绝代码：{value}", f"refused with the code {value}"),
    "officers": lambda value: Bilingual(f"试问{value}名民警", f"tried on {counted(value, 'officer')}"),
    "answers": lambda value: Bilingual(f"核对{value}个数值", f"{counted(value, 'figure')} compared"),
    "seconds": _seconds("新版本", "the new version"),
    "before_seconds": _seconds("此前版本", "the version before"),
    "agreement": _agreement,
}
