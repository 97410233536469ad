"""What a night looks at before it scores anybody: is the snapshot there, whole, timely and of the shape it should be.

Each check raises InputRefused with its own code; nothing was written by then, so the last night stays as it is.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.errors import FeatureMismatch, InputRefused, InvalidInput, NotReady, WrongModel
from data_contracts.local_time import local_day
from data_contracts.nightly_rules import NightPolicy, VolumeRules
from features.history import History
from features.store import FeatureReader
from serving.freshness import hours_since
from serving.night.results import PublishedRun, Scorer


class Fault(StrEnum):
    """What can be wrong with a night's input."""

    MISSING = "missing"
    UNREADABLE = "unreadable"
    EMPTY = "empty"
    DRIFTED = "drifted"
    BAD_ROWS = "bad_rows"
    LATE = "late"
    SMALLER = "smaller"
    LARGER = "larger"
    UNIT_GONE = "unit_gone"


# what may be so for once, and then a person says so
ACCEPTABLE = (Fault.LATE, Fault.SMALLER, Fault.LARGER, Fault.UNIT_GONE)


@dataclass(frozen=True)
class Checks:
    """The department's rules for a night's input, and what somebody accepts of this one."""

    rules: NightPolicy
    accepted: frozenset[Fault] = frozenset()

    def refuse(self, fault: Fault, as_of: date, words: str) -> None:
        """Raise InputRefused unless this fault is accepted for this night."""
        if fault in self.accepted:
            return
        way = f", or `--accept {fault}` if it is so" if fault in ACCEPTABLE else ""
        raise InputRefused(fault, f"nothing was published for {as_of}: {words}{way}")


def accepted_faults(names: Collection[str]) -> frozenset[Fault]:
    """What a person accepts, by name; raises InvalidInput for what cannot be accepted.

    >>> sorted(accepted_faults(["smaller", "late"]))
    [<Fault.LATE: 'late'>, <Fault.SMALLER: 'smaller'>]
    """
    if unknown := sorted(set(names) - set(ACCEPTABLE)):
        raise InvalidInput(f"--accept {unknown[0]} is not possible; it takes {', '.join(ACCEPTABLE)}")
    return frozenset(map(Fault, names))


def newest_day(days: Collection[date], now: datetime, oldest_hours: float, checks: Checks) -> date:
    """The newest snapshot by now, which is what a scheduler means by "tonight"; refused when missing or late.

    `now` is in UTC without a zone, and the day is the bureau's then.

    >>> from data_contracts.policy import policy
    >>> newest_day([date(2026, 3, 1), date(2026, 4, 1)], datetime(2026, 3, 2, 4), 72.0, Checks(policy().night))
    datetime.date(2026, 3, 1)
    """
    today = local_day(now)
    known = [day for day in days if day <= today]
    if not known:
        told = f"there is no snapshot of officers by {today}; run `pharos features --as-of {today}`"
        raise InputRefused(Fault.MISSING, f"nothing was published: {told}")
    newest = max(known)
    hours = hours_since(newest, now)
    if hours > oldest_hours:
        told = f"its features are {hours:.0f} hours old and policy allows {oldest_hours:.0f}"
        checks.refuse(Fault.LATE, newest, f"{told}; run `pharos features --as-of {today}`")
    return newest


def force_of(as_of: date, reader: FeatureReader, scorer: Scorer, checks: Checks) -> pd.DataFrame:
    """The snapshot with the columns that the models were trained on, every row of it; refuses what cannot be scored.

    Raises WrongModel where the models were trained on other features.
    """
    _same_features(reader, scorer)
    try:
        frame = reader.snapshot(as_of)
    except (FeatureMismatch, KeyError, TypeError, ValueError) as error:
        fault = Fault.UNREADABLE if isinstance(error, pa.ArrowException) else Fault.DRIFTED
        raise InputRefused(fault, f"nothing was published for {as_of}: {_in_words(error)}") from error
    except NotReady as error:
        raise InputRefused(Fault.MISSING, f"nothing was published for {as_of}: {error}") from error
    except (OSError, pa.ArrowException) as error:
        raise InputRefused(Fault.UNREADABLE, f"nothing was published for {as_of}: {_in_words(error)}") from error
    if frame.empty:
        checks.refuse(Fault.EMPTY, as_of, "its snapshot has no officer; build it again")
    _refuse_bad_rows(as_of, frame, checks)
    return frame


