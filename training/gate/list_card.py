"""What a card of a recommender says of groups: a table and a picture of the gaps in its lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from data_contracts.gating import GatePolicy
from training.evaluation.card_plots import gaps_figure
from training.evaluation.exposure import QUALITY, Gap
from training.gate.card_blocks import Block, Grid, Heading, Picture, Text
from training.gate.lines import Status
from training.gate.list_lines import SeenLists

if TYPE_CHECKING:
    from training.gate.model_card import Say


def list_blocks(
    name: str, seen: SeenLists, statuses: Mapping[str, Status], limits: GatePolicy, say: Say
) -> list[Block]:
    """The groups of one recommender, each kind a column, and what could not be compared."""
    title, days = say("groups", outcome=name), np.unique(seen.rows.days)
    told = say("lists_judged", rows=len(seen.rows.quality), first=_first(days), last=_first(days[::-1]))
    blocks: list[Block] = [Heading(title), Text(told), Text(say("lists_method"))]
    if seen.lacking:
        blocks.append(Text(say("lists_lacking", names=", ".join(seen.lacking))))
    if seen.gaps:
        measures = list(dict.fromkeys(gap.measure for gap in seen.gaps))
        header = [*say.all("group", "officers"), *(cell for one in measures for cell in (_called(one), say("status")))]
        rows = [_row(name, gaps, statuses, say) for gaps in _by_group(seen.gaps).values()]
        blocks += [Picture(f"{name}-groups.png", title), Grid(header, rows)]
    if seen.excused:
        blocks.append(Text(say("excused", share=limits.groups.least_share, names=", ".join(seen.excused))))
    return blocks


def draw_lists(folder: Path, name: str, seen: SeenLists, limits: GatePolicy) -> None:
    """The picture beside the table, where any groups could be compared."""
    if seen.gaps:
        gaps_figure(name, list(_by_group(seen.gaps).values()), limits.lists).savefig(
            folder / f"{name}-groups.png", format="png"
        )


def _first(days: np.ndarray[tuple[int], np.dtype[np.datetime64]]) -> str:
    return str(days[0]) if len(days) else ""


def _called(measure: str) -> str:
    return QUALITY.get(measure, measure)


def _by_group(gaps: Sequence[Gap]) -> dict[str, list[Gap]]:
    found: dict[str, list[Gap]] = {}
    for gap in gaps:
        found.setdefault(gap.group, []).append(gap)
    return found


def _row(name: str, gaps: Sequence[Gap], statuses: Mapping[str, Status], say: Say) -> list[object]:
    cells: list[object] = [gaps[0].group, gaps[0].officers]
    for gap in gaps:
        one = gap.measured
        cells += [f"{one.value:+.2f} [{one.low:+.2f}, {one.high:+.2f}]", say.status(statuses[gap.check(name)])]
    return cells
