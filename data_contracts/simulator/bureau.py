"""The unit tree of one block of the simulated bureau: bureau > sub-bureaus > stations > communities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data_contracts.simulator.families import FAMILIES, LEVELS, SENIORITIES
from data_contracts.simulator.months import IntArray

OFFICERS_PER_SUB_BUREAU = 400
STATIONS = 6
COMMUNITIES = 3
DISTRICTS = (
    ("滨江", "Binjiang"), ("城东", "Chengdong"), ("高新", "Gaoxin"), ("临港", "Lingang"), ("青山", "Qingshan"),
    ("开元", "Kaiyuan"), ("南湖", "Nanhu"), ("永安", "Yongan"), ("崇文", "Chongwen"), ("金沙", "Jinsha"),
)  # fmt: skip
ROADS = (
    ("人民路", "Renmin Road"), ("解放路", "Jiefang Road"), ("东风路", "Dongfeng Road"), ("新华路", "Xinhua Road"),
    ("和平里", "Hepingli"), ("柳林", "Liulin"), ("石桥", "Shiqiao"), ("望江", "Wangjiang"),
)  # fmt: skip
COMMUNITY_NAMES = (("幸福", "Xingfu"), ("阳光", "Yangguang"), ("金桂", "Jingui"))


@dataclass(frozen=True)
class UnitTree:
    """Units of one block; number 0 is the bureau, which all blocks share.

    `level`, `parent`, `sub_bureau` are by unit number; `members[level][s]` lists the units of a level in sub-bureau s.
    """

    ids: tuple[str, ...]
    names: tuple[tuple[str, str], ...]
    level: IntArray
    parent: IntArray
    sub_bureau: IntArray
    sub_bureaus: int

    def choose(self, level: IntArray, sub_bureau: IntArray, rng: np.random.Generator) -> IntArray:
        """One random unit of each wanted level in each wanted sub-bureau."""
        draw = rng.integers(0, STATIONS * COMMUNITIES, len(level))
        first = 1 + sub_bureau * (1 + STATIONS * (1 + COMMUNITIES))
        station = first + 1 + (draw % STATIONS) * (1 + COMMUNITIES)
        community = station + 1 + draw // STATIONS
        return np.select([level == 0, level == 1, level == 2], [np.zeros_like(first), first, station], community)

    def frame(self, known_on: pd.Timestamp, with_bureau: bool) -> pd.DataFrame:
        """The `units` table of the block."""
        rows = pd.DataFrame(
            {
                "unit_id": self.ids,
                "parent_unit_id": [self.ids[up] if up >= 0 else None for up in self.parent],
                "unit_level": [LEVELS[level] for level in self.level],
                "name_zh": [zh for zh, _ in self.names],
                "name_en": [en for _, en in self.names],
                "opened_on": pd.NaT,
                "closed_on": pd.NaT,
                "known_on": known_on,
            }
        )
        return rows if with_bureau else rows.iloc[1:]


def build_units(officers: int, block: int) -> UnitTree:
    """The tree for `officers` officers; about 400 to a sub-bureau, at least two sub-bureaus.

    >>> tree = build_units(800, 0)
    >>> tree.sub_bureaus, len(tree.ids), tree.ids[:4]
    (2, 51, ('u-0', 'u-0-1', 'u-0-1-1', 'u-0-1-1-1'))
    """
    sub_bureaus = max(2, round(officers / OFFICERS_PER_SUB_BUREAU))
    rows: list[tuple[str, str, str, int, int, int]] = [("u-0", "市公安局", "City bureau", 0, -1, -1)]
    for number in range(sub_bureaus):
        rows += _sub_bureau(number, block, len(rows))
    columns = list(zip(*rows, strict=True))
    return UnitTree(
        ids=tuple(columns[0]),
        names=tuple(zip(columns[1], columns[2], strict=True)),
        level=np.array(columns[3]),
        parent=np.array(columns[4]),
        sub_bureau=np.array(columns[5]),
        sub_bureaus=sub_bureaus,
    )


def _sub_bureau(number: int, block: int, first: int) -> list[tuple[str, str, str, int, int, int]]:
    place = block * 100 + number
    zh, en = DISTRICTS[place % len(DISTRICTS)]
    ordinal = "" if place < len(DISTRICTS) else str(place // len(DISTRICTS) + 1)
    root = f"u-{block}-{number + 1}"
    rows = [(root, f"{zh}{ordinal}分局", f"{en} {ordinal} sub-bureau".replace("  ", " "), 1, 0, number)]
    for station in range(STATIONS):
        road_zh, road_en = ROADS[(station + number) % len(ROADS)]
        at = first + len(rows)
        name = f"{zh}{ordinal}{road_zh}派出所"
        rows.append((f"{root}-{station + 1}", name, f"{en} {road_en} station", 2, first, number))
        for community in range(COMMUNITIES):
            c_zh, c_en = COMMUNITY_NAMES[community]
            name = f"{zh}{ordinal}{road_zh}{c_zh}社区"
            rows.append((f"{root}-{station + 1}-{community + 1}", name, f"{en} {road_en} {c_en}", 3, at, number))
    return rows


def level_of_post() -> IntArray:
    """The unit level number of each post."""
    return np.repeat([LEVELS.index(family.unit_level) for family in FAMILIES], SENIORITIES)
