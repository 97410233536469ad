"""Chicago as it lies in the shared folder, in contract shape. There a post is a unit, and the tree has one level."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from data_contracts.catalog import catalog
from data_contracts.coercion import dates, integers, strings
from data_contracts.sources.reading import (
    FROM_THE_BEGINNING,
    ExportFile,
    Reading,
    complaint_versions,
    known_from,
    ladder_steps,
    require_one_of,
    translated,
    translated_or_unknown,
)

LADDER = "chicago"
OFFICERS = ExportFile(
    "officers", ("officer_id",), ("birth_year", "race", "gender", "appointed_date", "resignation_date")
)
UNIT_HISTORY = ExportFile("unit_history", ("officer_id", "unit", "start_date"), ("end_date",))
COMPLAINTS = ExportFile(
    "complaints",
    ("officer_id", "complaint_id", "complaint_date"),
    ("incident_date", "closed_date", "category", "finding", "officer_filed", "complainant_type"),
    left=("outcome",),
)
FORCE = ExportFile(
    "use_of_force",
    ("officer_id", "trr_date"),
    (
        "taser", "firearm_used", "total_number_of_shots", "subject_armed", "subject_injured", "officer_on_duty",
        "officer_in_uniform", "officer_injured", "officer_unit_id", "indoor_or_outdoor", "lighting_condition",
        "location_recode",
    ),
    left=("subject_alleged_injury", "officer_rank"),
)  # fmt: skip
SALARY = ExportFile(
    "salary_rank", ("officer_id", "year", "rank"), left=("pay_grade", "employee_status", "present_position_date")
)
UNIT_NAMES = ExportFile("unit_reference", ("unit",), ("unit_name", "unit_name_pdf2016"), left=("status_pdf2016",))

RACES = {
    "white": "white",
    "black": "black",
    "african american": "black",
    "hispanic": "hispanic",
    "white hispanic": "hispanic",
    "black hispanic": "hispanic",
    "asian": "asian",
    "asian/pacific islander": "asian",
    "native american": "native_american",
    "native american/alaskan native": "native_american",
}
SEXES = {"m": "male", "male": "male", "f": "female", "female": "female"}
FINDINGS = {
    "su": "sustained",
    "ns": "not_sustained",
    "un": "unfounded",
    "ex": "exonerated",
    "naf": "no_affidavit",
    "sustained": "sustained",
    "not sustained": "not_sustained",
    "unfounded": "unfounded",
    "exonerated": "exonerated",
    "no affidavit": "no_affidavit",
}
COMPLAINANTS = {"civilian": "civilian", "cpd employee": "officer", "officer": "officer", "unknown": "unknown"}
LIGHT = {
    "daylight": "daylight",
    "dusk": "dusk",
    "dawn": "dusk",
    "night": "night",
    "darkness": "night",
    "good artificial": "artificial_good",
    "poor artificial": "artificial_poor",
    "unknown": "unknown",
}
PLACES = {"indoor": "true", "indoors": "true", "outdoor": "false", "outdoors": "false"}
RANKS = (
    ("CIVILIAN",),
    ("POLICE OFFICER",),
    ("FIELD TRAINING OFFICER",),
    ("DETECTIVE", "INVESTIGATOR"),
    ("SERGEANT",),
    ("LIEUTENANT",),
    ("CAPTAIN",),
    ("COMMANDER",),
    ("DEPUTY CHIEF",),
    ("CHIEF", "GENERAL COUNSEL", "SUPERINTENDENT'S CHIEF OF STAFF"),
    ("ASSISTANT SUPERINTENDENT", "DEPUTY SUPERINTENDENT"),
    ("FIRST DEPUTY SUPERINTENDENT",),
    ("SUPERINTENDENT OF POLICE",),
)


def read(folder: Path) -> Reading:
    """Every table the export gives; an absent file leaves its tables out, and a note says so.

    Raises InvalidInput when a file lacks a column it cannot do without, MissingTable when there is no file at all.
    """
    reading = Reading()
    for export, shape in (
        (OFFICERS, _officers), (UNIT_NAMES, _units), (UNIT_HISTORY, _postings), (SALARY, _ranks),
        (COMPLAINTS, _complaints), (FORCE, _force_reports),
    ):  # fmt: skip
        if (frame := export.read(folder, reading.notes)) is not None:
            reading.tables.update(shape(frame, reading.notes))
    reading.assumed.update(reading.tables)
    require_one_of(reading, ("postings", "complaints", "officers", "promotions", "force_reports"), folder)
    return reading


def _officers(raw: pd.DataFrame, _: list[str]) -> dict[str, pd.DataFrame]:
    known_on = known_from(dates(raw["appointed_date"]))
    officers = pd.DataFrame(
        {
            "officer_id": raw["officer_id"],
            "entered_on": raw["appointed_date"],
            "left_on": raw["resignation_date"],
            "known_on": known_on,
        }
    )
    protected = pd.DataFrame(
        {
            "officer_id": raw["officer_id"],
            "sex": translated(raw["gender"], SEXES),
            "ethnicity": translated(raw["race"], RACES),
            "birth_year": raw["birth_year"],
            "known_on": known_on,
        }
    )
    return {"officers": officers, "protected_attributes": protected}


def _units(raw: pd.DataFrame, _: list[str]) -> dict[str, pd.DataFrame]:
    name = strings(raw["unit_name"]).fillna(strings(raw["unit_name_pdf2016"]))
    units = pd.DataFrame({"unit_id": _unit(raw["unit"]), "name_en": name, "known_on": FROM_THE_BEGINNING})
    return {"units": units}


def _postings(raw: pd.DataFrame, _: list[str]) -> dict[str, pd.DataFrame]:
    unit = _unit(raw["unit"])
    postings = pd.DataFrame(
        {
            "officer_id": raw["officer_id"],
            "post_id": unit,
            "unit_id": unit,
            "started_on": raw["start_date"],
            "ended_on": raw["end_date"],
            "known_on": raw["start_date"],
        }
    )
    return {"postings": postings}


def _ranks(raw: pd.DataFrame, notes: list[str]) -> dict[str, pd.DataFrame]:
    """A salary line of a year confirms, at the end of that year, the rank held in it."""
    year = integers(raw["year"])
    day = dates(year.astype("string") + "-12-31")
    rank = strings(raw["rank"]).str.upper()
    promotions = pd.DataFrame(
        {"officer_id": raw["officer_id"], "ladder": LADDER, "rank_step": rank, "occurred_on": day, "kind": "roster",
         "known_on": day}
    )  # fmt: skip
    return {"promotions": promotions, "rank_steps": ladder_steps(LADDER, RANKS, rank, notes)}


def _complaints(raw: pd.DataFrame, notes: list[str]) -> dict[str, pd.DataFrame]:
    """An unknown category is another one; an unknown finding code costs only the found version.

    So does an end that nobody can read: the complaint stays open.
    """
    kinds = catalog().table("complaints").column("category").enum
    complaints = pd.DataFrame(
        {
            "complaint_id": raw["complaint_id"],
            "officer_id": raw["officer_id"],
            "occurred_on": raw["incident_date"],
            "opened_on": raw["complaint_date"],
            "closed_on": raw["closed_date"],
            "category": translated_or_unknown(
                raw["category"], {kind: kind for kind in kinds}, "complaints.category", notes, unknown="other"
            ),
            "finding": translated(raw["finding"], FINDINGS),
            "officer_filed": raw["officer_filed"],
            "complainant_type": translated_or_unknown(
                raw["complainant_type"], COMPLAINANTS, "complaints.complainant_type", notes
            ),
        }
    )
    return {"complaints": complaint_versions(complaints)}


def _force_reports(raw: pd.DataFrame, notes: list[str]) -> dict[str, pd.DataFrame]:
    reports = pd.DataFrame(
        {
            "officer_id": raw["officer_id"],
            "occurred_on": raw["trr_date"],
            "taser": raw["taser"],
            "firearm_used": raw["firearm_used"],
            "subject_armed": raw["subject_armed"],
            "subject_injured": raw["subject_injured"],
            "officer_injured": raw["officer_injured"],
            "on_duty": raw["officer_on_duty"],
            "in_uniform": raw["officer_in_uniform"],
            "indoor": translated(raw["indoor_or_outdoor"], PLACES),
            "lighting": translated_or_unknown(raw["lighting_condition"], LIGHT, "force_reports.lighting", notes),
            "shots": raw["total_number_of_shots"],
            "place": raw["location_recode"],
            "unit_id": _unit(raw["officer_unit_id"]),
            "known_on": raw["trr_date"],
        }
    )
    return {"force_reports": reports}


def _unit(values: pd.Series) -> pd.Series:
    """Unit numbers as ids; a CSV with gaps writes 7 as 7.0."""
    return strings(values).str.removesuffix(".0")
