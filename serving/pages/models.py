"""What data scientists see: which version of each model answers, what the gate found, drift, and who decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import get_args

from data_contracts.errors import NotThere
from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual
from serving.access.credential import AccessScope
from serving.champions.record_schemas import GateLine, Model, ModelsTold
from serving.pages.telling import Teller
from serving.pages.visit import Page, View, Visit
from serving.pages.words import WORDS
from serving.schemas import Text

LIST, PATH = "/pages/models", "/pages/model"
GAP = "_gap"
STATUSES = ("pass", "waived", "explained", "inconclusive", "unexplained", "fail")


@dataclass(frozen=True)
class GroupTable:
    """How the groups of one subject fared: a row a group, a column a figure."""

    subject: Text
    measures: Sequence[str]
    rows: Sequence[tuple[Text, Sequence[GateLine | None]]]
    counts: Mapping[str, int]


def show_list(visit: Visit) -> View:
    """Every model in short."""
    answer: ModelsTold = visit.ask("/pages/models")
    return View("models.html.j2", {"answer": answer, "model_path": PATH, "statuses": STATUSES})


def show(visit: Visit) -> View:
    """One model whole."""
    name = visit.query.get("name", "")
    if name not in get_args(Model):
        raise NotThere("there is nothing at this address", zh="没有这个地址")
    answer: ModelsTold = visit.ask("/pages/models", name=name)
    (model,) = answer.models
    shown = {
        "model": model, "list_path": LIST, "statuses": STATUSES,
        "whole": [line for line in model.lines if line.group is None], "tables": list(_tables(model.lines)),
        "card": model.card_zh if visit.tell.language == "zh" else model.card_en,
        "measure_of": partial(_measure, visit.tell), "check_of": partial(check_named, visit.tell, name),
        "version": next((one for one in model.versions if one.version == model.shown), None),
    }  # fmt: skip
    return View("model.html.j2", shown)


def check_named(tell: Teller, model: str, code: str) -> str:
    """The name of a check of the whole: that of its model before that of any; one that is not known keeps its code.

    >>> check_named(Teller("en"), "courses", "ndcg_gain"), check_named(Teller("en"), "risk", "brand_new")
    ('gain in NDCG@10 over what is popular lately', 'brand_new')
    """
    known = (f"models.check.{model}.{code}", f"models.check.{code}", f"models.measure.{code}")
    return next((tell.word(one) for one in known if one in WORDS), code)


def _measure(tell: Teller, code: str) -> str:
    """The name of a figure; of an exposure, by what is exposed."""
    known = f"models.measure.{code}"
    if known in WORDS:
        return tell.word(known)
    of = code.removesuffix(GAP)
    names = policy().names
    found = next((one for one in (*names.job_family, *names.competency) if one.code == of), None)
    if found is None or of == code:
        return code
    return tell.word("models.measure.gap", name=tell.say(Bilingual(found.name_zh, found.name_en)))


def _tables(lines: Sequence[GateLine]) -> list[GroupTable]:
    grouped = [line for line in lines if line.group is not None]
    return [_table(list(some)) for _, some in groupby(grouped, lambda line: line.subject.en)]


def _table(lines: Sequence[GateLine]) -> GroupTable:
    measures = list(dict.fromkeys(line.measure for line in lines))
    groups: dict[str, tuple[Text, dict[str, GateLine]]] = {}
    for line in lines:
        if line.group is not None:
            groups.setdefault(line.group.en, (line.group, {}))[1][line.measure] = line
    rows = [(name, [found.get(measure) for measure in measures]) for name, found in groups.values()]
    counts = {status: sum(line.status == status for line in lines) for status in STATUSES}
    return GroupTable(lines[0].subject, measures, rows, {name: many for name, many in counts.items() if many})


PAGES = (
    Page(LIST, AccessScope.MODEL_PROMOTE, show_list, menu="models"),
    Page(PATH, AccessScope.MODEL_PROMOTE, show),
)
