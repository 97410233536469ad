"""`pharos report shortlists`: the six short lists before a committee meets, their sizes, ties and balance by group.

Nobody is named here: who stands on a list, and by what evidence, is asked of `/v1/shortlist`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from data_contracts.asof import AsOf
from data_contracts.policy import Policy, policy
from data_contracts.settings import Settings
from data_contracts.vocabulary import Bilingual, TalentField
from experiments.backtests.reporting import check_writable, write_report
from experiments.reports.pages import Cell, Page, Picture, Row, Section, Sheet, write_page
from features.history import History
from models.groups import attribute_named, group_named, group_order
from models.talent.balance import GroupOnList, ListBalance
from models.talent.balance_words import NOTICE, STATES
from models.talent.shortlist import COMMITTEE, FieldScores, short_lists
from serving.talent.balance import ProtectedRecords, balance_of
from serving.talent.records import ForceRecords
from training import tracking
from training.evaluation.balance_plots import balance_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EXPERIMENT, NAME, SERVICE = "report", "shortlists", "talent.toml"
LANGUAGES = ("zh", "en")
TITLE = Bilingual("人才名单审计", "Audit of the talent short lists")
SIZES = Bilingual("名单规模与同分", "Sizes and ties")
BALANCE = Bilingual("群体均衡", "Balance by group")
DAY = Bilingual("记录所属日期：{day}", "Records of {day}")
COLUMNS = (
    Bilingual("专业方向", "field"), Bilingual("规定人数", "asked for"), Bilingual("名单人数", "listed"),
    Bilingual("可入选者", "could be listed"), Bilingual("与他人同分", "tied"),
    Bilingual("与末位同分", "tied at the edge"), Bilingual("本人自荐", "self-nominated"),
    Bilingual("末位得分", "score of the last"),
)  # fmt: skip
GROUP_COLUMNS = (
    Bilingual("群体", "group"), Bilingual("可入选者", "could be listed"), Bilingual("占比", "share"),
    Bilingual("名单人数", "listed"), Bilingual("占比", "share"),
    Bilingual("两占比之比 [{sure} 区间]", "ratio of the shares [{sure} interval]"), Bilingual("结论", "verdict"),
)  # fmt: skip
PICTURES = {
    "zh": Bilingual("群体均衡图", "Balance by group, the picture in Chinese"),
    "en": Bilingual("群体均衡图（英文版）", "Balance by group, the picture"),
}
MARKS = {"uneven": "alert"}
Drawn = Callable[["Figure", str], bytes]


@dataclass(frozen=True)
class FieldAudited:
    """One list: how many policy asks for, how many it has, ties, and its balance; `edge` is None for an empty list."""

    field: TalentField
    size: int
    listed: int
    could_be_listed: int
    tied: int
    tied_at_edge: int
    self_nominated: int
    edge: float | None
    balance: ListBalance

    @classmethod
    def of(cls, name: TalentField, scores: FieldScores, balance: ListBalance) -> FieldAudited:
        """Counted from the list."""
        rows = scores.listed
        edge = float(rows["score"].min()) if len(rows) else None
        return cls(
            name, scores.rule.size, len(rows), int(scores.table["because"].isna().sum()),
            int(rows["score"].duplicated(keep=False).sum()), int(rows["tied_at_edge"].sum()),
            int(rows["nominated"].sum()), edge, balance,
        )  # fmt: skip

    @property
    def record(self) -> dict[str, Any]:
        """For JSON, without the groups."""
        told = asdict(self)
        balance = told.pop("balance")
        return {**told, "field": self.field.value, "lacking": balance["lacking"], "withheld": balance["withheld"]}


def audit(settings: Settings, as_of: date, rules: Policy) -> list[FieldAudited]:
    """Every field's list on a day; raises NotReady where nothing was ingested."""
    records = ForceRecords(settings, rules.talent.tables)(as_of)
    protected, found = ProtectedRecords(settings)(as_of), []
    scored = short_lists(records.frames, AsOf(as_of), rules.talent)
    for name in TalentField:
        scores = scored[str(name)]
        able = scores.table.index[scores.table["because"].isna()]
        listed = [str(officer) for officer in scores.listed.index]
        units = scores.day.peers.places["unit_id"]
        found.append(FieldAudited.of(name, scores, balance_of(protected, able, listed, units, as_of, rules)))
    return found


