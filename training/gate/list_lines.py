"""Are the lists of a recommender as good, and of the same kinds, for every group? The lines of its gate.

Groups are met here for the first time, on rows that were signed with the model. An attribute that nobody recorded is
inconclusive as a whole: a recommender is held to it as the risk model is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from data_contracts.gating import GatePolicy
from data_contracts.policy import policy
from data_contracts.settings import Settings
from data_contracts.vocabulary import Bilingual
from models.registry import ResolvedModel
from training.evaluation.exposure import Gap, Gaps, exposure_gaps, gap_lines
from training.evaluation.shown_lists import ShownLists
from training.evaluation.spans import Span
from training.gate.audit_groups import Register, posted_register
from training.gate.group_lines import lacking_lines
from training.gate.lines import Line, Status
from training.gate.list_evidence import FILE, FOLDER, KEY, SPAN, read_lists

SEED = 20130101
NO_LISTS = Bilingual("后续名单（须重新训练）", "lists of later time (train again to keep them)")


@dataclass(frozen=True)
class SeenLists:
    """What the gate judged of a recommender: its rows, the gaps of its groups, who is excused, what is not known."""

    rows: ShownLists
    gaps: tuple[Gap, ...]
    excused: tuple[str, ...]
    lacking: tuple[str, ...]


def judged_lists(rows: ShownLists, register: Register, limits: GatePolicy) -> SeenLists:
    """The gaps of every group and pair, in the quality of the lists and in the exposure of each kind."""
    audit = register.audit(rows, limits.groups)
    values = {rows.measure: rows.quality, **rows.shown}
    usual = {rows.measure: rows.peer, **rows.taken}
    found: Gaps = exposure_gaps(rows.officers, values, audit.frame, limits.groups, SEED, usual)
    return SeenLists(rows, found.gaps, found.excused, audit.lacking)


def list_lines(
    settings: Settings, model: ResolvedModel, metadata: Mapping[str, Any]
) -> tuple[SeenLists | None, list[Line]]:
    """Each group's lines; a version that keeps no lists fails. Raises UntrustedArtifact for another version's lists."""
    if not metadata.get(KEY):
        kept = Bilingual("已保存", "kept")
        return None, [Line(f"{model.name}.lists", model.name, Status.FAIL, NO_LISTS, kept)]
    rows = read_lists(model.path.parent / FOLDER / FILE, metadata[KEY])
    limits = policy().gate
    if metadata.get(SPAN):
        rows = rows.over(Span.from_json(metadata[SPAN]))
    seen = judged_lists(rows, posted_register(settings, np.unique(rows.days).tolist()), limits)
    return seen, [*gap_lines(seen.gaps, limits.lists, model.name), *lacking_lines(model.name, seen.lacking)]
