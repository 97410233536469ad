"""What sentences of risk say, worked out again from the raw tables: by what the words claim, not by column names.

It shares no code with the features or the sentences: a claim is read out of the text, and the tables answer it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import pandas as pd

from tests.features.oracle import Oracle
from tests.features.oracle_of_work import mandated_training, past_least_time

YEAR, LIMIT = 365.25, 60.0  # days; hours of overtime that policy calls too many
Claim = Callable[["History", pd.Timestamp], pd.Series]


@dataclass(frozen=True)
class History:
    """The tables as they stood on a day, asked of `officers`; every answer is a Series by officer."""

    tables: Mapping[str, pd.DataFrame]
    officers: list[str]
    day: date

    @cached_property
    def now(self) -> pd.Timestamp:
        """The day as a timestamp."""
        return pd.Timestamp(self.day)

    def stood(self, table: str, happened: str | None = None, since: pd.Timestamp | None = None) -> pd.DataFrame:
        """Rows known on the day and not yet replaced, that happened before it and not before `since`."""
        rows = self.tables[table]
        rows = rows[(rows["known_on"] <= self.now) & ~(rows["superseded_on"] <= self.now)]
        if happened is not None:
            rows = rows[(rows[happened] < self.now) & ~(rows[happened] < (since or pd.Timestamp("1900-01-01")))]
        return rows

    def first(self, start: str) -> pd.Timestamp:
        """The first day of a look-back as told; long ago where none is."""
        return pd.Timestamp(start or "1900-01-01")

    def code(self, column: str, officer: str) -> str:
        """The rank, track or education on record."""
        own = self.stood("officers").set_index("officer_id")
        return str(self.ranks["rank_step"][officer] if column == "rank" else own[column][officer])

    def each(self, found: pd.Series, empty: float = float("nan")) -> pd.Series:
        """By officer, `empty` for those of whom there is nothing."""
        return found.reindex(self.officers).astype(float).fillna(empty)

    def events(self, table: str, happened: str, since: pd.Timestamp | None = None, **where: object) -> pd.DataFrame:
        """Those rows of a table that have these values."""
        rows = self.stood(table, happened, since)
        for column, value in where.items():
            rows = rows[(rows[column] == value).fillna(False).astype(bool)]
        return rows

    def counted(self, table: str, happened: str, since: pd.Timestamp, **where: object) -> pd.Series:
        """How many."""
        return self.each(self.events(table, happened, since, **where).groupby("officer_id").size(), 0.0)

    def last(self, table: str, happened: str, **where: object) -> pd.Series:
        """The day of the last."""
        return self.events(table, happened, None, **where).groupby("officer_id")[happened].max()

    def posting(self, column: str) -> pd.Series:
        """Of the present posting."""
        rows = self.postings.drop_duplicates("officer_id", keep="last").set_index("officer_id")
        return rows[column].reindex(self.officers)

    @cached_property
    def postings(self) -> pd.DataFrame:
        """In order, each beside the unit, post and supervisor before it."""
        rows = self.stood("postings", "started_on").sort_values(["started_on", "known_on", "post_id", "unit_id"])
        before = rows.groupby("officer_id")[["unit_id", "post_id"]].shift()
        return rows.assign(unit_before=before["unit_id"], post_before=before["post_id"])

    @cached_property
    def ranks(self) -> pd.DataFrame:
        """By officer: ladder, step and since when, of the last step that is no police rank."""
        rows = self.stood("promotions", "occurred_on")
        rows = rows[rows["ladder"] != "police_rank"].sort_values(["occurred_on", "known_on", "ladder", "rank_step"])
        fresh = rows["rank_step"] != rows.groupby("officer_id")["rank_step"].shift().fillna("")
        since = rows[fresh].groupby("officer_id")["occurred_on"].max()
        return rows.drop_duplicates("officer_id", keep="last").set_index("officer_id").assign(since=since)

    def days_since(self, then: pd.Series) -> pd.Series:
        """Days between a day by officer and now."""
        return self.each((self.now - then).dt.days)

    def others(self, values: pd.Series, *circle: str) -> pd.Series:
        """The mean of the others whose present posting agrees in `circle`, by officer."""
        same = values.groupby([self.posting(one) for one in circle])
        return (same.transform("sum") - values) / (same.transform("count") - 1)

    @cached_property
    def led(self) -> pd.DataFrame:
        """Postings at which the supervisor became another; `changed` is false where there was none before."""
        rows = self.postings[self.postings["supervisor_id"].notna()]
        before = rows.groupby("officer_id")["supervisor_id"].shift()
        return rows.assign(changed=before.notna())[(rows["supervisor_id"] != before.fillna("")).to_numpy(bool)]

    @cached_property
    def oracle(self) -> Oracle:
        """For what takes a policy to work out: the loops of the features' own oracle."""
        names = ("officers", "courses", "course_completions")
        return Oracle({name: self.tables[name] for name in names})


