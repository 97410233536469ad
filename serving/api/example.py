"""A first question to copy when the service starts: about somebody who exists, where that may be shown."""

from __future__ import annotations

import pandas as pd

from data_contracts.errors import PharosError
from data_contracts.settings import Settings
from features.history import History
from serving.night.results import SCORED, latest_run

PLACEHOLDER = "OFFICER_ID"
NOTES = (
    f"请把 {PLACEHOLDER} 换成本单位的民警编号",
    f"put an officer_id of yours in the place of {PLACEHOLDER}",
)
KEY = "PHAROS_KEY"
KEY_NOTES = (
    f"须出示密钥：请把 {KEY} 换成密钥（`pharos keys add` 发放）",
    f"a key is asked for: put one in the place of {KEY} (`pharos keys add` makes one)",
)
SANDBOX_OFFICER = "s-0001"
SANDBOX_NOTES = (
    f"沙箱的民警编号是固定的（{SANDBOX_OFFICER} 起）；其他编号一律按查无此人应答",
    f"ids of the sandbox are fixed ({SANDBOX_OFFICER} and on); any other is answered as one that nobody has",
)


def example_officer(use: Settings) -> str | None:
    """Somebody whom the last night scored, else the first of the history; None where nobody is known yet."""
    found = _of_the_night(use)
    return found if found is not None else _of_the_history(use)


def curl_lines(address: str, officer_id: str | None, *, sandbox: bool = False, keyed: bool = False) -> list[str]:
    """The question as a command; without an officer a placeholder, and that it is one. In the sandbox somebody of its
    book, who is nobody, and what the ids there are. `keyed` where callers must show a key: with the place for one.

    >>> curl_lines("http://127.0.0.1:3017", "p-7")[0].endswith('"officer_ids": ["p-7"]}\\'')
    True
    >>> len(curl_lines("http://127.0.0.1:3017", None))
    3
    """
    if sandbox:
        return [*curl_lines(address, SANDBOX_OFFICER, keyed=keyed), *SANDBOX_NOTES]
    body = f'{{"officer_ids": ["{officer_id or PLACEHOLDER}"]}}'
    shown = f" -H 'x-api-key: {KEY}'" if keyed else ""
    curl = f"curl -s {address}/v1/risk{shown} -H 'content-type: application/json' -d '{body}'"
    return [curl, *(() if officer_id else NOTES), *(KEY_NOTES if keyed else ())]


def _of_the_night(use: Settings) -> str | None:
    try:
        rows = latest_run(use).officers(["officer_id", "status"])
    except (PharosError, OSError):
        return None  # a night that is not there or not whole is told elsewhere
    return _first(rows.loc[rows["status"] == SCORED, "officer_id"])


def _of_the_history(use: Settings) -> str | None:
    history = History(use.history_dir)
    for table in (name for name in ("officers", "postings") if name in history.tables()):
        found = _first(history.frame(table, ["officer_id"])["officer_id"])
        if found is not None:
            return found
    return None


def _first(ids: pd.Series) -> str | None:
    """An id that needs no quoting where it is pasted; None without one."""
    plain = (str(one) for one in ids.dropna() if "'" not in str(one) and '"' not in str(one))
    return next(plain, None)
