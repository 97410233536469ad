"""`pharos compare`: studies, or some of their models, beside each other; a table, a page, pictures, and the figures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from rich.console import Console

from data_contracts.errors import InvalidInput, NotReady
from data_contracts.settings import Settings
from data_contracts.vocabulary import Bilingual
from experiments.backtests.reporting import without_nan
from experiments.reports.pages import Page, Picture, Section, write_page
from experiments.studies.board_figures import board_figure, cost_figure
from experiments.studies.board_tables import as_record, as_tables, days_sheet, days_tables, pooled_sheet
from experiments.studies.board_words import about, part_named
from experiments.studies.kind import Exam
from experiments.studies.kinds import KINDS
from experiments.studies.leaderboard import BASELINE, BEST, Board, Entry, boards
from experiments.studies.run import Tested
from experiments.studies.running import STUDY
from experiments.studies.scores import Cost, read_scores
from models.strict_json import strict_json

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAGE, FIGURES = "compare.html", "compare.json"
TOGETHER = "together"  # the folder of comparisons of several studies
FORMATS = ("png", "svg")


@dataclass(frozen=True)
class Wanted:
    """Names of studies, or STUDY/MODEL; what they are held against: `baseline`, `best`, or a model; where to write.

    A single study's page lies with the study unless `out` says where.
    """

    settings: Settings
    names: Sequence[str]
    against: str = BASELINE
    out: Path | None = None


@dataclass(frozen=True)
class Kept:
    """What a study left: its description, and the tests with their costs."""

    name: str
    folder: Path
    told: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """What it studied."""
        return str(self.told["study"]["kind"])

    @property
    def baseline(self) -> str:
        """The model it is held against."""
        return str(self.told["study"]["baseline"])

    @property
    def models(self) -> list[str]:
        """In the order of the study."""
        return list(dict.fromkeys(str(one["model"]) for one in self.told["tests"]))

    def entry(self, model: str, shown_as: str) -> Entry:
        """What a model said at all its tests, and what it took: CPU of all fits, the mean answer, the largest files."""
        tests = [one for one in self.told["tests"] if one["model"] == model]
        rows = []
        for one in tests:
            exam = Exam(pd.Timestamp(one["day"]).date(), one["outcome"])
            path = Tested(exam, model).path(self.folder)
            if not path.is_file():
                raise NotReady(f"{path} is gone; run `pharos experiment run {self.name}` again")
            rows.append(read_scores(path, one["day"]))
        costs = [Cost(**one["cost"]) for one in tests]
        sizes = [one.bytes for one in costs if one.bytes is not None]
        cost = Cost(
            round(sum(one.fit_cpu_seconds for one in costs), 3),
            float(np.mean([one.answer_ms for one in costs])), max(sizes, default=None),
        )  # fmt: skip
        return Entry(shown_as, pd.concat(rows, ignore_index=True), cost)


@dataclass(frozen=True)
class Compared:
    """What was found, and where it is written."""

    boards: tuple[Board, ...]
    page: Path
    figures: Path
    pictures: tuple[Path, ...] = ()
    names: tuple[str, ...] = field(default_factory=tuple)


def done_studies(settings: Settings) -> list[str]:
    """Names of the studies of this state whose tests are all done."""
    return sorted(path.parent.name for path in settings.experiments_dir.glob(f"*/{STUDY}"))


def kept(settings: Settings, name: str) -> Kept:
    """What a study left; raises InvalidInput naming those that there are."""
    folder = settings.experiments_dir / name
    path = folder / STUDY
    if not path.is_file():
        have = ", ".join(done_studies(settings)) or "none yet"
        raise InvalidInput(f"no study {name!r} was run in this state ({have}); `pharos experiment run NAME` runs one")
    return Kept(name, folder, strict_json(path.read_bytes(), path.name))


def entries_of(wanted: Wanted) -> list[Entry]:
    """Each model that is compared, with what it said of each officer."""
    chosen = _chosen(wanted)
    alone = len({study.name for study, _ in chosen}) == 1
    return [study.entry(model, model if alone else f"{study.name}/{model}") for study, model in chosen]


def boards_of(wanted: Wanted) -> list[Board]:
    """The leaderboards, the one with most rows first; raises InvalidInput in one sentence."""
    studies = _studies(wanted)
    kinds = {study.kind for study in studies}
    if len(kinds) > 1:
        raise InvalidInput(f"studies of {' and '.join(sorted(kinds))} have no figure in common; compare one kind")
    entries = entries_of(wanted)
    return boards(entries, KINDS[kinds.pop()], _against(wanted.against, studies, [one.name for one in entries]))


def compared(wanted: Wanted) -> Compared:
    """Compare, and write the page, the pictures and the figures; raises InvalidInput in one sentence."""
    found, studies = boards_of(wanted), _studies(wanted)
    usual = studies[0].folder if len(studies) == 1 else wanted.settings.experiments_dir / TOGETHER
    return _written(found, wanted.out or usual, tuple(one.name for one in studies), _title(studies))


def _studies(wanted: Wanted) -> list[Kept]:
    """Each study of which something is compared, once."""
    return list({study.name: study for study, _ in _chosen(wanted)}.values())


def _chosen(wanted: Wanted) -> list[tuple[Kept, str]]:
    """Each model of each name; STUDY/MODEL is one model."""
    names = list(dict.fromkeys(wanted.names)) or done_studies(wanted.settings)
    if not names:
        raise InvalidInput("no study was run in this state; `pharos experiment list` shows those there are")
    if not wanted.names and len(names) > 1:
        raise InvalidInput(f"several studies were run: {', '.join(names)}; name those to compare")
    found: list[tuple[Kept, str]] = []
    for name in names:
        study, _, model = name.partition("/")
        there = kept(wanted.settings, study)
        if model and model not in there.models:
            raise InvalidInput(f"the study {study} has no model {model!r}; it has {', '.join(there.models)}")
        found += [(there, one) for one in ([model] if model else there.models)]
    return list({(study.name, model): (study, model) for study, model in found}.values())


def _against(asked: str, studies: Sequence[Kept], names: Sequence[str]) -> str:
    """The name of the model that the others are held against, or `best`."""
    if asked == BEST:
        return BEST
    if asked == BASELINE:
        first = studies[0]
        asked = first.baseline if len(studies) == 1 else f"{first.name}/{first.baseline}"
        if asked not in names:
            return BEST  # single models were named, and the baseline is not among them
    if asked not in names:
        raise InvalidInput(f"--against {asked!r} is not compared; use best, baseline, or one of {', '.join(names)}")
    return asked


def _title(studies: Sequence[Kept]) -> Bilingual:
    if len(studies) == 1:
        return Bilingual(**studies[0].told["study"]["title"])
    names = [one.name for one in studies]
    return Bilingual("、".join(names), ", ".join(names))


def _written(found: Sequence[Board], folder: Path, names: tuple[str, ...], title: Bilingual) -> Compared:
    folder.mkdir(parents=True, exist_ok=True)
    pictures = list[Path]()

    def drawn(figure: Figure, name: str) -> bytes:
        for ending in FORMATS:
            pictures.append(folder / f"{name}.{ending}")
            figure.savefig(pictures[-1], format=ending, dpi=130)
        return pictures[-2].read_bytes()

    page = write_page(folder / PAGE, Page(title, [_section(board, drawn) for board in found]))
    figures = folder / FIGURES
    told = {"studies": list(names), "boards": [as_record(board) for board in found]}
    figures.write_text(json.dumps(without_nan(told), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return Compared(tuple(found), page, figures, tuple(pictures), names)


def _section(board: Board, drawn: Any) -> Section:
    name = part_named(board)
    section = Section(board.part.replace("_", "-"), name, [about(board)])
    lines = Bilingual("按截止日及与参照之差", "by test day, and distance from the reference")
    section.pictures.append(Picture(lines, drawn(board_figure(board), f"compare-{board.part}")))
    section.pictures.append(Picture(Bilingual("代价", "cost"), drawn(cost_figure(board), f"cost-{board.part}")))
    section.sheets += [pooled_sheet(board), days_sheet(board)]
    return section


def show(found: Compared, console: Console) -> None:
    """Print the boards, and where the page is."""
    for board in found.boards:
        for table in (*as_tables(board), *days_tables(board)):
            console.print(table)
    console.print("* 区间不含 0 · the interval leaves out 0", highlight=False)
    console.print(f"page {found.page}", highlight=False, soft_wrap=True, markup=False)
