"""Deliberately bad rows: good rows of a simulated folder, each spoilt in one stated way, so that doors can be tried."""

from __future__ import annotations

from pathlib import Path

import pandas as pd


def bad_rows(folder: Path) -> dict[str, pd.DataFrame]:
    """placeholder"""
    return {}
