"""Sentences of units, and which parts are too few to tell of."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from data_contracts.vocabulary import Grade, Outcome
from models.risk.themes import FACETS
from models.units.driver_words import Excess, Means, Telling, drivers_told, rest_told
from models.units.grade_words import Graded, grade_told, stood_for_told
from models.units.moves import Movement
from models.units.words import FORCE_EARLIER, movement_told, trend_told

SINCE = date(2025, 1, 1)
CONDUCT = Telling(Outcome.CONDUCT, SINCE)
CODES = [theme.code for theme, _ in FACETS]
MOVED = Movement(0.01, moved_in=8, moved_out=6, stayed=30, by_in=0.02, by_out=-0.004, by_stayers=-0.006)
CHANGES = ("moved_in", "moved_out", "stayed")


@pytest.mark.parametrize(
    ("came", "went", "stayed", "told", "zh"),
    [
        (8, 6, 30, (0.02, -0.004, -0.006), "调入8人带来+2.00，调出6人带来-0.40，留任30人带来-0.60"),
        (8, 0, 30, (0.02, -0.004, -0.006), "调入8人带来+2.00，无人调出，留任30人带来-0.60"),
        (4, 6, 30, (None, None, -0.006), "调入4人、调出6人合计带来+1.60，留任30人带来-0.60"),
        (2, 2, 30, (None, None, None), "调入2人、调出2人、留任30人，其中有的人数过少，不分项说明"),
        (8, 6, 3, (None, None, None), "调入8人、调出6人、留任3人，其中有的人数过少，不分项说明"),
        (8, 6, 0, (None, None, -0.006), "调入8人、调出6人合计带来+1.60，无人留任"),
    ],
)
def test_what_a_few_officers_changed_is_told_with_others_or_not_at_all(
    came: int, went: int, stayed: int, told: tuple[float | None, ...], zh: str
) -> None:
    found = movement_told(replace(MOVED, moved_in=came, moved_out=went, stayed=stayed), SINCE, 5)
    assert tuple(found[part]["change"] for part in CHANGES) == told
    assert [found[part]["officers"] for part in CHANGES] == [came, went, stayed]
    assert found["text"]["zh"] == (
        f"自2025-01-01以来，按全员当前水平折算，预期比例变化+1.00个百分点（即趋势所述的变化）：{zh}"
    )
    assert found["change"] == 0.01


def test_sentences_are_in_both_languages_and_chinese_has_its_own_marks() -> None:
    change = {"before": 0.05, "change": 0.01, "low": -0.01, "high": 0.03, "worse": 0.8}
    graded = Graded(0.06, 0.0, 0.17, 0.05, Grade.FAIR, Grade.GOOD, Grade.POOR)
    told = [
        trend_told(change, "steady", FORCE_EARLIER, waits=True)["text"],
        movement_told(MOVED, SINCE, 5)["text"],
        grade_told(graded),
        grade_told(replace(graded, whole=True)),
        stood_for_told(3, "u-1", Grade.GOOD),
        stood_for_told(3, None, None),
    ]
    for one in told:
        assert not set(one["zh"]) & set(",;:()")
        assert one["en"].isascii()
    assert "可能在良好与较差之间" in grade_told(graded)["zh"]
    assert "anything from good to poor" in grade_told(graded)["en"]
    assert grade_told(replace(graded, best=Grade.FAIR))["en"].endswith("; fair, but not surely: it may also be poor")
    assert grade_told(replace(graded, worst=Grade.FAIR))["zh"].endswith("；等级一般，把握不足，也可能是良好")
    far = grade_told(replace(graded, grade=Grade.POOR))  # fair lies between the two as well
    assert far["zh"].endswith("；等级较差，把握不足，可能在良好与较差之间")
    alone = movement_told(replace(MOVED, at_level=False), SINCE, 5)["text"]
    assert "折算" not in alone["zh"]
    assert "level" not in alone["en"]
    leaning = movement_told(replace(MOVED, by_stayers=-0.001, by_others=-0.005), SINCE, 5)
    assert leaning["text"]["zh"].endswith("留任30人带来-0.10，其余-0.50来自上级单位与全员（人数越少越向其靠拢）")
    assert "the other -0.50 from the unit above" in leaning["text"]["en"]
    assert leaning["others"] == -0.005
    alike = grade_told(replace(graded, alike=True))
    assert alike["zh"].endswith("没有依据认为本单位与全员不同")
    assert "nothing shows that it is unlike it" in alike["en"]
    assert "unlike" not in grade_told(replace(graded, whole=True, alike=True))["en"]
    for part, leans in ((0.49, True), (0.5, False)):
        leaning_share = grade_told(replace(graded, own_part=part))
        assert ("mostly that of the units above and the force" in leaning_share["en"]) is leans
        assert ("主要来自上级单位与全员，来自本单位民警自身的不足一半" in leaning_share["zh"]) is leans
    assert "mostly" not in grade_told(replace(graded, whole=True, own_part=0.1))["en"]
    assert "this is the whole force" in grade_told(replace(graded, whole=True))["en"]


def test_a_driver_is_a_number_that_a_reader_can_tell_from_the_forces() -> None:
    place = CODES.index("sustained_complaints")
    facet = FACETS[place][1]
    excess = np.zeros(len(FACETS))
    excess[place] = 0.4
    told = drivers_told(
        Excess(excess, excess), Means({facet.shown: 4.44 * facet.scale}, {facet.shown: 4.4 * facet.scale}), CONDUCT
    )
    assert told == []  # 4.4 against 4.4
    (one,) = drivers_told(
        Excess(excess, excess), Means({facet.shown: 6.2 * facet.scale}, {facet.shown: 4.4 * facet.scale}), CONDUCT
    )
    assert "（本单位民警均值）：" in one["text"]["zh"]
    assert "高于2025-01-01全体已评分民警的均值4.4，使本单位“查实投诉”的预期高于全员" in one["text"]["zh"]
    assert (
        "above the 4.4 of all officers scored on 2025-01-01, which raises the unit's share with sustained complaint "
        "against the force" in one["text"]["en"]
    )


def test_a_driver_says_which_way_it_moves_the_unit_and_where_the_number_lies() -> None:
    complaints, courses = (
        next(place for place, (_, facet) in enumerate(FACETS) if facet.shown == name)
        for name in ("complaints_sustained_24m", "courses_12m")
    )
    excess = np.zeros(len(FACETS))
    excess[complaints], excess[courses] = -0.3, 0.1
    below, force = (
        {"complaints_sustained_24m": 0.1, "courses_12m": 0.73},
        {"complaints_sustained_24m": 0.4, "courses_12m": 1.0},
    )
    fewer, fewer_courses = drivers_told(Excess(excess, excess), Means(below, force), CONDUCT)
    assert [(one["theme"], one["direction"], one["share"]) for one in (fewer, fewer_courses)] == [
        ("sustained_complaints", "lowers", 0.75), ("training", "raises", 0.25)]  # fmt: skip
    assert (
        "查实投诉0.10件，低于2025-01-01全体已评分民警的均值0.40，使本单位“查实投诉”的预期低于全员"
        in fewer["text"]["zh"]
    )
    assert (
        "培训0.73门，低于2025-01-01全体已评分民警的均值1，使本单位“查实投诉”的预期高于全员"
        in fewer_courses["text"]["zh"]
    )
    more = {**below, "complaints_sustained_24m": 0.9}
    assert [one["theme"] for one in drivers_told(Excess(excess, excess), Means(more, force), CONDUCT)] == [
        "training"
    ]  # speaks against


def test_where_the_drivers_told_make_less_than_half_the_rest_is_spoken_of() -> None:
    assert rest_told([0.3, 0.2]) is None
    told, none = rest_told([0.195]), rest_told([])
    assert told is not None
    assert told["zh"] == "以上主题合计占本单位与全员差异的20%，其余分散在其他主题"
    assert none is not None
    assert none["zh"] == "没有哪个主题能单独说明本单位与全员的差异"


def test_a_theme_is_told_once_by_the_fact_that_adds_most_its_way_and_only_where_officers_are_told_of_it() -> None:
    steps, rank, tenure = (
        next(place for place, (_, facet) in enumerate(FACETS) if facet.shown == name)
        for name in ("rank_steps_taken_60m", "days_in_rank", "tenure_days")
    )
    excess = np.zeros(len(FACETS))
    excess[[steps, rank, tenure]] = -0.1, 0.3, 0.05  # together 0.25: the theme raises, though one fact of it lowers
    excess[CODES.index("honours")] = 0.9
    unit = {"rank_steps_taken_60m": 1.2, "days_in_rank": 2922.0, "tenure_days": 9000.0, "honours_60m": 0.1}
    force = {"rank_steps_taken_60m": 1.9, "days_in_rank": 1461.0, "tenure_days": 5000.0, "honours_60m": 1.1}
    told = drivers_told(Excess(excess, excess), Means(unit, force), replace(CONDUCT, themes={"career_stage"}))
    assert [(one["theme"], one["direction"]) for one in told] == [("career_stage", "raises")]
    assert "任现职级8年" in told[0]["text"]["zh"]
    assert told[0]["share"] == pytest.approx(0.25 / 1.15, abs=1e-3)  # of all that moves it, what is not told included
    assert {one["theme"] for one in drivers_told(Excess(excess, excess), Means(unit, force), CONDUCT)} == {
        "honours",
        "career_stage",
    }
    turned = drivers_told(Excess(-excess, -excess), Means(unit, force), replace(CONDUCT, themes={"career_stage"}))
    assert [(one["theme"], one["direction"]) for one in turned] == [("career_stage", "lowers")]
    silent = replace(CONDUCT, themes=())
    assert drivers_told(Excess(excess, excess), Means(unit, force), silent) == []


def test_a_unit_is_told_no_figure_that_is_quiet_for_officers_or_did_not_move_it() -> None:
    """What may be told of nobody has no figure (nought): a unit's years of service, where officers hear of none."""
    place = next(place for place, (_, facet) in enumerate(FACETS) if facet.shown == "tenure_days")
    facets, own = np.zeros(len(FACETS)), np.zeros(len(FACETS))
    facets[place] = 0.4
    means = Means({"tenure_days": 5000.0}, {"tenure_days": 9000.0})
    for part, told in ((0.0, 0), (0.1, 0), (-0.4, 0), (0.2, 1), (0.4, 1)):
        own[place] = part
        assert len(drivers_told(Excess(facets, own), means, CONDUCT)) == told
    counted = CODES.index("sustained_complaints")
    facets, own = np.zeros(len(FACETS)), np.zeros(len(FACETS))
    facets[counted] = 0.4
    more = Means({"complaints_sustained_24m": 0.9}, {"complaints_sustained_24m": 0.4})
    assert drivers_told(Excess(facets, own), more, CONDUCT) == []  # silent as a theme
    own[counted] = 0.4
    assert len(drivers_told(Excess(facets, own), more, CONDUCT)) == 1


