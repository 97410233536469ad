"""What each chance in an answer about paths is a chance of, in words: one move has another chance in every question."""

from __future__ import annotations

from datetime import date

from data_contracts.counting import filled
from data_contracts.vocabulary import Bilingual
from serving.night.manifest import ModelIdentity
from serving.paths.schemas import ChancesExplained
from serving.schemas import Because
from serving.words import because_of, text_of

GOAL = Bilingual(
    "从现在起{months}个月内，以任一路径到达目标的可能性，已计入期间不调动或离队的可能",
    "chance of the goal within {months} {months:month|months} from now by any way found; that no move comes in time, "
    "or that service ends, is counted in",
)
PATH = Bilingual(
    "从现在起{months}个月内，恰好沿此路径到达目标的可能性，已计入期间不调动的可能",
    "chance of getting to the goal within {months} {months:month|months} by this very way; that no move comes in "
    "time is counted in",
)
STEP = Bilingual(
    "若在该步预计的时候调动（或晋升），去往此处的可能性；不含是否会调动。“下一岗位建议”中的可能性由另一模型给出，"
    "指下一次调动不论何时去往该岗位，两者不可直接比较",
    "if a move (or promotion) comes when this step is expected, the chance that it goes here; whether one comes is not "
    "in it. The likelihood of a suggested next post is another model's, of the next move whenever it comes: the two do "
    "not compare",
)


DAYS = Bilingual(
    "预计日期与区间只就{months}个月内恰好沿该路径到达目标的情形而言，并非不论何时：期限不同，或其后的步骤不同，同一步的日期也不同",
    "expected days and intervals are of the cases in which this very way gets to the goal within {months} "
    "{months:month|months}, not of whenever: within another horizon, or with other steps after it, the same step has "
    "other days",
)
COUNTED = Bilingual(
    "；本人已表示不感兴趣而未列出的路径也计算在内，不计入时为{chance:.2%}",
    "; paths left out because the officer declined them are counted in too, and without them it is {chance:.2%}",
)


BEFORE_TRAINING = Bilingual(
    "模型{name}第{version}版以{trained}为训练截止日，晚于所问的{day}：其中的可能性与件数取自截至{trained}的记录，含其后"
    "发生的事，不能当作当日的预测",
    "{name} version {version} was trained as of {trained}, after the day asked about, {day}: its chances and counts "
    "are of the records up to {trained}, which know later facts, and are no forecast of that day",
)


def notices_of(model: ModelIdentity, as_of: date) -> list[Because]:
    """That the model learned from what came after the day asked about; nothing where it did not."""
    if not model.knew_more(as_of):
        return []
    told = {"name": model.name, "version": model.version, "trained": model.trained_as_of, "day": as_of}
    words = Bilingual(BEFORE_TRAINING.zh.format(**told), BEFORE_TRAINING.en.format(**told))
    return [because_of("before_training", words)]


def explained(horizon_months: int, wanted: float | None = None) -> ChancesExplained:
    """The meanings, with the horizon of the question, and the chance by the `wanted` ways alone where some were
    declined.

    >>> [explained(months).path.en.split(" by ")[0] for months in (1, 36)]
    ['chance of getting to the goal within 1 month', 'chance of getting to the goal within 36 months']
    """
    told = [Bilingual(one.zh.format(months=horizon_months), filled(one.en, months=horizon_months))
            for one in (GOAL, PATH, STEP, DAYS)]  # fmt: skip
    goal, path, step, days = told
    if wanted is not None:
        goal = Bilingual(goal.zh + COUNTED.zh.format(chance=wanted), goal.en + COUNTED.en.format(chance=wanted))
    return ChancesExplained(goal=text_of(goal), path=text_of(path), step=text_of(step), days=text_of(days))
