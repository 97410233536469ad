"""Read a study, and refuse what is wrong with it: each fault with its place, its value and what to do."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from data_contracts.asof import add_months
from data_contracts.errors import InvalidInput
from data_contracts.policy import REMEDIES, policy
from experiments.studies.concern_kind import CONCERNS
from experiments.studies.config import CONFIGS, HISTORY, NAME, PHRASES, SIMULATOR, Study
from experiments.studies.kinds import KINDS
from training.concerns.fit import PARTS

LONGEST_VALUE = 60


def studies() -> list[str]:
    """Names of the committed studies."""
    return sorted(path.stem for path in CONFIGS.glob("*.toml"))


def read_study(name: str) -> Study:
    """A committed study by its name, or one by the path of its file; raises InvalidInput naming every fault."""
    path = CONFIGS / f"{name}.toml" if NAME.fullmatch(name) else Path(name)
    if not path.is_file() or path.suffix != ".toml":
        raise InvalidInput(f"no study is called {name!r}; use one of {', '.join(studies())}, or the path of a .toml")
    if not NAME.fullmatch(path.stem):
        raise InvalidInput(f"{path.name}: name the file in small letters, digits and hyphens, such as risk-nights.toml")
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path.name} is no TOML: {error}; mend that line") from error
    try:
        study = TypeAdapter(Study).validate_python(told | {"name": path.stem})
    except ValidationError as error:
        raise InvalidInput("\n".join(_fault(path.name, one) for one in error.errors())) from error
    faults = [f"{path.name}: {fault}" for fault in _faults(study)]
    if faults:
        raise InvalidInput("\n".join(faults))
    return study


def _fault(file: str, one: Any) -> str:
    """One line of pydantic's, as ours are told."""
    value = "" if one["type"] == "missing" else f" is {_short(one['input'])}"
    remedy = REMEDIES.get(one["type"], "give a value of that form")
    return f"{file}: {_place(one['loc'])}{value}: {one['msg']}; {remedy}"


def _place(loc: Iterable[int | str]) -> str:
    """Where in the file, as TOML would say it.

    >>> _place(("candidate", 1, "settings", "rounds"))
    'candidate[2].settings.rounds'
    """
    text = ""
    for part in loc:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."


def _faults(study: Study) -> Iterator[str]:
    """What contradicts itself or what the project knows."""
    yield from _of_data(study)
    yield from _of_models(study)
    yield from _of_test(study)
    kind = KINDS[study.kind]
    for place, one in enumerate(study.candidate, 1):
        try:
            kind.settings_of(one.settings)
        except ValidationError as error:
            for fault in error.errors():
                spot = _place(("candidate", place - 1, "settings", *fault["loc"]))
                yield f"{spot} is {_short(fault['input'])}: {fault['msg']}; {_remedy(fault['type'])}"
    if any(one.tuned for one in study.candidate) and study.tune is None:
        yield "a candidate is tuned, and nothing says how; add [tune] with trials"
    if sum(one.tuned for one in study.candidate) > 1:
        yield "two candidates are tuned, and one search serves one; leave tuned = true at one of them"
    if study.tune is not None and study.tuned is None:
        yield "[tune] searches settings for nobody; set tuned = true at a candidate, or take [tune] out"
    if study.tune is not None and study.tune.fairness and study.kind != "risk":
        yield f"tune.fairness is true, and {study.kind} warns of nobody; leave it out, the gate compares lists by group"


def _remedy(kind: str) -> str:
    return REMEDIES.get(kind, "give a value of that form")


def _of_data(study: Study) -> Iterator[str]:
    data = study.data
    if data.bureau is not None and data.source != SIMULATOR:
        yield f'data.bureau is for source = "{SIMULATOR}"; data.source is {data.source!r}, take the table out'
    if data.folder is not None and data.source in (HISTORY, PHRASES):
        yield f"data.folder is {str(data.folder)!r}, and {data.source} needs none; take the key out"
    if (data.source == PHRASES) != (study.kind == CONCERNS.name):
        yield f'data.source is {data.source!r}; "{PHRASES}" belongs to kind = "concerns" and kind is {study.kind!r}'
    if (data.mapping is not None) != (data.source == "mapped"):
        yield f'data.mapping belongs to source = "mapped" and data.source is {data.source!r}; give both, or neither'
    train = study.train
    if train is None:
        return
    if data.source not in (HISTORY, PHRASES):
        yield (
            f"[train] registers a model of this state's history, and data.source is {data.source!r}; set source = "
            f'"{HISTORY}" after `pharos ingest`, or take [train] out'
        )
    if study.named(train.candidate) is None:
        yield f"train.candidate is {train.candidate!r}; name one of the candidates"


def _of_models(study: Study) -> Iterator[str]:
    known = KINDS[study.kind].peers
    for name in study.peers:
        if name not in known:
            yield f"peers has {name!r}; {study.kind} knows {', '.join(known)}"
    names = study.models
    for name in sorted({one for one in names if names.count(one) > 1}):
        yield f"two models are called {name!r}; give each a name of its own"
    for one in study.candidate:
        if one.name in known or not NAME.fullmatch(one.name):
            yield f"a candidate is called {one.name!r}; use small letters, digits and hyphens, and no peer's name"
    if study.baseline not in names:
        yield f"baseline is {study.baseline!r}; name one of {', '.join(names) or 'the peers and candidates'}"


def _of_test(study: Study) -> Iterator[str]:
    days, outcomes = study.test.as_ofs, study.test.outcomes
    if sorted(set(days)) != list(days):
        yield "test.as_ofs must be days in order, each once"
    bureau = study.data.bureau
    late = [day for day in days if bureau is not None and add_months(day, study.test.months) > bureau.end]
    if late and bureau is not None:
        yield f"test.as_ofs has {late[0]}, whose {study.test.months} months end after data.bureau.end {bureau.end}"
    if study.kind != "risk":
        if outcomes:
            yield f"test.outcomes is for risk; {study.kind} has none, take the key out"
        if study.kind == CONCERNS.name:
            yield from _of_phrases(study)
        return
    if not outcomes:
        yield "test.outcomes is missing; name what is predicted, such as conduct"
    rules = {rule.name.value: rule for rule in policy().outcomes}
    for name in outcomes:
        if name not in rules:
            yield f"test.outcomes has {name!r}; policy has {', '.join(rules)}"
        elif study.test.months not in rules[name].horizons_months:
            allowed = ", ".join(map(str, rules[name].horizons_months))
            yield f"test.months is {study.test.months}; policy allows {allowed} for {name}"


def _of_phrases(study: Study) -> Iterator[str]:
    """Of concerns: no days, and as many parts as the phrases are held out in."""
    if len(study.test.as_ofs) != 1:
        yield f"test.as_ofs has {len(study.test.as_ofs)} days; phrases have none, name the one the study stands under"
    if study.tune is not None and study.tune.folds > PARTS:
        yield f"tune.folds is {study.tune.folds}; phrases are held out in {PARTS} parts, give at most {PARTS}"
