"""`pharos ingest --guess`: a mapping proposed for files that nobody described, shown, written, and tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from pathlib import Path

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from data_contracts.counting import counted
from data_contracts.errors import InvalidInput, PharosError
from data_contracts.guessing.as_toml import as_toml
from data_contracts.guessing.columns import Guess
from data_contracts.guessing.proposal import Proposal, Section, propose
from data_contracts.settings import Settings
from data_contracts.vocabulary import Bilingual
from experiments.advice.words import Say
from experiments.missing_tables import cost_of

MAPPING = "mapping.toml"
Tell = Callable[[Bilingual], str]


class GuessExit(IntEnum):
    """What the exit status of a guess says."""

    SURE = 0
    UNSURE = 3
    MISSING = 4


@dataclass(frozen=True)
class Guessing:
    """What is asked: the file or folder, where the mapping is written (None: beside the files), and the language."""

    path: Path
    mapping: Path | None = None
    language: str = "zh"
    delivered_on: date | None = None

    @property
    def target(self) -> Path:
        """Where the mapping is written."""
        return self.mapping or (self.path if self.path.is_dir() else self.path.parent) / MAPPING


def guess(asked: Guessing, settings: Settings, console: Console) -> GuessExit:
    """Propose, show, write and try; raises InvalidInput where there is no file, or a mapping would be overwritten."""
    say = Say(asked.language).one
    if asked.target.exists():
        raise InvalidInput(
            f"{asked.target} is there already and may hold what people decided; name another file with --mapping"
        )
    if not asked.path.exists():
        raise InvalidInput(f"{asked.path}: no such file or folder; give a file or the folder of an export")
    with console.status(str(asked.path)):
        proposal = propose(asked.path, _known(settings))
    for part in shown(proposal, say):
        console.print(part)
    if not proposal.sections:
        raise InvalidInput(f"{asked.path}: no sheet there is like a table of ours; write the mapping by hand (README)")
    asked.target.write_text(as_toml(proposal), encoding="utf-8")
    _print(console, say(Bilingual(f"映射写入 {asked.target}", f"the mapping is in {asked.target}")))
    _try(asked, proposal, settings, console, say)
    verdict = exit_of(proposal)
    console.print(say(VERDICTS[verdict]), style="bold", soft_wrap=True, highlight=False)
    return verdict


def _print(console: Console, words: str) -> None:
    console.print(words, markup=False, highlight=False, soft_wrap=True)


def _known(settings: Settings) -> frozenset[str]:
    """The tables that the history at hand has; none, and no folder is made, where there is no history."""
    from features.history import History

    return frozenset(History(settings.history_dir).tables() if settings.history_dir.exists() else ())


def exit_of(proposal: Proposal) -> GuessExit:
    """What a proposal amounts to; what is missing outweighs what is unsure."""
    if proposal.lacks_required:
        return GuessExit.MISSING
    return GuessExit.UNSURE if proposal.unsure else GuessExit.SURE


VERDICTS = {
    GuessExit.SURE: Bilingual("必需的列都已找到，且均可确定", "everything required was found, and all of it is sure"),
    GuessExit.UNSURE: Bilingual(
        "有不确定之处：请在映射中核对标有“不确定”的各行",
        "some of it is unsure: read the lines marked UNSURE in the mapping",
    ),
    GuessExit.MISSING: Bilingual(
        "缺少必需的内容：请补充后再导入", "something required is missing: add it before you take anything in"
    ),
}


def _try(asked: Guessing, proposal: Proposal, settings: Settings, console: Console, say: Tell) -> None:
    """What would happen to every row, without touching the state."""
    from features.ingest import Delivered, ingest_with_progress

    delivered = Delivered("mapped", proposal.folder, asked.target)
    try:
        report = ingest_with_progress(
            delivered, settings, console, dry_run=True, delivered_on=asked.delivered_on, required=()
        )
    except PharosError as error:
        _print(console, say(Bilingual("试导入未能进行", "the dry run could not be made")) + f": {error}")
        return
    console.print(report.as_table())


def shown(proposal: Proposal, say: Tell) -> Iterator[RenderableType]:
    """The tables of a proposal, what was left, and what is missing with its price."""
    for section in proposal.sections:
        yield section_table(section, say)
        if section.missing:
            lacks = say(Bilingual("缺少必填列", "required columns were not found"))
            yield Text(f"✗ {lacks}: {', '.join(section.missing)}", style="red")
            yield Text(f"  {say(cost_of(section.table.name).words)}", style="dim")
    for one in proposal.left:
        yield Text(f"· {one.sheet.name}: {one.header}: {say(one.because)}", style="dim")
    for sheet in proposal.unknown:
        yield Text(f"? {sheet.name}: {say(Bilingual('看不出是哪张表', 'no table of ours is like it'))}", style="yellow")
    for name in proposal.missing_tables:
        yield Text(f"✗ {say(Bilingual('缺少必需的表', 'a required table is missing'))}: {name}", style="red")
        yield Text(f"  {say(cost_of(name).words)}", style="dim")
    for note in proposal.notes:
        yield Text(f"· {note}", style="dim")


def section_table(section: Section, say: Tell) -> Table:
    """One section: their word, ours, how sure, why, and how it is read."""
    table = section.table
    name = f"{table.name} {say(Bilingual(table.name_zh, table.name_en))}"
    row = section.sheet.place.header_row
    header = say(Bilingual(f"表头在第{row}行", f"header in row {row}"))
    title = f"{section.sheet.name} → {name} ({section.certainty:.2f}) · {header}"
    heads = (Bilingual("他们的列", "their column"), Bilingual("我们的列", "our column"), Bilingual("把握", "how sure"),
             Bilingual("依据", "why"), Bilingual("读法", "read as"))  # fmt: skip
    told = Table(*(say(head) for head in heads), title=Text(title), title_justify="left")
    for one in section.guesses:
        mark, style = ("✓", "green") if one.sure else ("?", "yellow")
        named = f"{one.column.name} {say(Bilingual(one.column.name_zh, one.column.name_en))}"
        sure = Text(f"{mark} {one.certainty:.2f}", style=style)
        told.add_row(Text(one.header), named, sure, say(Bilingual.joined(one.why)), Text(_read_as(one, say)))
    return told


def _read_as(one: Guess, say: Tell) -> str:
    parts = [", ".join(one.formats)] if one.formats else []
    found = one.coding
    if found.needed or found.perhaps:
        parts += [f"{theirs}={ours}" for theirs, ours in list(found.sure.items())[:3]]
        parts += [f"{theirs}={ours}?" for theirs, ours in found.perhaps.items()]
    if found.unknown and (one.column.enum or one.column.policy_list):
        many = len(found.unknown)
        parts.append(say(Bilingual(f"{many}个词没有代码", counted(many, "word has no code", "words have no code"))))
    return "; ".join(parts)
