"""Which version of each model was last verified and served: a small signed file, for when the registry cannot be read.

It names no bytes that would be trusted for it: the folder is verified again, and must have the hash that stands here.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature

from data_contracts.errors import PharosError
from data_contracts.settings import Settings
from models import keys
from models.registry import ResolvedModel
from models.strict_json import strict_json
from serving.night.manifest import write_atomically

DOMAIN = b"pharos verified models\n"  # so that a signature under anything else of ours is none here


@dataclass(frozen=True)
class LastVerified:
    """One version that was served, and where its files lie under MLflow's folder."""

    name: str
    version: str
    run_id: str
    path: str
    sha256: str

    @classmethod
    def of(cls, settings: Settings, resolved: ResolvedModel, sha256: str) -> LastVerified:
        """Of a version that was verified just now."""
        path = resolved.path.resolve().relative_to(settings.mlflow_dir.resolve()).as_posix()
        return cls(resolved.name, resolved.version, resolved.run_id, path, sha256)

    def resolved(self, settings: Settings) -> ResolvedModel:
        """As the registry would have told it."""
        return ResolvedModel(self.name, self.version, settings.mlflow_dir / self.path, self.run_id, {})


def file_of(settings: Settings) -> Path:
    """Where it lies."""
    return settings.state / "service" / "verified.json"


def last_verified(settings: Settings) -> Mapping[str, LastVerified]:
    """By name; empty where nothing was ever served here, or where the file is not as it was signed."""
    try:
        held = strict_json(file_of(settings).read_bytes(), "verified.json")
        told, signature = held["signed"], bytes.fromhex(held["signature"])
        keys.public_key(settings.keys_dir).verify(signature, DOMAIN + _bytes(told))
        return {name: LastVerified(**one) for name, one in told.items()}
    except (OSError, PharosError, InvalidSignature, AttributeError, KeyError, TypeError, ValueError):
        return {}  # it only ever helps: without it the registry is asked


def keep(settings: Settings, served: Mapping[str, LastVerified]) -> None:
    """Sign and write, in one step, where it would say another thing than it does; raises OSError."""
    if dict(served) == dict(last_verified(settings)):
        return
    told = {name: asdict(one) for name, one in sorted(served.items())}
    signature = keys.signing_key(settings.keys_dir).sign(DOMAIN + _bytes(told)).hex()
    path = file_of(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    written = json.dumps({"signed": told, "signature": signature}, ensure_ascii=False, indent=1).encode()
    with path.with_suffix(".lock").open("w") as lock:  # workers of one service take a version up at the same time
        fcntl.flock(lock, fcntl.LOCK_EX)
        write_atomically(path, written)


def _bytes(told: object) -> bytes:
    return json.dumps(told, sort_keys=True, ensure_ascii=False, allow_nan=False).encode()
