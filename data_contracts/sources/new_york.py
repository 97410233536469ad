"""New York as it lies in the shared folder, in contract shape. There a post is a command, known when first seen."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from data_contracts.coercion import dates, strings
from data_contracts.sources.reading import ExportFile, Reading, known_from, ladder_steps, require_one_of, translated

LADDER = "new_york"
OFFICERS = ExportFile("officers", ("officer_id",), ("appt_date", "ethnicity"))
ASSIGNMENTS = ExportFile("assignments", ("officer_id", "command", "assignment_date"), ("rank", "first_seen"))
RANK_HISTORY = ExportFile("rank_history", ("officer_id", "rank", "date"))
AWARDS = ExportFile("awards", ("officer_id", "award", "date"))
TRAINING = ExportFile("training", ("officer_id", "course", "date"), left=("observed_through",))
ETHNICITIES = {
    "white": "white",
    "black": "black",
    "hispanic": "hispanic",
    "asian": "asian",
    "native american": "native_american",
}
ENTRY_RANK = "POLICE OFFICER"
CHIEFS = (
    "CHIEF", "CHIEF OF COLLABORATIVE POLICING", "CHIEF OF COMMUNITY AFFAIRS", "CHIEF OF CRIME CNTRL STRATEGIES",
    "CHIEF OF DETECTIVES", "CHIEF OF HOUSING", "CHIEF OF INTELLIGENCE", "CHIEF OF LABOR REL", "CHIEF OF PATROL",
    "CHIEF OF PERSONNEL", "CHIEF OF SPECIAL OPERATIONS", "CHIEF OF STAFF", "CHIEF OF TRAINING", "CHIEF OF TRANSIT",
    "CHIEF OF TRANSPORTATION",
)  # fmt: skip
RANKS = (
    ("TRAFFIC AGENT",),
    (ENTRY_RANK,),
    ("PO SPECIAL ASSIGN", "DETECTIVE SPECIALIST", "DETECTIVE", "DETECTIVE 3RD GRADE"),
    ("DETECTIVE 2ND GRADE",),
    ("DETECTIVE 1ST GRADE",),
    ("SERGEANT",),
    ("SGT SPECIAL ASSIGN", "SGT DET SQUAD"),
    ("LIEUTENANT",),
    ("LT SPECIAL ASSIGN", "LT DET COMMANDER"),
    ("CAPTAIN",),
    ("DEPUTY INSPECTOR",),
    ("INSPECTOR",),
    ("DEPUTY CHIEF",),
    ("ASSISTANT CHIEF",),
    CHIEFS,
    ("CHIEF OF DEPARTMENT",),
)


def read(folder: Path) -> Reading:
    """Every table the export gives; an absent file leaves its tables out, and a note says so.

    Raises InvalidInput when a file lacks a column it cannot do without, MissingTable when there is no file at all.
    """
    reading = Reading()
    for export, shape in (
        (OFFICERS, _officers), (ASSIGNMENTS, _postings), (RANK_HISTORY, _promotions), (AWARDS, _honours),
        (TRAINING, _completions),
    ):  # fmt: skip
        if (frame := export.read(folder, reading.notes)) is not None:
            reading.tables.update(shape(frame, reading.notes))
    reading.assumed.update(set(reading.tables) - {"postings"})
    require_one_of(reading, ("postings", "course_completions", "officers", "promotions", "honours"), folder)
    return reading


def _officers(raw: pd.DataFrame, _: list[str]) -> dict[str, pd.DataFrame]:
    known_on = known_from(dates(raw["appt_date"]))
    return {
        "officers": pd.DataFrame(
            {"officer_id": raw["officer_id"], "entered_on": raw["appt_date"], "known_on": known_on}
        ),
        "protected_attributes": pd.DataFrame(
            {
                "officer_id": raw["officer_id"],
                "ethnicity": translated(raw["ethnicity"], ETHNICITIES),
                "known_on": known_on,
            }
        ),
    }


def _postings(raw: pd.DataFrame, _: list[str]) -> dict[str, pd.DataFrame]:
    """A posting is known when the roster first showed it; rows that share a day are distinct and stay."""
    command = strings(raw["command"])
    known_on = raw["first_seen"].where(raw["first_seen"].notna(), raw["assignment_date"])
    postings = pd.DataFrame(
        {
            "officer_id": raw["officer_id"],
            "post_id": command,
            "unit_id": command,
            "started_on": raw["assignment_date"],
            "rank_step": raw["rank"],
            "known_on": known_on,
        }
    )
    seen = dates(known_on).groupby(command).min()
    units = pd.DataFrame({"unit_id": seen.index.astype("string"), "name_en": seen.index.astype("string"),
                          "known_on": seen.to_numpy()})  # fmt: skip
    return {"postings": postings, "units": units}


def _promotions(raw: pd.DataFrame, notes: list[str]) -> dict[str, pd.DataFrame]:
    rank = strings(raw["rank"]).str.upper()
    kind = pd.Series("step", index=raw.index, dtype="string").mask(rank == ENTRY_RANK, "entry")
    promotions = pd.DataFrame(
        {"officer_id": raw["officer_id"], "ladder": LADDER, "rank_step": rank, "occurred_on": raw["date"],
         "kind": kind, "known_on": raw["date"]}
    )  # fmt: skip
    return {"promotions": promotions, "rank_steps": ladder_steps(LADDER, RANKS, rank, notes)}


def _honours(raw: pd.DataFrame, _: list[str]) -> dict[str, pd.DataFrame]:
    return {
        "honours": pd.DataFrame(
            {"officer_id": raw["officer_id"], "honour": raw["award"], "occurred_on": raw["date"],
             "known_on": raw["date"]}
        )
    }  # fmt: skip


def _completions(raw: pd.DataFrame, _: list[str]) -> dict[str, pd.DataFrame]:
    return {
        "course_completions": pd.DataFrame(
            {"officer_id": raw["officer_id"], "course_id": raw["course"], "occurred_on": raw["date"],
             "known_on": raw["date"]}
        )
    }  # fmt: skip
