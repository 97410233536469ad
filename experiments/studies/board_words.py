"""What leaderboards are called where people read them."""

from __future__ import annotations

from collections.abc import Mapping

from data_contracts.vocabulary import Bilingual
from experiments.studies.leaderboard import Board
from training.evaluation.names import method_named, outcome_named, recommender_named, stratum_named

MODEL = Bilingual("模型", "model")
DIFFERENCE = Bilingual("与参照之差（95 % 区间）", "difference from the reference (95 %)")
FIT = Bilingual("拟合 CPU 秒", "CPU s of fit")
ANSWER = Bilingual("每次应答毫秒", "ms an answer")
SIZE = Bilingual("模型大小", "size")
REFERENCE = Bilingual("参照", "reference")
AS_OF = Bilingual("截止日", "as of")
POOLED = Bilingual("全部合并", "pooled")
EXAMINED = Bilingual("检验", "tested")
SURE: Mapping[bool, Bilingual] = {
    True: Bilingual("区间不含 0", "the interval leaves out 0"), False: Bilingual("区间含 0", "the interval holds 0"),
}  # fmt: skip


def part_named(board: Board) -> Bilingual:
    """The outcome or the stratum of a board."""
    return outcome_named(board.part) if board.kind.ranks else stratum_named(board.part)


def model_named(name: str, ranks: bool) -> Bilingual:
    """A peer by its name; a candidate keeps its own, and so does one that stands under its study's name.

    >>> model_named("count_rule", True).zh, model_named("risk-nights/tuned", True).zh
    ('投诉计数规则', 'risk-nights/tuned')
    """
    return method_named(name) if ranks else recommender_named(name)


def size_told(size: int | None) -> str:
    """Bytes as people read them.

    >>> size_told(None), size_told(90_000), size_told(3_200_000)
    ('–', '90 kB', '3.2 MB')
    """
    if size is None:
        return "–"
    return f"{size / 1e6:.1f} MB" if size >= 1_000_000 else f"{size / 1e3:.0f} kB"


def about(board: Board) -> Bilingual:
    """On whom a board rests."""
    events = "" if board.events is None else f", {board.events:,.0f} events"
    events_zh = "" if board.events is None else f"，事件 {board.events:,.0f} 起"
    days = f"{board.days[0]}–{board.days[-1]}" if len(board.days) > 1 else board.days[0]
    many, drawn = board.kind.drawn.many, board.kind.drawn.name
    return Bilingual(
        f"{many.zh.format(board.officers)}，{board.rows:,} 行{events_zh}；截止日 {days}；区间按{drawn.zh}配对抽样",
        f"{many.en.format(board.officers)}, {board.rows:,} rows{events}; as of {days}; the same "
        f"{drawn.en} drawn for all",
    )