def _complaints(**where: object) -> Claim:
    return lambda history, since: history.counted("complaints", "opened_on", since, **where)


def _events(table: str, **where: object) -> Claim:
    return lambda history, since: history.counted(table, "occurred_on", since, **where)


def _mean(table: str, column: str, **where: object) -> Claim:
    def mean(history: History, since: pd.Timestamp) -> pd.Series:
        return history.each(history.events(table, "occurred_on", since, **where).groupby("officer_id")[column].mean())

    return mean


def _a_month(column: str) -> Claim:
    def rate(history: History, since: pd.Timestamp) -> pd.Series:
        months = history.stood("duty_months", "month", since).groupby("officer_id")
        return history.each(months[column].sum() / months.size())

    return rate


def _overtime(history: History, since: pd.Timestamp) -> pd.Series:
    return history.each(history.stood("duty_months", "month", since).groupby("officer_id")["overtime_hours"].sum(), 0.0)


def _over_limit(history: History, since: pd.Timestamp) -> pd.Series:
    rows = history.stood("duty_months", "month", since)
    return history.each(rows[rows["overtime_hours"] >= LIMIT].groupby("officer_id").size(), 0.0)


def _colleagues(history: History, since: pd.Timestamp) -> pd.Series:
    own = history.stood("complaints", "opened_on")[["complaint_id", "officer_id", "opened_on"]]
    pairs = own[own["opened_on"] >= since].merge(own[["complaint_id", "officer_id"]], on="complaint_id")
    pairs = pairs[pairs["officer_id_x"] != pairs["officer_id_y"]]
    return history.each(pairs.groupby("officer_id_x")["officer_id_y"].nunique(), 0.0)


def _others(*circle: str) -> Claim:
    return lambda history, since: history.others(history.counted("complaints", "opened_on", since), *circle)


def _led_by_others(history: History, since: pd.Timestamp) -> pd.Series:
    rows = history.led[history.led["changed"] & (history.led["started_on"] >= since)]
    return history.each(rows.groupby("officer_id").size(), 0.0)


def _years_led(history: History, _: pd.Timestamp) -> pd.Series:
    since = history.led.groupby("officer_id")["started_on"].max()
    return (history.days_since(since) / YEAR).where(history.posting("supervisor_id").notna())


def _led_together(history: History, _: pd.Timestamp) -> pd.Series:
    leader = history.posting("supervisor_id")
    return leader.map(leader.value_counts()).astype(float)


def _lacking(history: History, _: pd.Timestamp) -> pd.Series:
    tracks = history.stood("officers").set_index("officer_id")["track"]
    told = {one: mandated_training(history.oracle, one, history.day, tracks[one]) for one in history.officers}
    return pd.Series({one: float(said["mandated_courses_lacking"] or 0.0) for one, said in told.items()})


def _past_least(history: History, _: pd.Timestamp) -> pd.Series:
    ranks = history.ranks.reindex(history.officers)
    days = (history.now - ranks["since"]).dt.days
    told = [past_least_time(*one) if one[0] is not pd.NA else None
            for one in zip(ranks["ladder"], ranks["rank_step"], days, strict=True)]  # fmt: skip
    return pd.Series(told, index=history.officers, dtype=float)


def _to_go(history: History, since: pd.Timestamp) -> pd.Series:
    return -_past_least(history, since)


def _years_in_rank(history: History, _: pd.Timestamp) -> pd.Series:
    return history.days_since(history.ranks["since"]) / YEAR


def _years_of_service(history: History, _: pd.Timestamp) -> pd.Series:
    return history.days_since(history.stood("officers").groupby("officer_id")["entered_on"].max()) / YEAR


def _years_in_post(history: History, _: pd.Timestamp) -> pd.Series:
    fresh = history.postings[history.postings["post_id"] != history.postings["post_before"].fillna("")]
    return history.days_since(fresh.groupby("officer_id")["started_on"].max()) / YEAR


def _moves(history: History, since: pd.Timestamp) -> pd.Series:
    rows = history.postings[history.postings["unit_before"].notna()]
    moved = rows[(rows["unit_id"] != rows["unit_before"]) & (rows["started_on"] >= since)]
    return history.each(moved.groupby("officer_id").size(), 0.0)


def _mandated(history: History) -> pd.Series:
    courses = history.stood("courses")
    must = courses.loc[courses["mandated"].fillna(False).astype(bool), "course_id"]
    taken = history.stood("course_completions", "occurred_on")
    return taken[taken["course_id"].isin(must)].groupby("officer_id")["occurred_on"].max()


def _last(table: str, happened: str = "occurred_on", **where: object) -> Callable[[History], pd.Series]:
    return lambda history: history.last(table, happened, **where)


