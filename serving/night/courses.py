"""The courses a night knows of: which are on offer, and who has which; published with its results for requests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data_contracts.policy import policy
from data_contracts.settings import Settings
from features.history import History
from models.courses.offers import on_offer
from models.risk.support import Course, CourseBook
from serving.night.chunks import parquet_bytes
from serving.night.manifest import bytes_hash, hash_of, write_atomically

OFFER, HAD = "courses.json", "courses_had.parquet"
NO_COURSES = CourseBook()
COURSE_COLUMNS = ["course_id", "name_zh", "name_en", "competency", "mandated", "hours", "issued_on", "valid_months",
                  "known_on"]  # fmt: skip
HAD_COLUMNS = ["officer_id", "course_id", "occurred_on", "known_on"]


class CoursesHad:
    """(officer, course) pairs in order of officer; asked one officer at a time."""

    def __init__(self, pairs: pd.DataFrame) -> None:
        ordered = pairs.sort_values(["officer_id", "course_id"], kind="stable")
        self.pairs = pa.table({name: pa.array(ordered[name].astype(object), pa.string()) for name in HAD_COLUMNS[:2]})
        self._officers = ordered["officer_id"].to_numpy(object)
        self._courses = ordered["course_id"].to_numpy(object)

    def __call__(self, officer_id: str) -> frozenset[str]:
        """The courses an officer has."""
        first, last = (np.searchsorted(self._officers, officer_id, side) for side in ("left", "right"))
        return frozenset(self._courses[first:last].tolist())


def courses_at(settings: Settings, as_of: date) -> CourseBook:
    """What the history knew by a day; an empty book where there is no table of courses with competencies."""
    history = History(settings.history_dir)
    if "courses" not in history.tables():
        return NO_COURSES
    advice = policy().course_themes
    useful = {name for one in advice.theme for name in one.competencies}
    useful |= {name for rule in policy().support for action in rule.actions for name in action.competencies}
    rows = _standing(history.frame("courses", COURSE_COLUMNS), as_of)
    rows = rows[rows["competency"].isin(useful) & on_offer(rows, as_of)].sort_values("course_id", kind="stable")
    if rows.empty:
        return NO_COURSES
    had = pd.DataFrame({name: pd.Series(dtype=object) for name in HAD_COLUMNS})
    if "course_completions" in history.tables():
        had = _valid(_standing(history.frame("course_completions", HAD_COLUMNS), as_of), rows, as_of)
    return CourseBook(tuple(_course(row) for row in rows.to_dict("records")), CoursesHad(had))


def _standing(rows: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """The rows that stood at a day (design.md: as-of truth)."""
    day = pd.Timestamp(as_of)
    there = (rows["known_on"] <= day) & (rows["superseded_on"].isna() | (rows["superseded_on"] > day))
    if "occurred_on" in rows.columns:
        there &= rows["occurred_on"] < day
    standing: pd.DataFrame = rows[there]
    return standing


def _valid(had: pd.DataFrame, courses: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Who has which of the courses: taken, and not expired by `valid_months`."""
    lasts = had["course_id"].map(courses.set_index("course_id")["valid_months"].astype("Float64"))
    months = (as_of.year - had["occurred_on"].dt.year) * 12 + as_of.month - had["occurred_on"].dt.month
    whole = months - (had["occurred_on"].dt.day > as_of.day)
    kept = had["course_id"].isin(courses["course_id"]) & (lasts.isna() | (whole < lasts)).fillna(True)
    pairs: pd.DataFrame = had.loc[kept.to_numpy(bool), ["officer_id", "course_id"]].astype(object).drop_duplicates()
    return pairs


def _course(row: Mapping[Any, Any]) -> Course:
    """A row of the catalogue; a course without a name is called by its id."""
    code = str(row["course_id"])
    zh, en = (code if pd.isna(row[name]) else str(row[name]) for name in ("name_zh", "name_en"))
    mandated = not pd.isna(row["mandated"]) and bool(row["mandated"])
    hours = None if pd.isna(row["hours"]) else float(row["hours"])
    return Course(code, zh, en, str(row["competency"]), mandated, hours)


def publish_courses(book: CourseBook, target: Path) -> dict[str, str]:
    """Write what is on offer and who has it; returns name -> sha256, nothing for an empty book."""
    if not book.courses or not isinstance(book.taken, CoursesHad):
        return {}
    offer = [asdict(course) for course in book.courses]
    contents = {
        OFFER: (json.dumps(offer, ensure_ascii=False, indent=1) + "\n").encode(),
        HAD: parquet_bytes(book.taken.pairs),
    }
    files = {}
    for name, content in contents.items():
        write_atomically(target / name, content)
        (target / name).chmod(0o444)
        files[name] = bytes_hash(content)
    return files


def published_courses(folder: Path) -> CourseBook:
    """The book of a published run; an empty one where the run has none."""
    if not (folder / OFFER).exists():
        return NO_COURSES
    offer = json.loads((folder / OFFER).read_text("utf-8"))
    return CourseBook(tuple(Course(**one) for one in offer), CoursesHad(pq.read_table(folder / HAD).to_pandas()))


def book_hash(book: CourseBook) -> str:
    """What the night's name needs of it: the same offer and the same holdings, the same hash."""
    if not isinstance(book.taken, CoursesHad):
        return hash_of([])
    held = hashlib.sha256(parquet_bytes(book.taken.pairs)).hexdigest()
    return hash_of([[asdict(course) for course in book.courses], held])
