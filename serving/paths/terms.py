"""How long a stated goal stands, and what is said once that time is over.

A goal on record says within how many months it is hoped for, from the day on which it was stated. A plan counts those
months anew from the day that it is made on: what is possible from here. The two part company as time goes by, so every
answer about the goal on record tells the term, and that it is over once it is.
"""

from __future__ import annotations

from datetime import date

from data_contracts.asof import months_until
from data_contracts.counting import filled
from data_contracts.vocabulary import Bilingual
from models.stated_goals import StatedGoal
from serving.paths.schemas import GoalTerm
from serving.words import text_of

RUNS = Bilingual(
    "目标于{stated}提出，期限{own}个月，至{ends}止；本计划自{today}起按{months}个月计算",
    "the goal was stated on {stated} for {own} {own:month|months}, until {ends}; this plan counts {months} "
    "{months:month|months} from {today}",
)
WITHIN = Bilingual(
    "；期限内的可能性，请按{left}个月另行查询",
    "; what is possible within the term itself is the answer for {left} {left:month|months}",
)
OVER = Bilingual(
    "目标于{stated}提出，期限{own}个月，已于{ends}届满；本计划自{today}起重新按{months}个月计算。请重新登记目标及期限",
    "the goal was stated on {stated} for {own} {own:month|months}, and that term ended on {ends}; this plan counts "
    "{months} {months:month|months} anew from {today}. State the goal again, with the months that it should have",
)


def term_of(stated: StatedGoal, as_of: date, months: int) -> GoalTerm:
    """The term of a stated goal on a day on which a plan counts so many months.

    >>> goal = StatedGoal("job_family", "legal", 24, date(2020, 7, 14))
    >>> term_of(goal, date(2022, 7, 14), 24).over, term_of(goal, date(2022, 7, 15), 24).over
    (False, True)
    """
    over = stated.over(as_of)
    words, told = OVER if over else RUNS, {
        "stated": stated.stated_on, "own": stated.horizon_months, "ends": stated.ends_on, "today": as_of,
        "months": months,
    }  # fmt: skip
    left = int(months_until(as_of, stated.ends_on)) if not over else 0
    if 0 < left < months:
        words, told = Bilingual(words.zh + WITHIN.zh, words.en + WITHIN.en), {**told, "left": left}
    return GoalTerm(
        stated_on=stated.stated_on, horizon_months=stated.horizon_months, ends_on=stated.ends_on, over=over,
        text=text_of(Bilingual(words.zh.format(**told), filled(words.en, **told))),
    )  # fmt: skip
