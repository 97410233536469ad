"""Lines of the audit chain that were looked for, as a table for the terminal and a file of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from data_contracts.audit.search import Found, as_csv
from data_contracts.errors import InvalidInput
from data_contracts.private import write_private_text

MANY = 3  # officers of a line that the table names; the file names all


def show(found: Sequence[Found], limit: int, out: Path | None, console: Console) -> None:
    """Print the newest `limit` of them, and write all to a new file that only its owner may read.

    Raises InvalidInput where the file cannot be made, or is there already.
    """
    if out is not None:
        try:
            write_private_text(out, as_csv(found))
        except OSError as error:
            raise InvalidInput(f"{out} cannot be written ({type(error).__name__}); name a new file") from error
    table = Table(
        Column("line", justify="right", no_wrap=True),
        "at",
        "who",
        Column("what", no_wrap=True),
        "about",
        "details",
        "request",
    )
    for one in found[-limit:]:
        number, at, actor, action, request_id, _, details, wrong = one.cells
        marked = f"[red]{number} ![/]" if wrong else number
        table.add_row(marked, at[:19], *map(escape, (actor, action, _about(one), details, request_id)))
    console.print(table)
    shown = min(limit, len(found))
    console.print(f"{len(found):,} lines found, {shown:,} shown; about: pseudonyms", highlight=False)
    for one in found:
        if one.wrong:
            console.print(f"line {one.number:,}: {one.wrong}", markup=False, highlight=False, soft_wrap=True)
    if out is not None:
        console.print(f"all of them are in {out}", markup=False, highlight=False, soft_wrap=True)


def _about(one: Found) -> str:
    about: Sequence[str] = one.told["about"]
    more = f" +{len(about) - MANY:,}" if len(about) > MANY else ""
    return " ".join(about[:MANY]) + more
