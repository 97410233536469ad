"""What a card of a recommender says: how good its lists were beside its peers', and the gaps between groups.

Tables and pictures in both languages; suspects are marked as on the card of risk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from data_contracts.figures import between, figure_told
from data_contracts.gating import GatePolicy
from data_contracts.vocabulary import Bilingual
from models.groups import attribute_named, group_named, group_order
from training.evaluation.card_plots import gaps_figure
from training.evaluation.exposure import QUALITY, Gap
from training.evaluation.list_plots import quality_figure
from training.evaluation.list_quality import ListQuality, Mean, quality_of
from training.evaluation.names import kind_named, lists_named, recommender_named, stratum_named
from training.gate.card_blocks import Block, Grid, Heading, Picture, Text, picture_name
from training.gate.card_words import LANGUAGES
from training.gate.lines import Status
from training.gate.list_lines import SeenLists

if TYPE_CHECKING:
    from training.gate.model_card import Say


def list_blocks(
    name: str, seen: SeenLists, statuses: Mapping[str, Status], limits: GatePolicy, say: Say
) -> list[Block]:
    """The lists of one recommender beside its peers', then its groups, each kind a column, and what is not compared."""
    told = say.one(lists_named(name))
    return [*_quality(name, told, seen, say), *_groups(name, told, seen, statuses, limits, say)]


def draw_lists(folder: Path, name: str, seen: SeenLists, limits: GatePolicy) -> None:
    """The pictures beside the tables, in both languages; of groups where any could be compared."""
    found, called = quality_of(seen.rows), lists_named(name)
    for language in LANGUAGES:
        english = language == "en"
        figure = quality_figure(called, _measure(seen.rows.measure), found, english=english)
        figure.savefig(folder / picture_name(name, language), format="png")
        if seen.gaps:
            title = Bilingual(f"{called.zh}：各组", f"{called.en}: groups")
            groups = list(_by_group(seen.gaps).values())
            figure = gaps_figure(title, groups, limits.lists, name, english=english)
            figure.savefig(folder / picture_name(f"{name}-groups", language), format="png")


def _quality(name: str, told: str, seen: SeenLists, say: Say) -> list[Block]:
    rows, found = seen.rows, quality_of(seen.rows)
    blocks: list[Block] = [Heading(told)]
    if rows.span is not None:
        blocks.append(Text(say.one(rows.span.told) + say("stop")))
    days = np.unique(rows.days)
    judged = say("lists_judged", rows=len(rows.quality), first=_first(days), last=_first(days[::-1]))
    title = say("lists_quality", measure=_measure(rows.measure))
    blocks += [Text(judged), Picture(picture_name(name, LANGUAGES[say.language]), title)]
    return [*blocks, Text(title + say("stop")), Grid(_header(found, say), _strata(found, say))]


def _header(found: ListQuality, say: Say) -> tuple[str, ...]:
    return (*say.all("stratum", "lists"), *(say.one(recommender_named(name)) for name in found.models))


def _strata(found: ListQuality, say: Say) -> list[list[object]]:
    """A row for each stratum and each window, a column for each model."""
    named = [(say.one(stratum_named(name)), means) for name, means in found.strata.items()]
    dated = [(say("from_day", day=day), means) for day, means in found.windows.items()]
    return [[name, next(iter(means.values())).rows, *map(_mean, means.values())] for name, means in (*named, *dated)]


def _mean(one: Mean) -> str:
    return f"{figure_told(one.value)} {between(one.low, one.high)}" if np.isfinite(one.low) else figure_told(one.value)


def _groups(
    name: str, told: str, seen: SeenLists, statuses: Mapping[str, Status], limits: GatePolicy, say: Say
) -> list[Block]:
    title = say("groups", outcome=told)
    blocks: list[Block] = [Heading(title, 3), Text(say("lists_method"))]
    if seen.lacking:
        names = say.listed(say.one(attribute_named(one)) for one in seen.lacking)
        blocks.append(Text(say("lists_lacking", names=names)))
    if seen.gaps:
        measures = list(dict.fromkeys(gap.measure for gap in seen.gaps))
        named = [say.one(_called(one, name)) for one in measures]
        header = [*say.all("group", "officers"), *(cell for one in named for cell in (one, say("status")))]
        groups = sorted(_by_group(seen.gaps).values(), key=lambda gaps: group_order(gaps[0].group))
        rows = [_row(name, gaps, statuses, limits, say) for gaps in groups]
        blocks += [Picture(picture_name(f"{name}-groups", LANGUAGES[say.language]), title), Grid(header, rows)]
    if seen.excused:
        names = say.apart(say.one(group_named(one)) for one in seen.excused)
        blocks.append(Text(say("excused", share=limits.groups.least_share, names=names)))
    return blocks


def _first(days: np.ndarray[tuple[int], np.dtype[np.datetime64]]) -> str:
    return str(days[0]) if len(days) else ""


def _measure(measure: str) -> str:
    return QUALITY.get(measure, measure)


def _called(measure: str, name: str) -> Bilingual:
    return Bilingual(QUALITY[measure], QUALITY[measure]) if measure in QUALITY else kind_named(measure, name)


def _by_group(gaps: Sequence[Gap]) -> dict[str, list[Gap]]:
    found: dict[str, list[Gap]] = {}
    for gap in gaps:
        found.setdefault(gap.group, []).append(gap)
    return found


def _row(name: str, gaps: Sequence[Gap], statuses: Mapping[str, Status], limits: GatePolicy, say: Say) -> list[object]:
    """A group's line; the sign stands with the group, as on the card of risk, and with each gap that earned it."""
    suspects = [gap.suspect(limits.lists) for gap in gaps]
    mark = " †" if any(suspects) else ""
    cells: list[object] = [f"{say.one(group_named(gaps[0].group))}{mark}", gaps[0].officers]
    for gap, suspect in zip(gaps, suspects, strict=True):
        one = gap.measured
        status = say.status(statuses[gap.check(name)])
        told = f"{figure_told(one.value, 2, signed=True)} {between(one.low, one.high, 2, signed=True)}"
        cells += [told, f"{status} †" if suspect else status]
    return cells
