"""What a set of files seems to be: the tables of each sheet, what is missing, and what was left where it is and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from data_contracts.catalog import Table, catalog
from data_contracts.guessing.columns import SURE, Guess, Looks, assigned, forbidden, looks_of
from data_contracts.guessing.sheets import Sheet, sheets_of
from data_contracts.guessing.words import likeness
from data_contracts.vocabulary import Bilingual

LEAST_TABLE = 0.5
"""A sheet whose best table scores less is told and left."""
LEAST_COLUMN, LIKELY = 0.45, 0.7
"""A column less certain than the first is left, one less certain than the second may be another table's."""
TABLE_CLOSE = 0.08
BESIDE = ("officers", "postings", "promotions", "protected_attributes")
"""Tables that a roster holds beside its own: what officers are, where they stand, their rank, what audits ask."""
ONE_ROW_EACH = ("officers", "protected_attributes")
SHARED = ("officer_id", "unit_id", "post_id")
"""Columns that several tables of one sheet may be about."""
FOLLOWING = {"postings": ("post_id", "unit_id")}
"""Required columns of which one follows from the other."""
PERSONAL = Bilingual("证件号或电话号码，不收入", "numbers of documents or telephones are not taken")
NOBODY_ASKS = Bilingual("没有契约需要这一列", "no contract asks for it")


@dataclass(frozen=True)
class Section:
    """One table of ours from one sheet of theirs; `certainty` is that of the table itself (0 to 1)."""

    table: Table
    sheet: Sheet
    guesses: tuple[Guess, ...]
    certainty: float
    beside: bool = False

    @property
    def missing(self) -> tuple[str, ...]:
        """Required columns that nothing was found for; `known_on` follows from the day of the event."""
        found = {guess.column.name for guess in self.guesses} | {"known_on"}
        if found & set(following := FOLLOWING.get(self.table.name, ())):
            found |= set(following)
        return tuple(column.name for column in self.table.columns if column.required and column.name not in found)

    @property
    def unsure(self) -> tuple[Guess, ...]:
        """Columns that a person should look at."""
        return tuple(guess for guess in self.guesses if not guess.sure)

    @property
    def audited_only(self) -> bool:
        """Whether nothing of it ever reaches a model."""
        return self.table.name == "protected_attributes"


@dataclass(frozen=True)
class Left:
    """A column that was left where it is, and why."""

    sheet: Sheet
    header: str
    because: Bilingual


@dataclass(frozen=True)
class Proposal:
    """The sections found in `folder`, the columns left, sheets that are no table of ours, and notes on files.

    `known` names the tables that earlier deliveries brought.
    """

    folder: Path
    sections: tuple[Section, ...]
    left: tuple[Left, ...]
    unknown: tuple[Sheet, ...]
    notes: tuple[str, ...]
    known: frozenset[str] = frozenset()

    @property
    def missing_tables(self) -> tuple[str, ...]:
        """Required tables that no section gives whole and no earlier delivery brought."""
        whole = self.known | {section.table.name for section in self.sections if not section.missing}
        return tuple(name for name in catalog().required if name not in whole)

    @property
    def lacks_required(self) -> bool:
        """Whether a required table, or a required column of a table that was found, is missing."""
        return bool(self.missing_tables) or any(section.missing for section in self.sections)

    @property
    def unsure(self) -> bool:
        """Whether a person must look at something before the rows go in."""
        return any(section.unsure or section.certainty < SURE for section in self.sections) or bool(self.unknown)


def propose(path: Path, known: frozenset[str] = frozenset()) -> Proposal:
    """Guess what a file or each file of a folder holds; raises InvalidInput when there is nothing to look at."""
    sheets, notes = sheets_of(path)
    sections: list[Section] = []
    left: list[Left] = []
    unknown: list[Sheet] = []
    for sheet in sheets:
        looks = looks_of(sheet)
        found = sections_of(sheet, looks)
        sections += found
        if not found:
            unknown.append(sheet)
            continue
        used = {guess.header for section in found for guess in section.guesses}
        left += [Left(sheet, header, _why_left(look)) for header, look in looks.items() if header not in used]
    folder = path if path.is_dir() else path.parent
    return Proposal(folder, tuple(sections), tuple(left), tuple(unknown), tuple(notes), known)


def _why_left(look: Looks) -> Bilingual:
    group = forbidden(look.header)
    if group is not None:
        return Bilingual(group.because_zh, group.because_en)
    return PERSONAL if look.personal else NOBODY_ASKS


def sections_of(sheet: Sheet, looks: Mapping[str, Looks]) -> list[Section]:
    """The table that a sheet is, and those that it holds beside it; none when nothing is likely."""
    tries = {table.name: assigned(table, looks) for table in catalog().tables.values()}
    scores = {name: _score(catalog().table(name), guesses, sheet, looks) for name, guesses in tries.items()}
    ranked = sorted(scores, key=lambda name: scores[name], reverse=True)
    best = ranked[0]
    if scores[best] < LEAST_TABLE:
        return []
    margin = scores[best] - scores[ranked[1]]
    certainty = min(1.0, scores[best] + 0.15) * (1.0 if margin >= TABLE_CLOSE else 0.75)
    first = Section(catalog().table(best), sheet, tuple(tries[best]), round(certainty, 2))
    beside = list(_beside(first, tries))
    taken = {one.header for section in beside for one in section.guesses if one.column.name not in SHARED}
    kept = tuple(one for one in first.guesses if one.header not in taken and one.certainty >= LEAST_COLUMN)
    return [replace(first, guesses=kept), *beside]


def _score(table: Table, guesses: Sequence[Guess], sheet: Sheet, looks: Mapping[str, Looks]) -> float:
    """Required columns found, headers explained, and whether the sheet is called like the table."""
    by_name = {guess.column.name: guess for guess in guesses}
    required = [column.name for column in table.columns if column.required and column.name != "known_on"]
    following = FOLLOWING.get(table.name, ())
    if any(name in by_name for name in following):
        required = [name for name in required if name not in following or name in by_name]
    covered = sum(by_name[name].certainty for name in required if name in by_name) / max(1, len(required))
    usable = [header for header, look in looks.items() if forbidden(header) is None and not look.personal]
    explained = sum(guess.certainty for guess in guesses if guess.header in usable) / max(1, len(usable))
    return 0.45 * covered + 0.35 * explained + 0.2 * _named(table, sheet)


def _named(table: Table, sheet: Sheet) -> float:
    return max((likeness(said, word) for said in sheet.said for word in table.called), default=0.0)


def _beside(first: Section, tries: Mapping[str, Sequence[Guess]]) -> Iterator[Section]:
    """Tables whose required columns are all surely there, and that take up something which nothing else does."""
    used = {guess.header for guess in first.guesses if guess.column.name not in SHARED and guess.certainty >= LIKELY}
    whose = next((guess.header for guess in first.guesses if guess.column.name == "officer_id"), None)
    for name in BESIDE if whose is not None else ():
        if name == first.table.name or (name in ONE_ROW_EACH and not first.sheet.rows[whose].dropna().is_unique):
            continue
        guesses = tuple(guess for guess in tries[name] if guess.certainty >= LIKELY and guess.header not in used)
        section = Section(catalog().table(name), first.sheet, guesses, SURE, beside=True)
        own = [guess for guess in guesses if guess.column.name not in (*SHARED, "known_on")]
        if own and not section.missing:
            used |= {guess.header for guess in own}
            yield section


def parts_of(sections: Sequence[Section]) -> Mapping[str, int]:
    """How many sections each table has."""
    return Counter(section.table.name for section in sections)
