"""What a night measured of alerts that a limit is near, as it is published: the one place that a request, the table of
a run and the model card read it from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path

from data_contracts.errors import ResultsDamaged
from models.risk.flags import Followed
from serving.night.manifest import bytes_hash, write_atomically

FOLLOWED = "followed.json"
Asked = tuple[str, int]  # outcome, months ahead


def publish_followed(found: Mapping[Asked, Followed], target: Path) -> dict[str, str]:
    """Write what came of who was near a limit, of each outcome where it was measured; returns name -> sha256."""
    told = [{"outcome": outcome, "horizon_months": months, **asdict(one)}
            for (outcome, months), one in sorted(found.items())]  # fmt: skip
    content = (json.dumps(told, default=date.isoformat, indent=1) + "\n").encode()
    write_atomically(target / FOLLOWED, content)
    (target / FOLLOWED).chmod(0o444)
    return {FOLLOWED: bytes_hash(content)}


def published_followed(folder: Path) -> dict[Asked, Followed]:
    """What a published run measured; nothing in a run of before this was kept. Raises ResultsDamaged."""
    path = folder / FOLLOWED
    if not path.exists():
        return {}
    try:
        return {(str(one["outcome"]), int(one["horizon_months"])): _followed(one)
                for one in json.loads(path.read_text("utf-8"))}  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ResultsDamaged(f"{path} is not what was published ({type(error).__name__}); restore it") from error


def _followed(one: Mapping[str, str | int]) -> Followed:
    since, until = (date.fromisoformat(str(one[name])) for name in ("since", "until"))
    return Followed(since, until, int(one["officers"]), int(one["crossed"]))