def _same_features(reader: FeatureReader, scorer: Scorer) -> None:
    for model in scorer.models:
        try:
            same = reader.service_hash(model.service) == model.service_hash
        except (InvalidInput, NotReady):
            same = False
        if not same:
            raise WrongModel(f"{model.name} version {model.version} was trained on another {model.service}; "
                             "train it again, or start the checkout that it was trained with")  # fmt: skip


def _in_words(error: Exception) -> str:
    """What is wrong with a snapshot; a value of it is never told."""
    if isinstance(error, FeatureMismatch):
        return str(error)
    kind = type(error).__name__
    return f"its snapshot cannot be read as features ({kind}); run `pharos features` for that day again"


def _refuse_bad_rows(as_of: date, frame: pd.DataFrame, checks: Checks) -> None:
    nameless, named = frame["officer_id"].isna().sum(), frame["officer_id"].dropna()
    refuse_share(as_of, len(frame), int(nameless), int(named.duplicated().sum()), checks)


def refuse_share(as_of: date, rows: int, quarantined: int, duplicates: int, checks: Checks) -> None:
    """Refuse a night in which too many rows were left out."""
    largest = checks.rules.rows.largest_refused
    if quarantined + duplicates > largest * rows:
        told = f"of {rows} rows {quarantined} are bad and {duplicates} are there twice, and policy allows {largest:.0%}"
        checks.refuse(Fault.BAD_ROWS, as_of, f"{told}; mend what was ingested and build the snapshot again")


def refuse_old_records(as_of: date, history: History, checks: Checks) -> None:
    """Refuse a day by which nothing new had been known for too long: its snapshot is new, what is in it is not."""
    newest = newest_record(history, as_of)
    if newest is not None and (as_of - newest).days > checks.rules.records.oldest_days:
        told = f"the newest record known by then is of {newest}, {(as_of - newest).days} days before"
        told += f", and policy allows {checks.rules.records.oldest_days}"
        checks.refuse(Fault.LATE, as_of, f"{told}; run `pharos ingest` and `pharos features --as-of {as_of}`")


def newest_record(history: History, as_of: date) -> date | None:
    """The last day by `as_of` on which a record became known; None where nothing had."""
    found: list[date] = []
    for table in history.tables():
        known = history.dataset(table).to_table(["known_on"])["known_on"].cast(pa.date32())
        last = pc.max(known.filter(pc.less_equal(known, pa.scalar(as_of, pa.date32())))).as_py()
        found += [last] if last is not None else []
    return max(found, default=None)


def refuse_volume(as_of: date, frame: pd.DataFrame, before: PublishedRun | None, checks: Checks) -> None:
    """Compare the force with that of the last night at or before the day: strength, and units that are gone."""
    if before is None:
        return
    rules, then = checks.rules.volume, before.manifest.counts.published
    officers = frame["officer_id"].dropna().astype(str).unique()
    told = f"its snapshot has {len(officers)} officers and the run as of {before.manifest.as_of} had {then}"
    if len(officers) < rules.least(then):
        checks.refuse(Fault.SMALLER, as_of, f"{told}; policy allows {rules.largest_drop:.0%} fewer: check what came in")
    if len(officers) > rules.most(then):
        checks.refuse(Fault.LARGER, as_of, f"{told}; policy allows {rules.largest_growth:.0%} more: check what came in")
    if gone := units_gone(before, officers, rules):
        told = f"nobody is left of unit {gone[0]}" + (f" and of {len(gone) - 1} more" if len(gone) > 1 else "")
        told += f", which had at least {rules.unit_counts_from} officers as of {before.manifest.as_of}"
        checks.refuse(Fault.UNIT_GONE, as_of, f"{told}: check whether a file was not delivered")


def units_gone(before: PublishedRun, officers: Collection[str], rules: VolumeRules) -> list[str]:
    """Large units of the run before of whose officers none is in the force any more, wherever they might be."""
    then = before.officers(["officer_id", "unit_id"]).dropna().drop_duplicates("officer_id")
    then = then.assign(there=then["officer_id"].isin(list(officers)))
    units = then.groupby("unit_id", sort=True)["there"].agg(["size", "any"])
    return units.index[(units["size"] >= rules.unit_counts_from) & ~units["any"].astype(bool)].astype(str).tolist()
