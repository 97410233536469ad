"""Words that no warning may rest on: what a reviewer may not write, and what only looks like it."""

from __future__ import annotations

import pytest

from data_contracts.policy import policy
from models.groups import VALUES


@pytest.mark.parametrize(
    "text",
    [
        "他是穆斯林", "信伊斯兰教", "因斋月调整勤务", "需安排清真餐", "信佛",
        "家里是基督徒", "回族民警", "维吾尔族", "藏族同志",
        "苗族侗族都有", "回族民警调自广西壮族自治区", "少数族裔", "肤色",
        "he is a Muslim", "MUSLIMS only", "an Islamic name",
        "fasts in Ramadan", "a Catholic", "Buddhist", "he is Jewish", "an Uyghur officer",
        "Tibetan", "for racial reasons",
        "the Hui officer", "an African American", "Hispanic", "because of nationality",
    ],
)  # fmt: skip
def test_faiths_and_ethnic_groups_are_not_said(text: str) -> None:
    assert policy().review.unsayable(text)


@pytest.mark.parametrize(
    "text",
    [
        "已召回民警谈心", "看清真相后再处理", "由老民警师傅教徒弟", "武汉人多，勤务重",
        "开展街道教育", "水族馆执勤", "扫黑人员不足",
        "调往广西壮族自治区", "在黔东南苗族侗族自治州支援", "新疆维吾尔自治区轮岗",
        "明白人一看便知", "raced to the scene",
        "talked to Zhang Hui and Han Li", "acted in good faith", "guards the mosque and the church", "a jewel thief",
        "two black cars", "duty at the Asian Games",
    ],
)  # fmt: skip
def test_everyday_words_that_hold_one_by_chance_may_be_said(text: str) -> None:
    assert not policy().review.unsayable(text)


def test_every_ethnic_group_that_audits_name_is_among_them() -> None:
    groups = [one.zh for one in VALUES["ethnicity"].values() if one.zh.endswith("族")]
    assert len(groups) >= 4
    assert [one for one in groups if not policy().review.unsayable(one)] == []
