"""The contracts as typed objects: what may enter, what it means, and what it may be used for.

The YAML files under `tables/` (Open Data Contract Standard v3.2) are the only source of tables and columns.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast, get_args

from open_data_contract_standard.model import (
    CustomProperty,
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
)
from pydantic import ValidationError
from yaml import CSafeLoader, YAMLError, load

from data_contracts.errors import ContractViolation, UnknownTable

Kind = Literal["string", "integer", "number", "boolean", "date"]
Classification = Literal["public", "internal", "confidential", "restricted"]
Bound = float | date
TABLES_DIR = Path(__file__).parent / "tables"
DTYPES: Mapping[Kind, str] = {
    "string": "string",
    "integer": "Int64",
    "number": "float64",
    "boolean": "boolean",
    "date": "datetime64[us]",
}


@dataclass(frozen=True)
class Column:
    """One column of a contract; `minimum` and `maximum` are inclusive, `enum` is empty where any value goes."""

    name: str
    kind: Kind
    required: bool
    enum: tuple[str, ...]
    minimum: Bound | None
    maximum: Bound | None
    references: str | None
    name_zh: str
    name_en: str
    description_zh: str
    description_en: str
    classification: Classification
    may_train: bool
    trains_only: tuple[str, ...] = ()
    ends: bool = False
    max_length: int | None = None
    policy_list: str | None = None
    labels_zh: Mapping[str, str] = field(default_factory=dict, hash=False)
    labels_en: Mapping[str, str] = field(default_factory=dict, hash=False)
    example: str = ""
    synonyms: tuple[str, ...] = ()
    value_synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)

    @property
    def may_stay_open(self) -> bool:
        """Whether it is an end that may not have come yet."""
        return self.ends and not self.required

    @property
    def called(self) -> tuple[str, ...]:
        """Every word that may stand over such a column in an export: its name, both labels, and its synonyms."""
        return tuple(dict.fromkeys((self.name, self.name_zh, self.name_en, *self.synonyms)))

    @property
    def dtype(self) -> str:
        """The pandas dtype this column has in every frame behind the door."""
        return DTYPES[self.kind]

    @property
    def codes_by_label(self) -> Mapping[str, str]:
        """Code by label in either language, in folded case, for cells that people filled in by hand."""
        both = (self.labels_zh, self.labels_en)
        return {label.casefold(): code for labels in both for code, label in labels.items()}


@dataclass(frozen=True)
class NotBefore:
    """A rule of a table: `column` may not lie before `earlier` where both are known."""

    column: str
    earlier: str


@dataclass(frozen=True)
class Table:
    """One contract. An empty `key` means that identical rows are kept as twins and nothing supersedes."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    required: bool
    event_date: str | None
    entity: str | None
    ttl_days: int | None
    name_zh: str
    name_en: str
    description_zh: str
    description_en: str
    registered: bool = False
    rules: tuple[NotBefore, ...] = ()
    synonyms: tuple[str, ...] = ()

    @property
    def called(self) -> tuple[str, ...]:
        """Every word that may name a file or a sheet with such rows."""
        return tuple(dict.fromkeys((self.name, self.name_zh, self.name_en, *self.synonyms)))

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names in contract order."""
        return tuple(column.name for column in self.columns)

    @property
    def ends(self) -> tuple[str, ...]:
        """End, closing and resolution dates, which read as null at an as-of that lies before them."""
        return tuple(column.name for column in self.columns if column.ends)

    @property
    def references(self) -> Mapping[str, str]:
        """Column -> the table it points into."""
        return {c.name: c.references.split(".")[0] for c in self.columns if c.references is not None}

    def column(self, name: str) -> Column:
        """The column of that name; raises ContractViolation when the contract has none.

        >>> catalog().table("postings").column("started_on").kind
        'date'
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise ContractViolation(f"table {self.name!r} has no column {name!r}{_did_you_mean(name, self.column_names)}")


@dataclass(frozen=True)
class Catalog:
    """Every contract, by table name."""

    tables: Mapping[str, Table]

    def table(self, name: str) -> Table:
        """The contract of that table; raises UnknownTable with the nearest name.

        >>> catalog().table("officers").key
        ('officer_id',)
        """
        if name not in self.tables:
            raise UnknownTable(f"table {name!r} has no contract{_did_you_mean(name, self.tables)}")
        return self.tables[name]

    @property
    def required(self) -> tuple[str, ...]:
        """Tables that a department cannot do without."""
        return tuple(name for name, table in self.tables.items() if table.required)


@cache
def catalog() -> Catalog:
    """All contracts of this checkout, read once.

    >>> catalog().required
    ('postings',)
    """
    return read_catalog(TABLES_DIR)


def read_catalog(folder: Path) -> Catalog:
    """Read every `*.odcs.yaml` of a folder; raises ContractViolation naming the file when one is wrong."""
    tables = [read_table(path) for path in sorted(folder.glob("*.odcs.yaml"))]
    found = Catalog({table.name: table for table in tables})
    for table in tables:
        _check_references(table, found)
    return found


