"""How the department calls what its records hold only as codes, filled from `policy/names.toml`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data_contracts.decisions import STRICT, Named
from data_contracts.vocabulary import Bilingual


@dataclass(frozen=True)
class Naming:
    """Names of competencies and job families, which no table of the contract names."""

    __pydantic_config__ = STRICT

    competency: tuple[Named, ...] = ()
    job_family: tuple[Named, ...] = ()

    def competency_named(self, code: str) -> Bilingual:
        """The name of a competency, its code quoted as one where it has none.

        >>> Naming((Named("law", "执法规范", "lawful procedure"),)).competency_named("law").zh
        '执法规范'
        """
        return _named(self.competency, code)

    def family_named(self, code: str) -> Bilingual:
        """The name of a job family, its code quoted as one where it has none.

        >>> Naming().family_named("legal")
        Bilingual(zh='代号“legal”', en='code “legal”')
        """
        return _named(self.job_family, code)


def quoted(code: str) -> Bilingual:
    """A code that nothing names: told as what it is, so that nobody takes it for a word."""
    return Bilingual(f"代号“{code}”", f"code “{code}”")


def _named(known: Sequence[Named], code: str) -> Bilingual:
    found = next((one for one in known if one.code == code), None)
    return quoted(code) if found is None else Bilingual(found.name_zh, found.name_en)
