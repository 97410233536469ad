"""What stays open as a table for a terminal: `pharos concerns follow-up`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rich.table import Table

from serving.concerns.following import Open


def as_table(found: Sequence[Open], as_of: date, most: int) -> Table:
    """One line for each that should go further; ids and codes only, never words."""
    title = f"concerns to pass on, {as_of}"
    caption = f"{len(found)} should go further" + (f"; the first {most} are shown" if len(found) > most else "")
    table = Table("concern", "unit", "channel", "raised", "category", "urgency", "due", "goes to", title=title,
                  caption=caption)  # fmt: skip
    for one in found[:most]:
        waiting = [str(due.due_on) for due in one.due if due.done_on is None]
        to = "" if one.escalation is None else f"{one.escalation.to.name_zh} / {one.escalation.to.name_en}"
        table.add_row(
            one.concern_id, one.unit_id or "", one.came.channel or "", str(one.came.raised_on),
            one.category or (one.suggested.category if one.suggested else ""), one.urgency or "",
            min(waiting, default=""), to,
        )  # fmt: skip
    return table
