"""Which column of a sheet is which column of a contract: by the word over it, then by what stands in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from data_contracts.catalog import Column, Table
from data_contracts.coercion import YEARS, is_open, numbers, strings, years_of
from data_contracts.decisions import ForbiddenGroup
from data_contracts.guessing.codes import NO_CODING, Coding, coding, has_codes
from data_contracts.guessing.days import ENOUGH, Written, written
from data_contracts.guessing.sheets import Sheet
from data_contracts.guessing.words import known_words, likeness
from data_contracts.policy import policy
from data_contracts.schema import allowed_values
from data_contracts.sources.mapping import YEAR_OF
from data_contracts.vocabulary import Bilingual

SURE, TAKEN = 0.8, 0.45
"""A column is proposed from TAKEN on, and needs no second look from SURE on."""
BY_CONTENT = {"codes": 0.62, "date": 0.46}
"""What stands in a column tells this much where the word over it tells nothing."""
CLOSE, RIVALRY = 0.15, 0.35
"""A rival nearer than the first makes a choice less sure, by the second at most."""
FORBIDDEN_LIKENESS = 0.92
ID_CARD = re.compile(r"^\d{17}[\dXx]$")
PHONE = re.compile(r"^1[3-9]\d{9}$")

BY_NAME = Bilingual("名称相符", "the word is known")
BY_LIKENESS = Bilingual("名称相近", "the word is alike")
BY_VALUES = Bilingual("按内容判断", "by what stands in it")
RIVAL = Bilingual("另有相近的列", "another column is nearly as near")
NOT_FITTING = Bilingual("部分内容不符", "some of what stands in it does not fit")


@dataclass(frozen=True)
class Looks:
    """What stands in one column of a sheet, looked at once: its word, how its dates are written, its numbers.

    `words` counts its values as text, the most frequent first; `still_open` is the share that says "to date", and
    `dates` is of the others; `numeric` and `whole` are the shares that are numbers
    and whole numbers, `least` and `most` the 5th and 95th percentile of them; `personal` says whether it holds
    citizens' numbers or telephone numbers, whatever its word says; `years` is the share that a year can be taken of,
    and `whole_years` the share that is a year and nothing more, written as a number.
    """

    header: str
    words: Mapping[str, int]
    dates: Written
    numeric: float
    whole: float
    least: float
    most: float
    personal: bool
    still_open: float = 0.0
    years: float = 0.0
    whole_years: float = 0.0

    @property
    def empty(self) -> bool:
        """Whether nothing stands in it."""
        return not self.words


@dataclass(frozen=True)
class Fit:
    """How well a column of a sheet fits one of a contract, 0 to 1, by word and by content (-1 to 1)."""

    word: float
    content: float
    total: float


@dataclass(frozen=True)
class Guess:
    """One column of ours from one of theirs, how sure (0 to 1), why, and how to read it."""

    column: Column
    header: str
    certainty: float
    why: tuple[Bilingual, ...]
    formats: tuple[str, ...] = ()
    coding: Coding = NO_CODING
    rival: str | None = None

    @property
    def sure(self) -> bool:
        """Whether a person may let it pass unread."""
        return self.certainty >= SURE


def looks_of(sheet: Sheet) -> dict[str, Looks]:
    """What stands in each named column of a sheet; columns without a word or without a value are left out."""
    found = {}
    for header in sheet.headers:
        values = sheet.rows[header].dropna()
        if not (header.startswith("Unnamed: ") and values.empty):
            found[header] = _looks(header, values)
    return found


def _looks(header: str, values: pd.Series) -> Looks:
    text = [str(word) for word in strings(values).dropna()]
    read = numbers(values.astype(object))
    known, open_ = read.dropna().to_numpy(), is_open(values)
    least, most = np.quantile(known, [0.05, 0.95]) if len(known) else (0.0, 0.0)
    private = sum(bool(ID_CARD.match(word) or PHONE.match(word)) for word in text[:200])
    return Looks(
        header=header,
        words=dict(Counter(text).most_common()),
        dates=written(values[~open_]),
        numeric=len(known) / max(1, len(values)),
        whole=float((known == np.floor(known)).sum()) / max(1, len(values)),
        least=float(least),
        most=float(most),
        personal=2 * private > len(text[:200]),
        still_open=float(open_.mean()) if len(values) else 0.0,
        years=float(years_of(values).notna().mean()) if len(values) else 0.0,
        whole_years=float(((known == np.floor(known)) & (known >= YEARS[0]) & (known <= YEARS[1])).sum())
        / max(1, len(values)),
    )


@cache
def forbidden(header: str) -> ForbiddenGroup | None:
    """The group of forbidden headers that a word belongs to, or is nearer to than to any column of a contract.

    >>> forbidden("现住址") is not None, forbidden("任职时间") is None
    (True, True)
    """
    bare = re.sub(r"\.\d+$", "", header)
    near = {place: max((likeness(bare, word) for word in group.headers), default=0.0)
            for place, group in enumerate(policy().forbidden)}  # fmt: skip
    best = max(near, key=lambda place: near[place])
    if near[best] >= FORBIDDEN_LIKENESS:
        return policy().forbidden[best]
    known = max(likeness(bare, word) for word in known_words())
    return policy().forbidden[best] if near[best] >= TAKEN and near[best] > known else None


def may_take(column: Column, table: Table, looks: Looks) -> bool:
    """Whether such a column may ever come from that one: nothing forbidden or personal goes where models learn.

    A protected attribute goes into the table of protected attributes alone, which is read for audits only.
    """
    audited = table.name == "protected_attributes" and column.name not in (*table.key, "known_on")
    if looks.personal:
        return False
    if forbidden(looks.header) is None:
        return not audited or _word(looks.header, column) > 0
    if _word(looks.header, column) < FORBIDDEN_LIKENESS or column.name in (*table.key, "known_on"):
        return False
    return not column.may_train or "officer_id" not in table.column_names  # a unit's name is nobody's name


def fit(column: Column, table: Table, looks: Looks) -> Fit:
    """The fit of one pair."""
    if not may_take(column, table, looks):
        return Fit(0.0, 0.0, 0.0)
    word, content = _word(looks.header, column), _content(column, looks)
    if column.name == "known_on" and word < FORBIDDEN_LIKENESS:
        return Fit(word, content, 0.0)
    if word == 0.0:
        kind = "codes" if has_codes(column) and column.kind != "boolean" else column.kind
        worth = BY_CONTENT.get(kind, 0.0) if column.required or kind == "codes" else 0.0
        return Fit(word, content, worth * content if content >= ENOUGH else 0.0)
    total = word * (1 + content) if content < 0 else word + (1 - word) * 0.4 * content
    return Fit(word, content, min(1.0, total))


@lru_cache(maxsize=100_000)
def _word(header: str, column: Column) -> float:
    bare = re.sub(r"\.\d+$", "", header)
    return max(likeness(bare, word) for word in column.called)


def _content(column: Column, looks: Looks) -> float:
    """From 1, everything fits, over 0, nothing is known, to -1, nothing fits."""
    if looks.empty:
        return 0.0
    if column.kind == "date":
        if column.may_stay_open and looks.still_open == 1.0:
            return 0.5
        share = looks.dates.share * (1.0 if column.may_stay_open else 1.0 - looks.still_open)
        return share if share >= ENOUGH else share - 1
    if _is_year(column):
        return 0.5 * looks.years if looks.years >= ENOUGH else looks.years - 1
    if has_codes(column):
        found = coding(column, looks.words).share
        if not allowed_values(column) and column.kind != "boolean":
            return found  # a source may bring ranks of its own
        return found if found >= 0.5 else (found - 1) / 2
    if column.kind in ("number", "integer"):
        share = looks.whole if column.kind == "integer" else looks.numeric
        return _in_range(column, looks) * share if share >= ENOUGH else share - 1
    return -0.8 if looks.dates.share >= ENOUGH and looks.whole < ENOUGH else 0.0


def _is_year(column: Column) -> bool:
    """Whether a column holds a year, which may be taken from a day and no more of the day with it."""
    return column.kind == "integer" and column.name.endswith("_year")


def _in_range(column: Column, looks: Looks) -> float:
    below = isinstance(column.minimum, float) and looks.least < column.minimum
    above = isinstance(column.maximum, float) and looks.most > column.maximum
    return -1.0 if below or above else 0.5


def assigned(table: Table, looks: Mapping[str, Looks]) -> list[Guess]:
    """Each column of the contract with the one column of theirs that fits best, all together (Hungarian method)."""
    headers, columns = list(looks), list(table.columns)
    fits = [[fit(column, table, looks[header]) for header in headers] for column in columns]
    totals = np.array([[one.total if one.total >= TAKEN else 0.0 for one in row] for row in fits])
    if not headers:
        return []
    rows, places = linear_sum_assignment(-(totals**2))
    chosen = {int(row): int(place) for row, place in zip(rows, places, strict=True) if totals[row, place] > 0}
    pairing = _Pairing(columns, headers, fits, chosen)
    return [pairing.guess(row, looks[headers[chosen[row]]]) for row in sorted(chosen)]


@dataclass(frozen=True)
class _Pairing:
    """Columns of ours, headers of theirs, how each pair fits, and which header each column was given."""

    columns: Sequence[Column]
    headers: Sequence[str]
    fits: Sequence[Sequence[Fit]]
    chosen: Mapping[int, int]

    def guess(self, row: int, looks: Looks) -> Guess:
        """What was chosen for a column, with how sure it is and why."""
        column, own = self.columns[row], self.fits[row][self.chosen[row]]
        rival, ahead = self._rival(row)
        certainty = own.total if ahead >= CLOSE else own.total * (1 - RIVALRY * (1 - max(0.0, ahead) / CLOSE))
        known = own.word >= FORBIDDEN_LIKENESS
        if known:  # over codes of their own too: that is for a person to decide, not nothing
            certainty = max(certainty, TAKEN)
        why = [BY_NAME if known else BY_LIKENESS if own.word > 0 else BY_VALUES]
        why += [RIVAL] if ahead < CLOSE else []
        why += [NOT_FITTING] if own.content < 0 else []
        formats = looks.dates.formats if column.kind == "date" else ()
        if _is_year(column) and looks.whole_years < looks.years:
            formats = (YEAR_OF,)
        doubts = looks.dates.doubts if column.kind == "date" else ()
        found = coding(column, looks.words)
        if doubts or found.perhaps or (found.unknown and allowed_values(column)):
            certainty = min(certainty, SURE - 0.05)
        return Guess(column, looks.header, round(certainty, 2), (*why, *doubts), formats, found,
                     rival if ahead < CLOSE else None)  # fmt: skip

    def _rival(self, row: int) -> tuple[str | None, float]:
        """The next best column for this header, or header for this column, and how far it is behind."""
        place = self.chosen[row]
        totals = {
            column.name: self.fits[other][place].total for other, column in enumerate(self.columns) if other != row
        }
        taken = set(self.chosen.values())
        totals |= {h: self.fits[row][other].total for other, h in enumerate(self.headers) if other not in taken}
        best = max(totals, key=lambda name: totals[name], default=None)
        return best, self.fits[row][place].total - (0.0 if best is None else totals[best])
