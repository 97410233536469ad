"""Ask a finished model about the concerns that were written by hand, and report how right it is, once, as it is.

    PHAROS_STATE=DIR python -m experiments.concern_figures [--version N] [--json FILE]

The sets lie with the tests (tests/concerns, read their README): concerns_test_set.csv says how well sorting does on
words that it has not met, no_concerns.csv how often it is silent on what is none. Nothing that learns may read them, so
this file learns nothing and chooses nothing; a figure that was used to choose between models is no longer a figure of
this set.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from data_contracts.errors import NotReady
from data_contracts.figures import figure_told
from data_contracts.policy import policy
from data_contracts.settings import Settings, settings
from models import artifacts, keys, registry
from models.base import Numbers
from models.concerns.model import NAME, ConcernModel
from models.concerns.text_model import URGENCIES, Labels, by_category

SET = Path(__file__).resolve().parents[1] / "tests" / "concerns" / "concerns_test_set.csv"
CHALLENGER = "concerns-challenger"
NO_CONCERNS = SET.with_name("no_concerns.csv")
DRAWS, SEED = 1000, 20260101
ALL = "all"


@dataclass(frozen=True)
class Asked:
    """The sentences with what is right: places of subcategory (n,) and urgency (n,), and how each is written."""

    texts: tuple[str, ...]
    subcategory: Any
    urgency: Any
    written_as: Any

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, str]], labels: Labels) -> Asked:
        """From the rows of the file."""
        return cls(
            tuple(row["text"] for row in rows),
            np.array([labels.subcategories.index(row["subcategory"]) for row in rows]),
            np.array([URGENCIES.index(row["urgency"]) for row in rows]),
            np.array([row["written_as"] for row in rows]),
        )


@dataclass(frozen=True)
class Answers:
    """What a model said: chances of subcategories (n, 35) and of urgencies (n, 3), and from where on it speaks."""

    name: str
    labels: Labels
    subcategory: Numbers
    urgency: Any
    tell_from: float = 0.0
    tell_category_from: float = 0.0
    silent: Any = False  # (n,) texts that are taken for no concern at all


def read_rows(path: Path = SET) -> list[dict[str, str]]:
    """The rows of the set; raises NotReady where the tests are not there."""
    if not path.is_file():
        raise NotReady(f"{path} is not there; the set comes with the project's tests, not with the installed packages")
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def figures(asked: Asked, told: Answers, draws: int = DRAWS) -> dict[str, dict[str, float]]:
    """Each measure of each part of the set: its value, and the 95 % interval over sentences drawn again."""
    places = told.labels.places
    first = told.subcategory.argmax(axis=1)
    three = np.argsort(-told.subcategory, axis=1, kind="stable")[:, :3]
    category = by_category(told.subcategory, told.labels).argmax(axis=1)
    spoken = (told.subcategory.max(axis=1) >= told.tell_from) & ~np.asarray(told.silent)
    right = (first == asked.subcategory).astype(float)
    hits = {
        "subcategory_first": right,
        "subcategory_among_3": (three == asked.subcategory[:, None]).any(axis=1).astype(float),
        "category_first": (category == places[asked.subcategory]).astype(float),
        "urgency_right": (told.urgency == asked.urgency).astype(float),
    }
    parts = {ALL: np.ones(len(first), bool), **{one: asked.written_as == one for one in sorted(set(asked.written_as))}}
    found: dict[str, dict[str, float]] = {}
    for part, rows in parts.items():
        for name, values in {**hits, "told": spoken.astype(float)}.items():
            found[f"{part}.{name}"] = _interval(values[rows], draws)
        found[f"{part}.told_right"] = _interval(right[rows & spoken], draws)
    for place, level in enumerate(URGENCIES):
        own = asked.urgency == place
        found[f"urgency.{level}_found"] = _interval((told.urgency == place)[own].astype(float), draws)
        found[f"urgency.{level}_precision"] = _interval(own[told.urgency == place].astype(float), draws)
    return found


def _interval(values: Numbers, draws: int) -> dict[str, float]:
    """The mean, its ends, and of how many."""
    if not len(values):
        return {"value": float("nan"), "low": float("nan"), "high": float("nan"), "n": 0.0}
    rng = np.random.default_rng(SEED)
    means = values[rng.integers(len(values), size=(draws, len(values)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return {"value": float(values.mean()), "low": float(low), "high": float(high), "n": float(len(values))}


def on_none(told: Answers, draws: int = DRAWS) -> dict[str, dict[str, float]]:
    """Of texts that are no concern: how often neither subcategory nor category is told, and how often one is urgent."""
    category = by_category(told.subcategory, told.labels).max(axis=1)
    spoken = (told.subcategory.max(axis=1) >= told.tell_from) | (category >= told.tell_category_from)
    values = {"untold": ~spoken | np.asarray(told.silent), "urgent": np.asarray(told.urgency) == len(URGENCIES) - 1}
    return {f"no_concern.{name}": _interval(some.astype(float), draws) for name, some in values.items()}


def coverage(asked: Asked, told: Answers) -> list[dict[str, float]]:
    """How right it is when it speaks of the surest tenth, fifth, ... of the sentences."""
    order = np.argsort(-told.subcategory.max(axis=1), kind="stable")
    right = (told.subcategory.argmax(axis=1) == asked.subcategory)[order]
    shares = [round(0.1 * tenth, 1) for tenth in range(1, 11)]
    return [{"told": share, "right": float(right[: max(1, round(share * len(right)))].mean())} for share in shares]


def linear_answers(use: Settings, version: str | None, texts: Sequence[str]) -> Answers:
    """Of a registered version, the newest by default, with the alarms of policy as a reader gets both."""
    parts, title = _parts(use, NAME, version)
    model = ConcernModel.from_parts(parts).text
    told = model.chances(list(texts))
    urgency, subcategory, silent = model.levels_of(told), told.subcategory.copy(), told.silent.copy()
    for row, alarm in enumerate(map(policy().triage.alarm_of, texts)):
        if alarm is not None:  # as serving/concerns/triage.py answers
            urgency[row], silent[row] = len(URGENCIES) - 1, False
            if alarm.subcategory is not None:
                subcategory[row] = np.eye(len(model.labels.subcategories))[
                    model.labels.subcategories.index(alarm.subcategory)
                ]
    return Answers(title, model.labels, subcategory, urgency, model.settling.tell_subcategory,
                   model.settling.tell_category, silent)  # fmt: skip


def network_answers(use: Settings, version: str | None, texts: Sequence[str]) -> Answers:
    """Of the network that challenges it, where one was kept."""
    from models.concerns.text_net import TextNetModel

    parts, title = _parts(use, CHALLENGER, version)
    told = TextNetModel.from_parts(parts).chances(list(texts))
    return Answers(title, _labels(parts), told.subcategory, told.urgency.argmax(axis=1))


def _labels(parts: artifacts.Parts) -> Labels:
    return Labels(tuple(parts.json["subcategories"]), tuple(parts.json["category_of"]))


def _parts(use: Settings, name: str, version: str | None) -> tuple[artifacts.Parts, str]:
    found = registry.versions(use, name)
    if not found:
        raise NotReady(f"no version of {name} is registered in {use.state}")
    model = registry.version_of(use, name, version) if version else found[-1]
    parts, metadata = artifacts.load(model.path, keys.public_key(use.keys_dir))
    registry.check_signed_name(model, metadata)
    return parts, f"{name} version {model.version}"


def as_table(answers: Answers, found: Mapping[str, Mapping[str, float]]) -> Table:
    """For people."""
    table = Table("measure", "value", "95 % interval", "n", title=answers.name)
    for name, one in found.items():
        table.add_row(
            name,
            f"{one['value']:.3f}",
            f"{figure_told(one['low'])} to {figure_told(one['high'])}",
            f"{one['n']:,.0f}",
        )
    return table


Ask = Callable[[Settings, str | None, Sequence[str]], Answers]
MODELS: Mapping[str, Ask] = {NAME: linear_answers, CHALLENGER: network_answers}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--version", help="of the linear model; default: the newest")
    parser.add_argument("--json", type=Path, help="write every figure to this file as well")
    given, use, console = parser.parse_args(), settings(), Console()
    pairs = [(sub.code, one.code) for one in policy().concerns for sub in one.subcategories]
    labels = Labels(tuple(code for code, _ in pairs), tuple(category for _, category in pairs))
    asked, kept = Asked.of(read_rows(), labels), dict[str, Any]()
    none = [row["text"] for row in read_rows(NO_CONCERNS)]
    for name, ask in MODELS.items():
        try:
            told = ask(use, given.version if name == NAME else None, asked.texts)
        except NotReady as absent:
            console.print(f"left out: {absent}", style="yellow", markup=False, highlight=False)
            continue
        found = figures(asked, told) | on_none(ask(use, given.version if name == NAME else None, none))
        console.print(as_table(told, found))
        kept[told.name] = {"figures": found, "coverage": coverage(asked, told)}
    if given.json is not None:
        given.json.write_text(json.dumps(kept, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