@dataclass(frozen=True)
class Said:
    """A sentence in both languages ({v}: number, {s}: first day of the look-back) and what it claims: the number, the
    day of the last such thing, and how many of them were found sustained."""

    en: str
    zh: str
    claim: Claim
    last: Callable[[History], pd.Series] | None = None
    sustained: Claim | None = None

    def pattern(self, language: str) -> re.Pattern[str]:
        """With the groups v and s."""
        return re.compile((self.en if language == "en" else self.zh).replace("{v}", NUMBER).replace("{s}", DAY))


NUMBER, DAY = r"(?P<v>-?[\d.]+)", r"(?P<s>\d{4}-\d\d-\d\d)"
SUSTAINED, FORCE = {"finding": "sustained"}, {"category": "use_of_force"}
SAID: tuple[Said, ...] = (
    Said("{v} sustained complaints? since {s}", "{s}以来查实投诉{v}件", _complaints(**SUSTAINED),
         _last("complaints", "opened_on", **SUSTAINED)),
    Said("{v} use-of-force complaints? since {s}", "{s}以来使用武力类投诉{v}件", _complaints(**FORCE),
         _last("complaints", "opened_on", **FORCE), _complaints(**SUSTAINED, **FORCE)),
    Said("{v} complaints? since {s}", "{s}以来收到投诉{v}件", _complaints(), _last("complaints", "opened_on"),
         _complaints(**SUSTAINED)),
    Said("{v} reports? of force used since {s}", "{s}以来使用武力报告{v}次", _events("force_reports"),
         _last("force_reports")),
    Said("complaints since {s} named {v} colleagues? as well", "{s}以来的投诉同时涉及{v}名同事", _colleagues),
    Said("others of the unit had {v} complaints? each since {s}", "{s}以来所在单位其他人平均收到投诉{v}件",
         _others("unit_id")),
    Said("others on the same shift of the unit had {v} complaints? each since {s}",
         "{s}以来所在单位同班次其他人平均收到投诉{v}件", _others("unit_id", "shift")),
    Said("others under the same supervisor had {v} complaints? each since {s}",
         "{s}以来同一直接上级的其他人平均收到投诉{v}件", _others("supervisor_id")),
    Said("{v} changes? of supervisor since {s}", "{s}以来更换直接上级{v}次", _led_by_others),
    Said("{v} years? under the present supervisor", "由现任直接上级带领{v}年", _years_led),
    Said("{v} officers? under the present supervisor", "现任直接上级带领{v}人", _led_together),
    Said("{v} nights? a month since {s}", "{s}以来平均每月夜班{v}个", _a_month("nights")),
    Said("{v} days? of leave a month since {s}", "{s}以来平均每月休假{v}天", _a_month("leave_days")),
    Said("{v} hours? of duty a month since {s}", "{s}以来平均每月执勤{v}小时", _a_month("hours")),
    Said("{v} months? with overtime over the limit since {s}", "{s}以来加班超过规定上限{v}个月", _over_limit),
    Said("{v} hours? of overtime since {s}", "{s}以来加班共{v}小时", _overtime),
    Said("competencies assessed at level {v} on average since {s}", "{s}以来能力测评平均{v}级",
         _mean("competency_assessments", "level"), _last("competency_assessments")),
    Said("courses since {s} passed with {v} points? on average", "{s}以来培训成绩平均{v}分",
         _mean("course_completions", "score"), _last("course_completions")),
    Said("{v} recurrent mandated courses? not taken or no longer valid", "有{v}门定期必训课程未修或已过有效期",
         _lacking, _mandated),
    Said("{v} courses? completed since {s}", "{s}以来完成培训{v}门", _events("course_completions"),
         _last("course_completions")),
    *(Said(f"{en} appraised at {{v}} points? on average since {{s}}", f"{{s}}以来{zh}考核平均{{v}}分",
           _mean("appraisals", "score", kind=kind), _last("appraisals"))
      for en, zh, kind in (("case quality", "执法质量", "case_quality"), ("supervision", "督察监察", "supervision"),
                           ("performance", "工作绩效", "performance"))),
    Said("{v} honours? since {s}", "{s}以来受表彰{v}次", _events("honours"), _last("honours")),
    Said("{v} steps? up since {s}, job grade and police rank together", "{s}以来晋升{v}次（职级与警衔合计）",
         _events("promotions", kind="step"), _last("promotions", kind="step")),
    Said("{v} months? past the least time in the present rank", "超过本职级最低任职年限{v}个月", _past_least,
         lambda history: history.ranks["since"]),
    Said("{v} months? to go to the least time in the present rank", "距本职级最低任职年限还有{v}个月", _to_go,
         lambda history: history.ranks["since"]),
    Said("{v} years? in the present rank", "任现职级{v}年", _years_in_rank, lambda history: history.ranks["since"]),
    Said("{v} years? of service", "从警{v}年", _years_of_service),
    Said("{v} moves? since {s}", "{s}以来调动{v}次", _moves),
    Said("{v} years? in the present post", "在现岗位{v}年", _years_in_post),
)  # fmt: skip
