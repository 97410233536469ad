"""An officer's rows taken out of everything that features are made of: history, snapshots, what Feast reads, and the
online store. Rows of others stay; where one names the officer, as a supervisor does, the name is taken out."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_contracts.catalog import catalog
from data_contracts.settings import Settings
from features.history import History
from features.pending import Pending
from features.store import FeatureReader

OF_THE_OFFICER = ("officer_id", "key")  # a row that says the id here is about the officer, and goes whole


STEPS = (
    "history; waits while rows are being taken in",
    "snapshots",
    "online store; Feast is loaded first, and it waits while the store is being filled",
    "offline store",
)


def erase_in_features(
    settings: Settings, officer_id: str, say: Callable[[str], None] = lambda _: None
) -> dict[str, int]:
    """Rows taken out or changed, by place; again, it finds none. Each of STEPS is told to `say` as it begins, with what
    it waits for. Raises NotReady where a store cannot be written.
    """
    rows = dict.fromkeys(("history", "snapshots", "offline store", "online store", "officers to bring forward"), 0)

    def change(table: pa.Table) -> pa.Table | None:
        after, count = without(table, officer_id)
        rows["history"] += count
        return after if count else None

    say(STEPS[0])
    if settings.history_dir.is_dir():
        History(settings.history_dir).rewritten(change)
    say(STEPS[1])
    rows["snapshots"] = erase_in_files(settings.snapshot_dir, officer_id)
    rows["officers to bring forward"] = Pending(settings.feast_dir).forget(officer_id)
    say(STEPS[2])
    rows["online store"] = FeatureReader(settings).forget(officer_id)
    say(STEPS[3])
    rows["offline store"] = erase_in_files(settings.feast_dir, officer_id)
    return rows


def erase_in_files(folder: Path, officer_id: str) -> int:
    """Take an officer out of every parquet file under a folder; the number of rows."""
    return sum(erase_in_file(path, officer_id) for path in sorted(folder.rglob("*.parquet")))


def erase_in_file(path: Path, officer_id: str) -> int:
    """The same of one file, which is put in the place of the old one in one step."""
    after, count = without(pq.read_table(path, partitioning=None), officer_id)
    if count:
        scratch = path.with_name(f".{path.name}.erasing")
        pq.write_table(after, scratch)
        scratch.chmod(path.stat().st_mode & 0o777)
        scratch.replace(path)
    return count


def without(rows: pa.Table, officer_id: str) -> tuple[pa.Table, int]:
    """The rows without those of an officer and without the id in those of others; how many were taken out or changed.

    >>> rows = pa.table({"officer_id": ["a", "b", "c"], "supervisor_id": [None, "a", "b"]})
    >>> after, count = without(rows, "a")
    >>> after.to_pylist(), count
    ([{'officer_id': 'b', 'supervisor_id': None}, {'officer_id': 'c', 'supervisor_id': 'b'}], 2)
    """
    keep, changed = pa.array([True] * rows.num_rows, pa.bool_()), pa.array([False] * rows.num_rows, pa.bool_())
    for place, item in enumerate(rows.schema):
        if not _is_text(item.type) or item.name in names_of_other_things():
            continue
        column = rows[item.name].combine_chunks()
        named = _named(column, officer_id)
        if not pc.any(named).as_py():
            continue
        if item.name in OF_THE_OFFICER:
            keep = pc.and_(keep, pc.invert(named))
        else:
            changed = pc.or_(changed, named)
            rows = rows.set_column(place, item, _without_name(column, officer_id).cast(item.type))
    count = rows.num_rows - int(pc.sum(keep).as_py() or 0) + int(pc.sum(pc.and_(changed, keep)).as_py() or 0)
    return (rows.filter(keep) if count else rows), count


@cache
def names_of_other_things() -> frozenset[str]:
    """Columns that name units, posts, courses and vacancies, which may be called as an officer is.

    >>> sorted(names_of_other_things())
    ['course_id', 'parent_unit_id', 'post_id', 'required_course_id', 'unit_id', 'vacancy_id']
    """
    tables = catalog().tables.values()
    named = {name for table in tables for name, target in table.references.items() if target != "officers"}
    return frozenset(named | {catalog().table(target).key[0] for target in ("units", "posts", "courses", "vacancies")})


def _is_text(kind: pa.DataType) -> bool:
    inside = kind.value_type if pa.types.is_list(kind) or pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(inside) or pa.types.is_large_string(inside))


def _named(column: pa.Array, officer_id: str) -> pa.Array:
    if pa.types.is_list(column.type):
        return pa.array([one is not None and officer_id in one for one in column.to_pylist()], pa.bool_())
    return pc.fill_null(pc.equal(column.cast(pa.string()), officer_id), False)


def _without_name(column: pa.Array, officer_id: str) -> pa.Array:
    if pa.types.is_list(column.type):
        told = [one if one is None else [name for name in one if name != officer_id] for one in column.to_pylist()]
        return pa.array(told, column.type)
    texts = column.cast(pa.string())
    return pc.if_else(_named(column, officer_id), pa.scalar(None, pa.string()), texts)
