"""The courses a night knows of: which are on offer, and what is known of who might take them; published with its
results for requests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from data_contracts.policy import policy
from data_contracts.settings import Settings
from features.history import History
from models.courses.offers import on_offer
from models.risk.course_book import Course, CourseBook
from serving.night.chunks import parquet_bytes
from serving.night.learners import (
    KNOWN,
    Learners,
    known_table,
    posts_at,
    present_posts,
    standing,
    step_of,
    taken_table,
)
from serving.night.manifest import bytes_hash, hash_of, write_atomically

OFFER, HAD, LEARNERS = "courses.json", "courses_had.parquet", "learners.parquet"
NO_COURSES = CourseBook()
COURSE_COLUMNS = ["course_id", "name_zh", "name_en", "competency", "mandated", "hours", "issued_on", "valid_months",
                  "known_on"]  # fmt: skip
HAD_COLUMNS = ["officer_id", "course_id", "occurred_on", "known_on"]
USUAL_TAKERS = 3.0  # a job family's takings are weighed against so many at the rate of all


def courses_at(settings: Settings, as_of: date) -> CourseBook:
    """What the history knew by a day; an empty book where there is no table of courses with competencies."""
    history = History(settings.history_dir)
    rows = standing(history, "courses", COURSE_COLUMNS, as_of)
    if rows.empty:
        return NO_COURSES
    rows = rows.sort_values("known_on", kind="stable").drop_duplicates("course_id", keep="last")
    rows = rows[rows["competency"].notna() & on_offer(rows, as_of)].sort_values("course_id", kind="stable")
    if rows.empty:
        return NO_COURSES
    had = standing(history, "course_completions", HAD_COLUMNS, as_of)
    had = had[had["course_id"].isin(rows["course_id"])]
    posts = present_posts(history, as_of)
    takes = _lifts(had, posts)
    needs = _requiring(posts_at(history, as_of))
    courses = tuple(_course(row, needs, takes) for row in rows.to_dict("records"))
    return CourseBook(courses, Learners(taken_table(had, rows), known_table(history, posts, as_of)))


def _lifts(had: pd.DataFrame, posts: pd.DataFrame) -> dict[str, dict[str, float]]:
    """By course, how many times as often as all officers those now of each job family have taken it."""
    family = posts.dropna(subset=["job_family"]).set_index("officer_id")["job_family"]
    if had.empty or family.empty:
        return {}
    pairs = had.loc[had["officer_id"].isin(family.index), ["officer_id", "course_id"]].drop_duplicates()
    shares = family.value_counts(normalize=True)
    counts = pd.crosstab(pairs["course_id"], pairs["officer_id"].map(family)).reindex(columns=shares.index)
    counts = counts.fillna(0.0)
    usual = counts.sum(axis=1).to_numpy()[:, None] * shares.to_numpy()
    lifts = (counts.to_numpy() + USUAL_TAKERS) / (usual + USUAL_TAKERS)
    names = shares.index.astype(str)
    return {str(course): dict(zip(names, row.round(2).tolist(), strict=True))
            for course, row in zip(counts.index, lifts, strict=True)}  # fmt: skip


def _requiring(posts: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """By course, the posts that require it."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in posts.dropna(subset=["required_course_id"]).to_dict("records"):
        found.setdefault(str(row["required_course_id"]), []).append({str(name): value for name, value in row.items()})
    return found


def _course(
    row: Mapping[Any, Any], needs: Mapping[str, list[dict[str, Any]]], lifts: Mapping[str, Mapping[str, float]]
) -> Course:
    """A row of the catalogue; a course without a name is called by its id."""
    code, competency = str(row["course_id"]), str(row["competency"])
    zh, en = (code if pd.isna(row[name]) else str(row[name]) for name in ("name_zh", "name_en"))
    mandated = not pd.isna(row["mandated"]) and bool(row["mandated"])
    posts = needs.get(code, [])
    by_rule = mandated and not pd.isna(row["valid_months"])  # an edition that everybody takes once is no rule's
    return Course(
        code,
        zh,
        en,
        competency,
        mandated,
        None if pd.isna(row["hours"]) else float(row["hours"]),
        tuple(sorted({str(post["job_family"]) for post in posts if not pd.isna(post["job_family"])})),
        _least_steps(posts),
        _tracks_asked(competency) if by_rule else (),
        lifts.get(code, {}),
    )


def _least_steps(posts: list[dict[str, Any]]) -> dict[str, int]:
    """By track, the lowest place on the ladder that lets one into a post of those."""
    steps: dict[str, int] = {}
    for post in (post for post in posts if not pd.isna(post["track"])):
        track = str(post["track"])
        least = None if pd.isna(post["min_rank_step"]) else str(post["min_rank_step"])
        step = step_of(track, least) or 0
        steps[track] = min(steps.get(track, step), step)
    return steps


def _tracks_asked(competency: str) -> tuple[str, ...]:
    """The tracks that a rule of training asks a competency of; none where no rule does."""
    return tuple(sorted({str(track) for rule in policy().training if rule.competency == competency
                         for track in rule.tracks}))  # fmt: skip


def publish_courses(book: CourseBook, target: Path) -> dict[str, str]:
    """Write what is on offer and who it is for; returns name -> sha256, nothing for an empty book."""
    if not book.courses or not isinstance(book.learner, Learners):
        return {}
    offer = [asdict(course) for course in book.courses]
    contents = {
        OFFER: (json.dumps(offer, ensure_ascii=False, indent=1) + "\n").encode(),
        HAD: parquet_bytes(book.learner.taken),
        LEARNERS: parquet_bytes(book.learner.known),
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
    lists = ("families", "tracks")
    courses = tuple(Course(**{**one, **{name: tuple(one.get(name, ())) for name in lists}}) for one in offer)
    known = pq.read_table(folder / LEARNERS) if (folder / LEARNERS).exists() else KNOWN.empty_table()
    return CourseBook(courses, Learners(pq.read_table(folder / HAD), known))


def book_hash(book: CourseBook) -> str:
    """What the night's name needs of it: the same offer and the same learners, the same hash."""
    if not isinstance(book.learner, Learners):
        return hash_of([])
    held = [hashlib.sha256(parquet_bytes(one)).hexdigest() for one in (book.learner.taken, book.learner.known)]
    return hash_of([[asdict(course) for course in book.courses], *held])
