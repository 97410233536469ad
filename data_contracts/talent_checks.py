"""What the form of policy/talent.toml cannot say: every field has a rule, and every line reads what there is."""

from __future__ import annotations

from collections.abc import Iterator

from data_contracts.catalog import Catalog, Table
from data_contracts.talent_pool import FieldRule, TalentLine, TalentPolicy
from data_contracts.vocabulary import TalentField

EVIDENCE_TABLES = ("appraisals", "competency_assessments", "course_completions", "honours", "postings", "promotions")
FAMILY = "posts.job_family"
Fault = tuple[str, str, str]  # key, what is wrong, how to mend it


def talent_faults(talent: TalentPolicy, contracts: Catalog) -> Iterator[Fault]:
    """Every fault against the vocabulary and the contracts."""
    named = [rule.name for rule in talent.field]
    for missing in sorted(set(TalentField) - set(named)):
        yield missing, "no rule for this field", "add it, with the lines of evidence that count"
    for twice in sorted({name for name in named if named.count(name) > 1}):
        yield twice, f"stands {named.count(twice)} times", "keep one of them"
    for rule in talent.field:
        for line in rule.lines:
            yield from _line(f"{rule.name}/{line.code}", line, contracts)
            yield from _families(rule, line)


def _families(rule: FieldRule, line: TalentLine) -> Iterator[Fault]:
    """Evidence from posts to which no path to the field leads would be told to nobody who asks for a way into it."""
    for key, names in (("job_families", line.job_families), (f"where.{FAMILY}", line.where.get(FAMILY, ()))):
        for name in sorted(set(names) - set(rule.job_families)):
            remedy = f"use {', '.join(rule.job_families)}, or add it to the field's job_families"
            yield f"{rule.name}/{line.code}.{key}", f"{name!r} is no job family of the field", remedy


def _line(place: str, line: TalentLine, contracts: Catalog) -> Iterator[Fault]:
    if line.table not in EVIDENCE_TABLES:
        yield f"{place}.table", f"{line.table!r} is no evidence of talent", f"use {', '.join(EVIDENCE_TABLES)}"
        return
    table = contracts.tables[line.table]
    if line.date not in table.column_names or table.column(line.date).kind != "date":
        yield f"{place}.date", f"no date {line.date!r}", f"name a date of {table.name}"
    if line.compares != (line.value is not None):
        yield (
            f"{place}.value",
            "a mean needs a value and nothing else does",
            "give value with above_peers and above_own only",
        )
    elif line.value is not None and (line.value not in table.column_names or table.column(line.value).kind != "number"):
        yield f"{place}.value", f"no number {line.value!r}", f"name a number of {table.name}"
    if line.how == "above_own" and not (line.where or line.job_families):
        yield f"{place}.where", "all rows cannot stand out from the others", "say which rows are the field's"
    if line.how == "years" and not table.ends:
        yield f"{place}.how", f"{table.name} has no end date", 'use how = "count"'
    for name, values in line.where.items():
        yield from _condition(f"{place}.where.{name}", name, values, table, contracts)


def _condition(place: str, name: str, values: tuple[str, ...], table: Table, contracts: Catalog) -> Iterator[Fault]:
    owner, _, column = name.rpartition(".")
    target = contracts.tables.get(owner) if owner in table.references.values() else None if owner else table
    if target is None or column not in target.column_names:
        yield place, "no such column", f"use a column of {table.name}, or table.column of one that it refers to"
        return
    allowed = target.column(column).enum
    for value in values:
        if allowed and value not in allowed:
            yield place, f"no value {value!r}", f"use {', '.join(allowed)}"
