"""One outcome that cannot be trained never stops the others: it is left out, with its reason on record."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from data_contracts.errors import InvalidInput, NotReady
from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual

Answer = tuple[str, int]  # outcome, months ahead
Found = TypeVar("Found")


def name_of(answer: Answer) -> str:
    """Its name on records.

    >>> name_of(("conduct", 12)), name_of(("conduct", 24))
    ('conduct', 'conduct_24m')
    """
    outcome, months = answer
    return policy().outcome(outcome).name_at(months)


@dataclass
class LeftOut:
    """Why outcomes are left out of the training of a day, by name on records; `why` may be known of some before.

    >>> left = LeftOut(date(2026, 1, 1))
    >>> def learned(answer):
    ...     if answer[0] == "departure":
    ...         raise InvalidInput("its records end on 2025-09-01")
    ...     return "a model"
    >>> left.out_of([("conduct", 12), ("departure", 12)], learned)
    {('conduct', 12): 'a model'}
    >>> left.why["departure"].en
    'its records end on 2025-09-01'
    """

    as_of: date
    why: dict[str, Bilingual] = field(default_factory=dict)

    def out_of(self, answers: Iterable[Answer], each: Callable[[Answer], Found]) -> dict[Answer, Found]:
        """What `each` finds of every answer, but for those that it refuses with InvalidInput or NotReady.

        Raises the refusal itself where there was one answer only; NotReady with every reason where none of several is
        left.
        """
        found: dict[Answer, Found] = {}
        refused: dict[str, InvalidInput | NotReady] = {}
        for answer in answers:
            try:
                found[answer] = each(answer)
            except (InvalidInput, NotReady) as error:
                refused[name_of(answer)] = error
        if refused and not found:
            raise self._nothing(refused)
        self.why |= {name: Bilingual(error.zh or str(error), str(error)) for name, error in refused.items()}
        return found

    def _nothing(self, refused: dict[str, InvalidInput | NotReady]) -> InvalidInput | NotReady:
        """What is raised where nothing is left."""
        known = {name: why.en for name, why in self.why.items()} | {name: str(one) for name, one in refused.items()}
        if len(known) == 1:
            return next(iter(refused.values()))
        told = "; ".join(f"{name}: {why}" for name, why in known.items())
        return NotReady(f"no outcome can be trained at {self.as_of}: {told}")
