"""Which exit status a night comes to."""

from __future__ import annotations

from collections.abc import Mapping

from data_contracts.errors import (
    InputRefused,
    InvalidInput,
    LockHeld,
    OtherDatabase,
    ResultsDamaged,
    ResultsUnwritable,
    WrongModel,
)
from data_contracts.night_exits import NightExit
from serving.night.batch import ScoreReport

OF_ERROR: Mapping[type[Exception], NightExit] = {
    InputRefused: NightExit.INPUT_REFUSED,
    LockHeld: NightExit.LOCK_HELD,
    WrongModel: NightExit.WRONG_MODEL,
    ResultsUnwritable: NightExit.UNWRITABLE,
    ResultsDamaged: NightExit.DAMAGED,
    OtherDatabase: NightExit.UNWRITABLE,
    InvalidInput: NightExit.MISUSE,
}


def exit_of(ended: ScoreReport | BaseException) -> NightExit:
    """The exit status of what a night came to.

    >>> exit_of(LockHeld("another scoring run is at work; wait for it to end")).name
    'LOCK_HELD'
    >>> exit_of(ValueError()).name
    'ERROR'
    """
    if isinstance(ended, ScoreReport):
        return NightExit.PUBLISHED if ended.new or ended.moved else NightExit.NOTHING_TO_DO
    return next((status for kind, status in OF_ERROR.items() if isinstance(ended, kind)), NightExit.ERROR)
