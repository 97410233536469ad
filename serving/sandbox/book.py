"""The book of the sandbox: what is answered to each question, written down once from a simulated bureau.

`answers.json` holds, by address, an answer as it was given, and says of each fixed id what it stands for.
It is written by `python -m experiments.record_sandbox` on the state of a demo.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

BOOK = Path(__file__).with_name("answers.json")
NOBODY = "nobody"  # stands in the book for whoever is not in it


@dataclass(frozen=True)
class Book:
    """Fixed answers by address, the fixed moment, and by fixed id what it is good for (zh and en)."""

    now: datetime
    about: Mapping[str, Mapping[str, str]]
    answers: Mapping[str, Mapping[str, Any]]


@cache
def book() -> Book:
    """The book that is delivered."""
    told = json.loads(BOOK.read_text("utf-8"))
    return Book(datetime.fromisoformat(told["now"]), told["about"], told["answers"])
