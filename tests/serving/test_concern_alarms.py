"""Plain words of a danger to life are urgent whatever a model makes of them, and what only sounds so is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from data_contracts.catalog import catalog
from data_contracts.concern_phrases import phrases
from data_contracts.policy import policy
from data_contracts.simulator.concern_texts import COMMUNITY_SENTENCES, SENTENCES
from data_contracts.simulator.concern_urgency import BY_URGENCY
from data_contracts.triaging import triage_faults
from models.concerns.aside import Aside
from models.concerns.model import ConcernModel
from models.concerns.text_model import Settling, TextModel
from serving.concerns.following import open_concerns
from serving.concerns.triage import Triage
from training.concerns.corpus import Share, examples
from training.concerns.fit import ConcernFit, fit_heads, labels_of_policy

SAID_PLAINLY = [
    "想自杀", "我想自杀", "我要自杀了", "我打算自杀", "我想死", "我想结束生命", "割腕了", "准备跳楼",
    "不想活了", "活不下去了", "老公打我，快打死我了", "我不想活了，枪就在手边", "我真的不是开玩笑，我不想活了",
    "办案压力太大，我想死", "他在楼顶要跳楼", "我爱人吞了一瓶安眠药", "隔壁有人拿刀追我", "叫不醒，没呼吸了",
    "人已经没有心跳了",
]  # fmt: skip
SOUNDS_SO = [
    "去年处置过一起跳楼警情，之后一直睡不好", "想申请参加自杀干预培训", "想死你们了，盼着早点回来",
    "这套思想死板的办法该改了", "孩子早上闹钟响了也叫不醒", "前年父亲大出血，后来救过来了",
    "我们所出警时遇到上吊的现场，新人害怕", "从来没想过自杀", "辞职算了，一了百了", "别等到要出人命再重视",
    "冬天值班室烧炭取暖不安全", "这个跳楼价的团购靠谱吗", "系统又没有心跳包了，电脑叫不醒",
    "听说外地有民警自杀，心里难受",
]  # fmt: skip


def _triage(silent: bool = False) -> Triage:
    """A model that calls nothing urgent; `silent` one that takes everything for small talk."""
    labels = labels_of_policy()
    heads = fit_heads(examples(phrases(), Share(), 1, 0), labels, ConcernFit(variants=1))
    settling = Settling(tell_subcategory=0.3, tell_category=0.3, urgent_from=1.1, soon_from=1.1)
    text = TextModel(labels, *heads, settling)
    return Triage(ConcernModel(replace(text, aside=_Everything()) if silent else text), policy())


class _Everything(Aside):
    """No text is a concern."""

    def __init__(self) -> None:
        pass

    def is_none(self, texts: object) -> object:
        return [True for _ in texts]  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def triage() -> Triage:
    return _triage()


def test_what_is_said_plainly_is_urgent_whatever_the_model_says(triage: Triage) -> None:
    told = triage.read(SAID_PLAINLY)
    assert [one.urgency for one in told] == ["urgent"] * len(SAID_PLAINLY)
    assert all(one.alarm is not None and one.urgent_chance is None for one in told), "no small chance beside it"


def test_what_is_over_denied_or_daily_work_raises_no_alarm(triage: Triage) -> None:
    raised = {text: alarm.code for text in SOUNDS_SO if (alarm := policy().triage.alarm_of(text))}
    assert raised == {}
    assert [one.urgency for one in triage.read(SOUNDS_SO)] == ["normal"] * len(SOUNDS_SO)


def test_no_sentence_of_the_simulator_that_is_not_urgent_raises_one() -> None:
    normal = [SENTENCES, COMMUNITY_SENTENCES, *(table for name, table in BY_URGENCY.items() if name != "urgent")]
    texts = [text for table in normal for some in table.values() for text in some]
    assert len(texts) > 150
    assert [text for text in texts if policy().triage.alarm_of(text)] == []
    around = phrases().around
    assert [text for text in (*around.normal, *around.settings) if policy().triage.alarm_of(text)] == []


def test_a_wish_to_die_goes_to_who_can_help_and_not_to_the_desk_of_the_other_matter(triage: Triage) -> None:
    (told,) = triage.read(["申请调整岗位半年没人理，我不想活了"])
    assert (told.status, told.category, told.subcategory) == ("sorted", "health", "psychological_support")
    (violence,) = triage.read(["孩子上学的材料交了，可是有人拿刀追我"])
    assert violence.alarm is not None
    assert violence.alarm.subcategory is None, "the matter stays what the model makes of it"


def test_an_alarm_is_heard_where_the_words_are_taken_for_small_talk() -> None:
    quiet, heard = _triage(silent=True).read(["今天天气不错", "想死"])
    assert (quiet.unread, quiet.urgency) == ("no_concern", "normal")
    assert (heard.unread, heard.urgency) == (None, "urgent")


def test_an_open_concern_says_its_alarm_and_no_guess_beside_it(triage: Triage) -> None:
    raised = pd.Timestamp("2026-02-20")
    row = {"concern_id": "n-1", "officer_id": "o-1", "unit_id": "u-1", "raised_by": "officer", "channel": "online",
           "category": None, "subcategory": None, "text": "我想自杀", "raised_on": raised, "acknowledged_on": pd.NaT,
           "resolved_on": pd.NaT, "known_on": raised}  # fmt: skip
    record = pd.DataFrame([row]).astype({"acknowledged_on": "datetime64[us]", "resolved_on": "datetime64[us]"})
    (one,) = open_concerns(record, triage, policy(), date(2026, 3, 1))
    assert one.alarm is not None
    assert (one.urgency, one.suggested, one.helpers[0].code) == ("urgent", None, "counsellor")
    assert one.escalation is not None
    assert one.escalation.to.code == "political_officer", "urgent ones go further after two days"


def test_an_alarm_that_goes_nowhere_is_a_fault_of_the_policy() -> None:
    found = policy().triage
    lost = replace(found, alarm=(replace(found.alarm[0], category="leave"),))
    (fault,) = triage_faults(lost, policy().concerns, catalog())
    assert fault == (
        "alarm[1]", "leave has no subcategory psychological_support",
        "name a category with one of its subcategories, or neither",
    )  # fmt: skip
