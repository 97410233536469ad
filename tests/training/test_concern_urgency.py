"""How urgent a text is: limits are chosen on sentences that nothing is fitted to, and judged on other ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from data_contracts.concern_phrases import PhraseBank, phrases
from data_contracts.policy import policy
from data_contracts.simulator.concern_urgency import BY_URGENCY
from models.concerns.text_model import TextModel
from training.concerns.corpus import NORMAL, Share, part_of
from training.concerns.fit import ConcernFit, fit_text
from training.concerns.urgency import (
    FORMS,
    SOON,
    URGENT,
    asked,
    level_figures,
    levels_of,
    limits,
    sentences,
    urgency_figures,
)


@pytest.fixture(scope="module")
def bank() -> PhraseBank:
    """Every third phrase."""
    return part_of(phrases(), Share(0, 3, held=True))


@pytest.fixture(scope="module")
def model(bank: PhraseBank) -> TextModel:
    return fit_text(bank, ConcernFit(variants=2))[0]


def test_every_level_has_sentences_of_known_subcategories_and_none_twice() -> None:
    known = {sub.code for category in policy().concerns for sub in category.subcategories}
    assert {code for table in BY_URGENCY.values() for code in table} <= known
    assert set(BY_URGENCY["soon"]) >= known - {"psychological_support", "occupational_health", "work_pressure"}
    every = sentences()
    assert len({one.text for one in every}) == len(every)
    assert min(Counter(one.urgency for one in every).values()) > 30


def test_forms_of_a_sentence_leave_its_level_and_begin_with_itself(bank: PhraseBank) -> None:
    some, forms = sentences(), asked(bank)
    assert [one.text for one in forms[::FORMS]] == [one.text for one in some]
    assert levels_of(forms).tolist() == [one.urgency for one in some for _ in range(FORMS)]
    clauses = [one for one in (*bank.around.urgent, *bank.around.soon) if "{" not in one]
    calm = [one.text for one in forms if one.urgency == NORMAL]
    assert not [one for one in calm if any(clause in one for clause in clauses)], "no form is made urgent"
    assert len({one.text for one in forms}) > 3 * len(some)


def test_a_department_with_other_subcategories_is_asked_about_its_own(bank: PhraseBank) -> None:
    fewer = {code: one for code, one in bank.subcategories.items() if code != "housing"}
    forms = asked(PhraseBank(fewer, bank.around))
    assert forms
    assert "housing" not in {one.subcategory for one in forms}


def test_limits_keep_the_promise_and_no_more() -> None:
    urgency = np.array([[0.0, 0.0, 0.4]] * 10 + [[0.5, 0.2, 0.05]] + [[0.7, 0.2, 0.1]] * 10)
    right = np.array([URGENT] * 11 + [NORMAL] * 10)
    assert policy().triage.telling.urgent_found == 0.9
    assert limits(urgency, right)["urgent_from"] == 0.4, "one of eleven may be missed"


def test_a_fit_takes_its_limits_from_the_sentences_it_is_told(bank: PhraseBank, model: TextModel) -> None:
    some = asked(bank)
    told = model.chances([one.text for one in some]).urgency
    kept = limits(told, levels_of(some))
    assert (model.settling.urgent_from, model.settling.soon_from) == (kept["urgent_from"], kept["soon_from"])
    found = level_figures(model.urgency_of(told), levels_of(some))
    assert found["urgent_found"] >= 0.9
    assert found["soon_found"] >= 0.8


def test_the_figures_are_of_sentences_that_chose_no_limit(bank: PhraseBank, model: TextModel) -> None:
    figures = urgency_figures(model, bank)
    assert figures["urgent_found"] > 0.7
    assert figures["urgent_precision"] > 0.25, "of a third of the phrases; who calls everything urgent reaches 0.18"
    blunt = replace(model, settling=replace(model.settling, urgent_from=0.0, soon_from=0.0))
    assert urgency_figures(blunt, bank) == figures, "the limits in force are not those that are judged"


def test_a_danger_is_told_from_one_that_is_over_and_from_an_anger(model: TextModel) -> None:
    over, anger, now = model.chances(
        ["前年抢救过来的，现在已经康复，想问补助", "气得要死，报表天天催", "他站在楼顶上要跳下去，快来人"]
    ).urgency[:, URGENT]
    assert now > 0.5 > max(over, anger)


def test_levels_are_counted_by_what_they_are() -> None:
    right, told = np.array([NORMAL, NORMAL, SOON, URGENT]), np.array([NORMAL, URGENT, URGENT, URGENT])
    assert level_figures(told, right) == pytest.approx({
        "urgent_found": 1.0, "urgent_precision": 1 / 3, "soon_found": 1.0, "soon_precision": np.nan,
        "urgent_false_alarms": 0.5, "urgency_right": 0.5,
    }, nan_ok=True)  # fmt: skip
