"""One length of a month, wherever days are counted in months."""

from __future__ import annotations

import re
from pathlib import Path

import data_contracts
from data_contracts.asof import DAYS_A_MONTH


def test_a_month_has_one_length_in_the_house() -> None:
    """The features write it out, for their text names them; the simulator has one of its own, and says why."""
    house = Path(data_contracts.__file__).parents[1]
    packages = ("data_contracts", "features", "models", "training", "serving", "experiments")
    written = {
        path.relative_to(house).as_posix(): match
        for package in packages
        for path in (house / package).rglob("*.py")
        for match in re.findall(r"^[^#>\n]*?\b(30\.4\d+|365\.24\d+)\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    own = {f"features/{name}.py": str(DAYS_A_MONTH) for name in ("recency", "least_time", "exposure")}
    assert written == {**own, "data_contracts/simulator/conduct.py": "30.44"}
