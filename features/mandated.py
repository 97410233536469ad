"""Training that everybody must take: what an officer lacks, how long ago it lapsed, and which rules are overdue.

A mandated course with a validity is owed by everybody, but not where policy asks its competency of other tracks only.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import BooleanValue, NumericValue, StringValue, Table

from data_contracts.policy import policy
from data_contracts.vocabulary import Track
from features.asof_join import KEYS, add_columns, standing_rows, stood
from features.least_time import DAYS_PER_MONTH
from features.standing import tenure_at

MANDATED_COLUMNS = (
    "mandated_courses_lacking",
    "mandated_courses_overdue",
    "mandated_lapse_days",
    "days_since_mandated_course",
    "training_rules_overdue",
)


def mandated_training(days: Table, completions: Table, courses: Table, officers: Table | None) -> Table:
    """One row for each of `days` (officer_id, as_of), MANDATED_COLUMNS.

    Overdue is what lapsed longer ago than any rule of policy allows, or was never taken. `mandated_lapse_days` is of
    the course that lapsed first, below zero where all still hold, null where none was ever taken;
    `training_rules_overdue` is null where the track is unknown.
    """
    asked = _with_track(days, officers)
    done = add_columns(asked, _of_taken(asked, completions, courses))
    done = done.left_join(_owed(days, courses), "as_of").select(*done.columns, *map(_owed_name, (None, *Track)))
    owed = ibis.cases(
        *((done.track == track.value, done[_owed_name(track)]) for track in Track), else_=done[_owed_name(None)]
    )
    return done.select(
        *KEYS,
        mandated_courses_lacking=owed.fill_null(0) - done.held.fill_null(0),
        mandated_courses_overdue=owed.fill_null(0) - done.within_grace.fill_null(0),
        mandated_lapse_days=done.lapse_days,
        days_since_mandated_course=done.as_of.delta(done.last_mandated, unit="day"),
        training_rules_overdue=_overdue(done),
    )


def foreign(track: Track | None) -> tuple[str, ...]:
    """The competencies that policy asks of other tracks only.

    >>> foreign(Track.GENERAL)
    ('data_skills', 'firearms', 'fitness')
    """
    asked = {rule.competency for rule in policy().training}
    own = {rule.competency for rule in policy().training if track is None or track in rule.tracks}
    return tuple(sorted(asked - own))


def grace_days() -> int:
    """The longest time that policy leaves anybody to take a course again."""
    return max((rule.grace_days for rule in policy().training), default=0)


def _with_track(days: Table, officers: Table | None) -> Table:
    if officers is None:
        return days.select(*KEYS).mutate(track=ibis.null("string"))
    return add_columns(days.select(*KEYS), tenure_at(days.select(*KEYS), officers), ["track"])


def _of_taken(asked: Table, completions: Table, courses: Table) -> Table:
    """What the last completion of each course tells of the officers who took any."""
    taken = standing_rows(asked, completions, "occurred_on", keep=("course_id", "occurred_on"))
    last = taken.group_by(*asked.columns, "course_id").aggregate(last=taken.occurred_on.max())
    told = courses.rename(told_id="course_id")
    rows = last.inner_join(told, [last.course_id == told.told_id, stood(told, last.as_of, None)])
    rows = rows.select(*asked.columns, "last", "competency", "mandated", "valid_months")
    lapse = rows.as_of.delta(rows.last, unit="day") - rows.valid_months * DAYS_PER_MONTH
    owed = _is_owed(rows).fill_null(False) & rows.valid_months.notnull()
    return rows.group_by(*KEYS).aggregate(
        held=(owed & (lapse <= 0)).cast("int64").sum(),
        within_grace=(owed & (lapse <= grace_days())).cast("int64").sum(),
        lapse_days=lapse.max(where=owed),
        last_mandated=rows.last.max(where=rows.mandated.fill_null(False)),
        **{f"last_{rule.code}": rows.last.max(where=rows.competency == rule.competency) for rule in policy().training},
    )


def _is_owed(rows: Table) -> BooleanValue:
    """Of rows with track, competency, mandated and valid_months."""
    owed = rows.mandated
    for track in Track:
        owed &= (rows.track != track.value).fill_null(True) | _asked_of(track, rows.competency)
    return owed


def _asked_of(track: Track | None, competency: StringValue) -> BooleanValue:
    names = foreign(track)
    return competency.notin(names).fill_null(True) if names else ibis.literal(True)


def _owed(days: Table, courses: Table) -> Table:
    """How many courses each track owes at each as-of asked (column None: where the track is unknown)."""
    as_ofs = days.select("as_of").distinct()
    lasting = courses.filter(courses.mandated.fill_null(False) & courses.valid_months.notnull())
    there = as_ofs.inner_join(lasting, [stood(lasting, as_ofs.as_of, None)])
    counts = {_owed_name(track): there.count(where=_asked_of(track, there.competency)) for track in (None, *Track)}
    return there.group_by("as_of").aggregate(**counts)


def _owed_name(track: Track | None) -> str:
    return "owed_any" if track is None else f"owed_{track.value}"


def _overdue(done: Table) -> NumericValue:
    count = ibis.literal(0)
    for rule in policy().training:
        asked = done.track.isin([track.value for track in rule.tracks])
        last = done[f"last_{rule.code}"]
        late = done.as_of.delta(last, unit="day") > rule.every_months * DAYS_PER_MONTH + rule.grace_days
        count += ibis.ifelse(asked & (last.isnull() | late), 1, 0)
    return ibis.ifelse(done.track.isnull(), ibis.null("int64"), count)