def read_table(path: Path) -> Table:
    """Read one contract file; raises ContractViolation naming file, place and remedy."""
    try:
        told = load(path.read_text(encoding="utf-8"), CSafeLoader)  # as safe, eight times as fast
        contract = OpenDataContractStandard(**told)
        table = _table(_only_schema(contract))
    except (ValidationError, YAMLError, ValueError, TypeError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise ContractViolation(f"{path.name}: {reason}; write it as ODCS v3.2 like its neighbours") from error
    if path.name != f"{table.name}.odcs.yaml":
        raise ContractViolation(f"{path.name}: holds table {table.name!r}; name the file {table.name}.odcs.yaml")
    return table


def _only_schema(contract: OpenDataContractStandard) -> SchemaObject:
    schemas = contract.schema_ or []
    if len(schemas) != 1:
        raise ValueError(f"{len(schemas)} schemas; one contract file describes one table")
    return schemas[0]


def _table(schema: SchemaObject) -> Table:
    custom = _custom(schema.customProperties)
    properties = schema.properties or []
    keys = sorted((p.primaryKeyPosition or 0, str(p.name)) for p in properties if p.primaryKey)
    table = Table(
        name=str(schema.name),
        columns=tuple(_column(prop) for prop in properties),
        key=tuple(name for _, name in keys),
        required=bool(custom["requiredTable"]),
        event_date=custom.get("eventDate"),
        entity=custom.get("feastEntity"),
        ttl_days=custom.get("ttlDays"),
        name_zh=custom["nameZh"],
        name_en=str(schema.businessName),
        description_zh=custom["descriptionZh"],
        description_en=str(schema.description),
        registered=bool(custom["registeredByReference"]),
        rules=tuple(_rule(check.implementation) for check in schema.quality or []),
        synonyms=_synonyms(custom),
    )
    _check_own_names(table)
    return table


def _column(prop: SchemaProperty) -> Column:
    custom = _custom(prop.customProperties)
    options = prop.logicalTypeOptions or {}
    kind = cast(Kind, _one_of(prop, "logicalType", get_args(Kind)))
    values = prop.enum or []
    link = next(iter(prop.relationships or ()), None)
    return Column(
        name=str(prop.name),
        kind=kind,
        required=bool(prop.required),
        enum=tuple(str(value.value) for value in values),
        minimum=_bound(kind, options.get("minimum")),
        maximum=_bound(kind, options.get("maximum")),
        references=None if link is None else str(link.to),
        name_zh=custom["nameZh"],
        name_en=str(prop.businessName),
        description_zh=custom["descriptionZh"],
        description_en=str(prop.description),
        classification=cast(Classification, _one_of(prop, "classification", get_args(Classification))),
        may_train=bool(custom["mayTrain"]),
        trains_only=tuple(custom.get("trainsOnly", ())),
        ends=bool(custom.get("endDate", False)),
        max_length=options.get("maxLength"),
        policy_list=custom.get("policyList"),
        labels_zh={str(v.value): _custom(v.customProperties)["labelZh"] for v in values},
        labels_en={str(v.value): str(v.label) for v in values},
        example=_example(prop.examples),
        synonyms=_synonyms(custom),
        value_synonyms={str(v.value): tuple(_custom(v.customProperties).get("synonyms", ())) for v in values},
    )


def _one_of(prop: SchemaProperty, what: str, known: tuple[str, ...]) -> str:
    value = str(getattr(prop, what))
    if value not in known:
        raise ValueError(f"column {prop.name!r}: {what} {value!r} is none of {', '.join(known)}")
    return value


def _custom(properties: Iterable[CustomProperty] | None) -> dict[str, Any]:
    return {str(item.property): item.value for item in properties or ()}


def _synonyms(custom: Mapping[str, Any]) -> tuple[str, ...]:
    return (*custom.get("synonymsZh", ()), *custom.get("synonymsEn", ()))


def _rule(implementation: object) -> NotBefore:
    if not isinstance(implementation, dict) or implementation.get("rule") != "notBefore":
        raise ValueError(f"quality rule {implementation!r} is unknown; write {{rule: notBefore, column, earlier}}")
    return NotBefore(str(implementation["column"]), str(implementation["earlier"]))


def _bound(kind: Kind, value: object) -> Bound | None:
    if value is None:
        return None
    return date.fromisoformat(str(value)) if kind == "date" else float(str(value))


def _example(examples: list[Any] | None) -> str:
    first = (examples or [""])[0]
    return str(first).lower() if isinstance(first, bool) else str(first)


def _check_own_names(table: Table) -> None:
    names = set(table.column_names)
    used = {*table.key, *(c for r in table.rules for c in (r.column, r.earlier)), "known_on"}
    used |= set() if table.event_date is None else {table.event_date}
    if missing := sorted(used - names):
        raise ValueError(f"column {missing[0]!r} is used by a key, a rule or eventDate but not described")
    if len(names) != len(table.columns):
        raise ValueError("a column name appears twice")
    called: dict[str, str] = {}
    for column in table.columns:
        for word in column.called:
            if called.setdefault(word.casefold(), column.name) != column.name:
                raise ValueError(f"columns {called[word.casefold()]!r} and {column.name!r} are both called {word!r}")


def _check_references(table: Table, found: Catalog) -> None:
    for column in table.columns:
        if column.references is None:
            continue
        target, _, name = column.references.partition(".")
        if target not in found.tables or name not in found.tables[target].column_names:
            raise ContractViolation(
                f"{table.name}.odcs.yaml: column {column.name!r} refers to {column.references!r}, which no contract has"
            )


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(sorted(known))}"
