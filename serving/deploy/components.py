"""What the environment is made of: a software bill of materials (CycloneDX 1.6) and a list of licences.

Both come from what is installed, name by name of the lock, so that they tell what runs and not what was meant to.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_contracts.errors import NotReady

SPEC_VERSION = "1.6"
UNKNOWN = "not stated by its authors"
SAID_ELSEWHERE = {"huey": "MIT", "interpret-core": "MIT"}  # in their repositories, and in no field of the wheel
CLASSIFIER = "License :: "
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+)$")


@dataclass(frozen=True)
class Component:
    """One distribution: its normal name, version and licence, and the wheel it came from where that is at hand."""

    name: str
    version: str
    licence: str
    wheel: str = ""
    sha256: str = ""

    @property
    def purl(self) -> str:
        """Its package URL.

        >>> Component("typing-extensions", "4.1", "PSF-2.0").purl
        'pkg:pypi/typing-extensions@4.1'
        """
        return f"pkg:pypi/{self.name}@{self.version}"


def normal(name: str) -> str:
    """A distribution's name as indexes compare it.

    >>> normal("Typing_Extensions")
    'typing-extensions'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lock: Path) -> dict[str, str]:
    """Versions by name, as a lock says them; raises NotReady for a line that pins nothing."""
    found: dict[str, str] = {}
    for line in lock.read_text("utf-8").splitlines():
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        pinned = PIN.match(text)
        if pinned is None:
            raise NotReady(f"{lock.name}: {text!r} is not NAME==VERSION; run `make lock`")
        found[normal(pinned["name"])] = pinned["version"]
    return found


def installed(names: Iterable[str], wheels: Mapping[str, Path] | None = None) -> list[Component]:
    """The installed distributions of these names, in order; raises NotReady for one that is not installed."""
    there = {normal(one.metadata["Name"]): one for one in importlib.metadata.distributions()}
    found = []
    for name in sorted(names):
        if name not in there:
            raise NotReady(f"{name} is in the lock and not installed; run `make env`")
        wheel = (wheels or {}).get(name)
        found.append(Component(
            name, there[name].version, SAID_ELSEWHERE.get(name) or licence_of(there[name]), wheel.name if wheel else "",
            sha256(wheel) if wheel else "",
        ))  # fmt: skip
    return found


def licence_of(distribution: importlib.metadata.Distribution) -> str:
    """What a distribution says of its licence: the expression, its classifiers, or the first line of its text."""
    metadata: Any = distribution.metadata
    expression = metadata.get("License-Expression")
    if expression:
        return str(expression)
    told = [one.removeprefix(CLASSIFIER).rsplit(" :: ", 1)[-1] for one in metadata.get_all("Classifier", [])
            if one.startswith(CLASSIFIER)]  # fmt: skip
    named = [one for one in told if one != "OSI Approved"]
    if named:
        return " / ".join(named)
    texts = [str(metadata.get("License") or "")]
    for name in metadata.get_all("License-File", []):
        texts += [distribution.read_text(f"{folder}{name}") or "" for folder in ("licenses/", "")]
    lines = (text.strip().splitlines()[0].strip()[:80] for text in texts if text.strip())
    return next(lines, UNKNOWN)


def sha256(file: Path) -> str:
    """The hash of a file's bytes."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def bill_of_materials(components: Sequence[Component], version: str) -> str:
    """CycloneDX JSON, in order and without a clock: the same components give the same bytes."""
    told = {
        "bomFormat": "CycloneDX",
        "specVersion": SPEC_VERSION,
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "pharos", "version": version,
                                   "licenses": [{"license": {"id": "Apache-2.0"}}]}},
        "components": [_told(one) for one in components],
    }  # fmt: skip
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def _told(one: Component) -> dict[str, Any]:
    told: dict[str, Any] = {
        "type": "library", "bom-ref": one.purl, "name": one.name, "version": one.version, "purl": one.purl,
        "licenses": [{"license": {"name": one.licence}}],
    }  # fmt: skip
    if one.sha256:
        told["hashes"] = [{"alg": "SHA-256", "content": one.sha256}]
    return told


def licence_list(components: Sequence[Component]) -> str:
    """A table for people: who wrote what under which terms."""
    lines = [f"| {one.name} | {one.version} | {one.licence} |" for one in components]
    return "\n".join(["| package | version | licence |", "|---|---|---|", *lines]) + "\n"
