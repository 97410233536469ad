"""What `pharos upgrade` found and did, for people."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table

from serving.upgrading.parts import Standing
from serving.upgrading.upgrade import Outcome


def parts_table(outcome: Outcome) -> Table:
    """One line a part and a champion."""
    table = Table("part", "found", "this version", "standing")
    for part in outcome.found:
        table.add_row(part.name, part.found, part.wanted, part.standing.value)
    for model in outcome.models:
        found = f"version {model.version}, {model.kind}, features {model.features}"
        table.add_row(f"model {model.name}", found, "", "refused" if model.refused else Standing.CURRENT.value)
    return table


def sentences(outcome: Outcome, *, checked_only: bool) -> Iterator[str]:
    """What was done or would be, and what remains to be done by people."""
    if outcome.tightened:
        yield f"now its owner's alone: {', '.join(str(one) for one in outcome.tightened)}"
    if not outcome.behind:
        yield "every part is of this version; nothing was changed"
    elif checked_only:
        many = len(outcome.behind)
        parts = "1 part is" if many == 1 else f"{many} parts are"
        yield f"{parts} to be brought forward; run `pharos upgrade`, nothing was changed"
    else:
        yield f"brought forward: {', '.join(part.name for part in outcome.behind)}"
        if outcome.copy is not None:
            yield f"what was before lies in {outcome.copy}; back with `pharos upgrade --restore {outcome.copy.name}`"
    if outcome.ended:
        yield f"copies kept long enough were deleted: {', '.join(outcome.ended)}"
    yield from (part.words for part in outcome.found if part.words and part.standing is not Standing.CURRENT)
    for model in outcome.models:
        if model.refused:
            yield (
                f"{model.name} version {model.version} will be refused: {model.refused}; before the service starts, "
                f"run {model.remedy}"
            )
