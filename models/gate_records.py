"""Signed records of the gate: training writes what it found and who signed for it, the service shows them to people."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature

from data_contracts.errors import UntrustedArtifact
from data_contracts.settings import Settings
from models import keys
from models.registry import ResolvedModel
from models.strict_json import strict_json

DOMAIN = b"pharos gate note\n"  # so that a signature under anything else of ours is none here
RESULT, CARD = "result.json", "card"  # what was found; the folder of the card, beside the signed files of the version


def folder_of(settings: Settings, model: ResolvedModel) -> Path:
    """Where everything about the gate and this version lies."""
    return settings.gate_dir / model.name / model.version


def write_signed(settings: Settings, path: Path, told: dict[str, Any]) -> None:
    """JSON with a signature over its canonical bytes, in one step."""
    signature = keys.signing_key(settings.keys_dir).sign(DOMAIN + signed_bytes(told)).hex()
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(json.dumps({"signed": told, "signature": signature}, ensure_ascii=False, indent=1), "utf-8")
    draft.replace(path)


def read_signed(settings: Settings, path: Path) -> dict[str, Any]:
    """What was signed; raises UntrustedArtifact when a byte of it is another."""
    try:
        held = strict_json(path.read_bytes(), str(path))
        told, signature = held["signed"], bytes.fromhex(held["signature"])
        keys.public_key(settings.keys_dir).verify(signature, DOMAIN + signed_bytes(told))
    except (InvalidSignature, KeyError, TypeError, ValueError) as error:
        raise UntrustedArtifact(f"{path} was changed after it was signed; take it away and sign again") from error
    result: dict[str, Any] = told
    return result


def signed_bytes(told: dict[str, Any]) -> bytes:
    """The one text of a record that is signed."""
    return json.dumps(told, sort_keys=True, ensure_ascii=False, allow_nan=False).encode()
