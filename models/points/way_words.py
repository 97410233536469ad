"""What each line of the rule table could still give, told to people: how often, from when, and what it takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from data_contracts.counting import counted, noun
from data_contracts.decisions import PointsRule
from data_contracts.vocabulary import AppraisalGrade, Bilingual, UnitLevel, Word
from models.points.appraisals import LATE_MONTHS
from models.points.chances import Chance
from models.points.ways import Way
from models.points.words import number

MOST_DAYS = 4  # told one by one


def way_text(way: Way) -> Bilingual:
    """What a rule could still give, step by step."""
    rule = way.rule
    if way.by_itself:
        days, left = _days(way.by_itself), number(way.room)
        return Bilingual(
            f"{rule.name_zh}：现任职持续，{days.zh}自然增加年限，已计入；上限余{left}分",
            f"{rule.name_en}: years pass by themselves {days.en} while the posting lasts and are counted in; the cap "
            f"leaves {left}",
        )
    if not way.room:
        return Bilingual(
            f"{rule.name_zh}：已到上限{number(rule.cap)}分", f"{rule.name_en}: at the cap {number(rule.cap)}"
        )
    awaited = _and(_awaited_of(way), _missing_of(way))
    if not way.steps:
        late = _too_late(way)
        return Bilingual(
            f"{rule.name_zh}：期限内无法增加{late.zh}{awaited.zh}",
            f"{rule.name_en}: nothing can be added by the deadline{late.en}{awaited.en}",
        )
    if not rule.plannable:
        return Bilingual(
            f"{rule.name_zh}：由他人评定，不能列入计划；如获得，每次{number(rule.points)}分，上限余{number(way.room)}分"
            f"{awaited.zh}",
            f"{rule.name_en}: others decide on it, so it cannot be planned for; "
            f"{counted(number(rule.points), 'point')} each time it is given, the cap leaves "
            f"{number(way.room)}{awaited.en}",
        )
    each, since = [number(points) for points in way.gives()], _first_of(way)
    return Bilingual(
        f"{rule.name_zh}：至多{way.steps}次，依次{'、'.join(each)}分{since.zh}{awaited.zh}",
        f"{rule.name_en}: at most {way.steps} more for {', '.join(each)} {noun(', '.join(each), 'point')}{since.en}"
        f"{awaited.en}",
    )


def _days(days: Sequence[date]) -> Bilingual:
    """Days one by one, only the first and the last of many."""
    if len(days) > MOST_DAYS:
        return Bilingual(f"自{days[0]}至{days[-1]}共{len(days)}次", f"{len(days)} times from {days[0]} to {days[-1]}")
    return Bilingual("、".join(str(day) for day in days), f"on {', '.join(str(day) for day in days)}")


def _first_of(way: Way) -> Bilingual:
    """From when the first step adds points, and what it takes: a transfer, a day before which it would lapse."""
    first, adds = way.chances[0], way.days[0]
    cap = Bilingual("", "")
    if adds > first.on:
        cap = Bilingual(f"，因上限所限，{adds}起才加分", f", but because of the cap it adds points only from {adds}")
    if first.transfer_on is not None:
        return _and(_by_transfer(way, first), cap)
    if first.waits:
        held = held_back(way.rule, way.rule, first.earned, way.earned_by == "study")
        return _and(Bilingual(f"，{held.zh}，{first.on}起计", f", {held.en}, the first from {first.on}"), cap)
    return _and(Bilingual(f"，最早{first.on}起计", f", the first from {first.on}"), cap)


def _by_transfer(way: Way, first: Chance) -> Bilingual:
    """The two days of a transfer apart: the first allowed, on which the first day told rests, and the last."""
    post, last = such_a_post(way.rule), way.chances[way.steps - 1].transfer_by
    every = Bilingual("全部计入", "it" if way.steps == 1 else "all of them")
    return Bilingual(
        f"，须调入{post.zh}：最早{first.transfer_on}可调入，首次即{first.on}起计；要在期限前{every.zh}，最晚{last}调入",
        f", by a transfer to {post.en}: made on {first.transfer_on}, the earliest that rules allow, the first counts "
        f"from {first.on}; the last day of a transfer for {every.en} to count by the deadline is {last}",
    )


def held_back(rule: PointsRule, line: PointsRule, earned: date, study: bool) -> Bilingual:
    """That a merit must not be earned before a day, because it would have expired on a line by the deadline."""
    months = line.expires_months
    of_it = Bilingual("", "") if line is rule else Bilingual(f"作为{line.name_zh}", f"as {line.name_en} ")
    done = Bilingual("完成", "completed") if study else Bilingual("取得", "earned")
    before = Bilingual("，学时可提前学", "; the hours can be studied before") if study else Bilingual("", "")
    return Bilingual(
        f"须{earned}或之后{done.zh}（{of_it.zh}计分{months}个月，过早则到期限日已失效{before.zh}）",
        f"{done.en} on {earned} or later (so that it still stands on the deadline: {of_it.en}it counts for "
        f"{counted(number(months or 0), 'month')}{before.en})",
    )


def _and(one: Bilingual, other: Bilingual) -> Bilingual:
    return Bilingual(f"{one.zh}{other.zh}", f"{one.en}{other.en}")


def _awaited_of(way: Way) -> Bilingual:
    """The appraisals of a line that are not published yet, and when they usually are."""
    if not way.awaited:
        return Bilingual("", "")
    what, match, on = not_published(way.awaited), matching(way.rule), way.awaited[0].on
    if way.awaited[0].late:
        return Bilingual(
            f"；{what.zh}，公布比往常晚，日期未知；期限前公布并{match.zh}的，仍可计分",
            f"; {what.en}: later than usual, day not known; what is {match.en} and known by the deadline counts",
        )
    if way.awaited[0] not in way.chances:
        return Bilingual(
            f"；{what.zh}，通常{on}起才计，已过期限；如提前公布并{match.zh}，仍可计分",
            f"; {what.en}: they usually count only from {on}, after the deadline; what is {match.en} and known "
            "before counts",
        )
    cap = Bilingual("", "")
    if way.days and way.days[0] > on:
        day = way.days[0]
        cap = Bilingual(f"，因上限所限，{day}起才加分", f", but because of the cap adds points only from {day}")
    return Bilingual(
        f"；{what.zh}，如{match.zh}，通常{on}起计{cap.zh}",
        f"; {what.en}: what is {match.en} usually counts from {on}{cap.en}",
    )


def _missing_of(way: Way) -> Bilingual:
    """The appraisals of a line that should long have been known, and who can tell."""
    if not way.missing:
        return Bilingual("", "")
    many, year, match = len(way.missing), way.missing[0].year, matching(way.rule)
    what = f"1 appraisal of {year} is" if many == 1 else f"{many} appraisals of {year} are"
    return Bilingual(
        f"；{year}年的考核有{many}项逾{LATE_MONTHS}个月仍无记录，请向人事部门查询，如{match.zh}，补录后计分",
        f"; {what} missing from the record {LATE_MONTHS} months after the period: ask the personnel desk, what is "
        f"{match.en} counts once it is entered",
    )


def _too_late(way: Way) -> Bilingual:
    """That a transfer would be allowed too late for a year."""
    if way.transfer_from is None:
        return Bilingual("", "")
    post, day = such_a_post(way.rule), way.transfer_from
    return Bilingual(
        f"，须先调入{post.zh}，按规定最早{day}可调动，到期限不满一年",
        f": it needs a transfer to {post.en}, which rules allow from {day} at the earliest, too late for a full year",
    )


def not_published(awaited: Sequence[Chance]) -> Bilingual:
    """Which appraisals are awaited; they are of one period."""
    many, year = len(awaited), awaited[0].earned.year
    if many == 1:
        return Bilingual(
            f"{year}年的考核有1项尚未公布，结果未知",
            f"1 appraisal of {year} is not published yet and its outcome is not known",
        )
    return Bilingual(
        f"{year}年的考核有{many}项尚未公布，结果未知",
        f"{many} appraisals of {year} are not published yet and their outcome is not known",
    )


def matching(rule: PointsRule) -> Bilingual:
    """What an appraisal must come out as to give points on a line."""
    grades = _labels(rule.where.get("grade", ()), AppraisalGrade)
    if grades is None:
        return Bilingual(f"符合“{rule.name_zh}”", f"such as “{rule.name_en}” asks for")
    return Bilingual(f"评为{grades.zh}", grades.en)


def such_a_post(rule: PointsRule) -> Bilingual:
    """The posts whose years give points on a line."""
    levels = _labels(rule.where.get("units.unit_level", ()), UnitLevel) if len(rule.where) == 1 else None
    if levels is None:
        return Bilingual("年限计入本项的岗位", "a post whose years count on this line")
    return Bilingual(f"{levels.zh}岗位", f"a post in a {levels.en}")


def _labels(codes: Sequence[str], words: type[Word]) -> Bilingual | None:
    """Codes of a vocabulary as people call them; None where there are none or one is unknown."""
    if not codes or not {*codes} <= {one.value for one in words}:
        return None
    told = [words(code) for code in codes]
    return Bilingual("或".join(one.zh for one in told), " or ".join(one.en for one in told))
