"""The gate for known advisories: nothing in the lock may be older than the first version that is free of each."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import InvalidVersion, Version

from data_contracts.errors import ContractViolation
from serving.deploy.components import normal

ADVISORIES = Path(__file__).with_name("advisories.toml")


@dataclass(frozen=True)
class Floor:
    """The first version of a package that is free of some advisories, and what they are about."""

    package: str
    version: str
    advisory: str
    about: str


def floors(file: Path = ADVISORIES) -> list[Floor]:
    """All floors; raises ContractViolation for one that cannot be read."""
    found = []
    for number, told in enumerate(tomllib.loads(file.read_text("utf-8"))["floor"], start=1):
        try:
            one = Floor(**told)
            Version(one.version)
        except (TypeError, InvalidVersion) as error:
            raise ContractViolation(
                f"{file.name}: floor {number}: {error}; give package, version, advisory and about"
            ) from error
        found.append(one)
    return found


def below(pins: Mapping[str, str], wanted: Sequence[Floor]) -> list[str]:
    """One sentence for each pin under its floor; empty when the lock is clean of what is known.

    >>> below({"jinja2": "3.1.5"}, [Floor("Jinja2", "3.1.6", "CVE-1", "a sandbox could be left")])
    ['jinja2 3.1.5 is under 3.1.6: CVE-1, a sandbox could be left']
    """
    return [
        f"{normal(one.package)} {pins[normal(one.package)]} is under {one.version}: {one.advisory}, {one.about}"
        for one in wanted
        if normal(one.package) in pins and Version(pins[normal(one.package)]) < Version(one.version)
    ]