def test_a_unit_on_the_other_side_of_nought_is_not_compared() -> None:
    place = next(place for place, (_, facet) in enumerate(FACETS) if facet.shown == "months_past_least_time")
    excess = np.zeros(len(FACETS))
    excess[place] = -0.4

    def told(unit: float, force: float) -> list[str]:
        means = Means({"months_past_least_time": unit}, {"months_past_least_time": force})
        return [one["text"]["en"] for one in drivers_told(Excess(excess, excess), means, CONDUCT)]

    assert told(3.0, -2.0) == []
    assert (
        "20 months to go to the least time in the present rank, above the 12 of all officers scored on"
        in told(-20.0, -12.0)[0]
    )


def test_what_is_told_of_a_trend_is_never_certain() -> None:
    change = {"before": 0.05, "change": 0.01, "low": -0.01, "high": 0.03}
    for worse, zh, en in (
        (0.9968, "超过99%", "over 99%"),
        (0.0049, "不到1%", "under 1%"),
        (1.0, "超过99%", "over 99%"),
        (0.8, "80%", "80%"),
    ):
        told = trend_told({**change, "worse": worse}, "steady", FORCE_EARLIER)["text"]
        assert f"确为上升的可能性{zh}）" in told["zh"]
        assert f"the chance that it truly rises is {en})" in told["en"]
    graded = grade_told(Graded(0.0003, 0.0, 0.002, 0.9999, Grade.FAIR, Grade.FAIR, Grade.FAIR))
    assert graded["en"].startswith("expected share under 0.1%, what comes may lie between 0.0% and 0.2%")
    assert "全员为超过99.9%" in graded["zh"]


def test_a_little_that_a_unit_leans_on_is_told_so_that_the_parts_add_up() -> None:
    little = replace(MOVED, change=-0.00668, by_in=0.00004, by_out=-0.00634, by_stayers=-0.00004, by_others=-0.00034)
    told = movement_told(little, SINCE, 5)
    assert "moved by -0.67 points" in told["text"]["en"]
    assert "8 came in +0.00, 6 left -0.63, 30 stayed +0.00, the other -0.04 from" in told["text"]["en"]
    alone = movement_told(replace(little, change=-0.0063, by_out=-0.006317, by_stayers=0.0, by_others=0.0), SINCE, 5)
    parts = [alone[part]["change"] for part in CHANGES]
    assert alone["others"] == 0.0  # nothing is made up that it leaned on: the largest part takes what rounding leaves
    assert round(sum(parts), 6) == alone["change"] == -0.0063
