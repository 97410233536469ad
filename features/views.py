"""What the feature store offers: which fields an entity has, how long they hold, and which service reads them.

Plain data: nothing here imports Feast, so a model can ask for its columns and their hash in a millisecond.
`feast_objects` turns it into Feast's own objects.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

import pandas as pd

from data_contracts.errors import ContractViolation, InvalidInput

Kind = Literal["integer", "number", "boolean", "string", "strings", "numbers"]
KINDS: dict[Kind, str] = {
    "integer": "Int64",
    "number": "float64",
    "boolean": "boolean",
    "string": "string",
    "strings": "object",
    "numbers": "object",
}
TTL_DAYS = 45  # snapshots are monthly: one missed month and the features are gone rather than stale


@dataclass(frozen=True)
class Field:
    """One feature: its name, its kind, and what it means, so that a changed meaning changes the hash.

    >>> Field("tenure_days", "integer").dtype
    'Int64'
    >>> Field("rate_y", "number")
    Traceback (most recent call last):
    data_contracts.errors.ContractViolation: feature 'rate_y' ends in _y, which Feast's join drops; rename it
    """

    name: str
    kind: Kind
    meaning: str = ""

    def __post_init__(self) -> None:
        if self.name.endswith("_y"):
            raise ContractViolation(f"feature {self.name!r} ends in _y, which Feast's join drops; rename it")

    @property
    def dtype(self) -> str:
        """The pandas type that a column of this field has, offline and online."""
        return KINDS[self.kind]


@dataclass(frozen=True)
class View:
    """Fields of one entity, read from the Feast-facing parquet of one source.

    `source` names a folder of snapshots; `key` is the entity's id column.
    """

    name: str
    entity: Literal["officer", "unit"]
    source: str
    fields: tuple[Field, ...]
    ttl_days: int = TTL_DAYS

    def __post_init__(self) -> None:
        if self.ttl_days < 1:
            raise ContractViolation(f"view {self.name!r} has no ttl: its join would be many to many; give it ttl_days")

    @property
    def key(self) -> str:
        """The id column of the entity."""
        return f"{self.entity}_id"

    @property
    def ttl(self) -> timedelta:
        """How long a row holds after its event timestamp."""
        return timedelta(days=self.ttl_days)


@dataclass(frozen=True)
class Service:
    """A versioned, ordered choice of fields that a model is trained on and served from."""

    name: str
    views: tuple[View, ...]
    chosen: tuple[str, ...]
    outcome: str | None = None  # days of sick leave may feed `strain` and nothing else
    definitions: str = ""  # hash of the code that computes the fields
    by_name: Mapping[str, Field] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        every = {item.name: item for view in self.views for item in view.fields}
        absent = [name for name in self.chosen if name not in every]
        if absent:
            raise ContractViolation(f"service {self.name!r} asks for {absent[0]!r}, which none of its views has")
        if sum(len(view.fields) for view in self.views) != len(every):
            raise ContractViolation(f"service {self.name!r} joins views that share a field name; rename one of them")
        object.__setattr__(self, "by_name", every)

    @property
    def key(self) -> str:
        """The id column that a caller passes."""
        return self.views[0].key

    @property
    def fields(self) -> tuple[Field, ...]:
        """The chosen fields, in the stored order."""
        return tuple(self.by_name[name] for name in self.chosen)

    @property
    def hash(self) -> str:
        """sha256 of all that train and serve must agree on: order, kinds, meanings, views, ttls."""
        told = {
            "service": self.name,
            "definitions": self.definitions,
            "fields": [[item.name, item.kind, item.meaning] for item in self.fields],
            "views": [[view.name, view.entity, view.source, view.ttl_days] for view in self.views],
        }
        return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True)
class Declared:
    """Everything that is registered: the views and the services over them."""

    views: tuple[View, ...]
    services: tuple[Service, ...]

    def service(self, name: str) -> Service:
        """The service of that name; raises InvalidInput naming those there are."""
        for item in self.services:
            if item.name == name:
                return item
        there = ", ".join(item.name for item in self.services)
        raise InvalidInput(f"no feature service is called {name!r}; there are {there}")

    def view(self, source: str) -> tuple[View, ...]:
        """The views that read one source."""
        return tuple(item for item in self.views if item.source == source)


def typed(frame: pd.DataFrame, fields: tuple[Field, ...]) -> pd.DataFrame:
    """Give every field its one type, so that offline and online answers can be compared with `equals`.

    >>> typed(pd.DataFrame({"moves_ever": [2.0, None]}), (Field("moves_ever", "integer"),)).dtypes["moves_ever"]
    Int64Dtype()
    """
    ready = {item.name: _typed(frame[item.name], item) for item in fields}
    return pd.DataFrame({name: ready.get(name, frame[name]) for name in frame.columns}, index=frame.index)


def _typed(column: pd.Series[Any], item: Field) -> pd.Series[Any]:
    if item.kind in ("strings", "numbers"):
        lists = [None if value is None or isinstance(value, float) else list(value) for value in column]
        return pd.Series(lists, index=column.index, dtype=object)
    if item.kind == "integer" and column.dtype in (object, float):
        return column.astype("Float64").astype("Int64")
    if item.kind == "boolean" and column.dtype == float:
        return column.astype("Float64").astype("boolean")
    return column.astype(pd.api.types.pandas_dtype(item.dtype))