def page_of(found: Sequence[FieldAudited], as_of: date, drawn: Drawn, rules: Policy) -> Page:
    """The page; `drawn` makes a picture of a figure and keeps it under its name."""
    day = Bilingual(DAY.zh.format(day=as_of), DAY.en.format(day=as_of))
    sizes = Section("sizes", SIZES, [day, COMMITTEE], sheets=[Sheet(SIZES, COLUMNS, [_sizes(one) for one in found])])
    balance = Section("balance", BALANCE, [NOTICE])
    lists = [(_named(one.field), one.balance) for one in found]
    for language in LANGUAGES if any(one.balance.groups for one in found) else ():
        figure = balance_figure(lists, rules.gate.groups, english=language == "en")
        caption = PICTURES[language]
        balance.pictures.append(Picture(caption, drawn(figure, NAME if language == "zh" else f"{NAME}.en")))
    for one in found:
        balance.notes += _untold(one)
        groups = sorted(one.balance.groups, key=lambda group: group_order(group.group))
        if groups:
            columns = tuple(_filled(column, rules) for column in GROUP_COLUMNS)
            balance.sheets.append(Sheet(_named(one.field), columns, [_group(group) for group in groups]))
    return Page(TITLE, [sizes, balance])


def _named(field: TalentField) -> Bilingual:
    return Bilingual(field.zh, field.en)


def _filled(column: Bilingual, rules: Policy) -> Bilingual:
    """A head of a column, with how sure its interval is."""
    sure = f"{rules.gate.groups.confidence:.0%}"
    return Bilingual(column.zh.format(sure=sure), column.en.format(sure=sure))


def _sizes(one: FieldAudited) -> Row:
    return Row((_named(one.field), one.size, one.listed, one.could_be_listed, one.tied, one.tied_at_edge,
                one.self_nominated, None if one.edge is None else f"{one.edge:.1f}"))  # fmt: skip


def _untold(one: FieldAudited) -> list[Bilingual]:
    """The attributes that could not be compared, and why."""
    field, words = _named(one.field), []
    for names, why in (
        (one.balance.lacking, Bilingual("无人登记，无法比较", "nobody recorded it, so groups cannot be compared")),
        (one.balance.withheld, Bilingual("人数太少，不予显示", "too few officers in a group to be told")),
    ):
        told = [attribute_named(name) for name in names]
        if told:
            zh, en = "、".join(name.zh for name in told), ", ".join(name.en for name in told)
            words.append(Bilingual(f"{field.zh}，{zh}：{why.zh}", f"{field.en}, {en}: {why.en}"))
    return words


def _group(one: GroupOnList) -> Row:
    if one.state == "nothing":
        shares: tuple[str, ...] = (f"{one.share_eligible:.1%}", "0", "–", "–")
    else:
        interval = f"{one.ratio:.2f} [{one.low:.2f}, {one.high:.2f}]"
        shares = f"{one.share_eligible:.1%}", f"{one.listed}", f"{one.share_listed:.1%}", interval
    cells: tuple[Cell, ...] = (group_named(one.group), one.eligible, *shares, STATES[one.state])
    return Row(cells, MARKS.get(one.state, ""))


def run_report(settings: Settings, as_of: date, out: Path | None, console: Console) -> Path:
    """Audit, write page, pictures and JSON, log them, say where; what the command does."""
    folder, rules = out or settings.state / "report", policy()
    check_writable(folder, folder=True)
    found = audit(settings, as_of, rules)
    written = History(settings.history_dir).fingerprint()
    with tracking.run(
        EXPERIMENT, f"report {NAME} {as_of}", data_hash=written, feature_service=SERVICE, use=settings
    ) as run:

        def drawn(figure: Figure, name: str) -> bytes:
            png = run.picture(figure, name).read_bytes()
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.png").write_bytes(png)
            return png

        page = write_page(folder / f"{NAME}.html", page_of(found, as_of, drawn, rules))
        report = folder / f"{NAME}.json"
        groups = [{"field": one.field.value, **asdict(group)} for one in found for group in one.balance.groups]
        write_report(report, {"as_of": str(as_of)}, [one.record for one in found], [], {"groups": groups})
        run.params({"as_of": as_of})
        for file in (page, report):
            run.client.log_artifact(run.run_id, str(file))
    console.print(as_table(found))
    for line in uneven_lines(found):
        console.print(line, highlight=False)
    console.print(f"written to {page}", highlight=False, soft_wrap=True)
    return page


def as_table(found: Sequence[FieldAudited]) -> Table:
    """Sizes and ties as people read them in a terminal."""
    table = Table(title="short lists")
    for column in COLUMNS:
        table.add_column(column.en, overflow="fold")
    for one in found:
        cells = _sizes(one).cells[1:]
        table.add_row(one.field.en, *("-" if cell is None else f"{cell}" for cell in cells))
    return table


def uneven_lines(found: Sequence[FieldAudited]) -> list[str]:
    """For each list the groups that are uneven, which the committee explains in writing."""
    return [
        f"uneven: {one.field.en}: {'; '.join(group_named(group).en for group in one.balance.uneven)}"
        for one in found
        if one.balance.uneven
    ]
