"""Back to the version that answered before: the gate stands in the way there too, and the audit chain says who and why.

Which version that was, the chain of promotions tells, with the hash of its bytes: it is those bytes that come back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from data_contracts.audit.chain import Action, Entry
from data_contracts.audit.search import Found, Sought
from data_contracts.errors import GateRefused, InvalidInput, NotReady, UntrustedArtifact
from data_contracts.settings import Settings
from models import registry
from models.audit import audit_chain, now_of, operator, search
from training.gate.verdict import Examined, pass_gate, refusal

LEAST_REASON = 10  # characters: why a model stopped answering is a sentence
MOVES = frozenset({Action.MODEL_PROMOTED, Action.MODEL_ROLLED_BACK})


@dataclass(frozen=True)
class Answered:
    """A version that answered as champion, and the hash of its bytes."""

    version: str
    sha256: str


def roll_back(
    settings: Settings, name: str, reason: str, version: str | None = None
) -> tuple[Examined, str]:  # fmt: skip
    """Let the version that answered before answer again, or an earlier one; what it found, and the version it replaces.

    It is examined as for a promotion, on today's policy. Raises InvalidInput for a version that never answered and for
    no reason, NotReady where none answered before, GateRefused with each line that does not hold, UntrustedArtifact
    where its bytes are not those that answered.
    """
    why = reason.strip()
    if len(why) < LEAST_REASON:
        raise InvalidInput(f"--reason {why!r} is too short; say in a sentence why {name} goes back")
    now = registry.resolve(settings, name).version
    target = _target(name, now, version, champions(search(settings, Sought(actions=MOVES)), name))
    examined, _ = pass_gate(settings, name, target.version)
    if examined.model_hash != target.sha256:
        raise UntrustedArtifact(
            f"{name} version {target.version} has other bytes than when it answered; promote a version that you know"
        )
    if not examined.passed:
        raise GateRefused(f"{refusal(examined)}. Version {now} goes on answering.")
    told = {"model": name, "version": target.version, "sha256": target.sha256, "before": now, "reason": why}
    entry = Entry(now_of(settings), operator(), Action.MODEL_ROLLED_BACK, details=told)
    audit_chain(settings).append(entry)  # first: what the chain cannot hold is not done
    registry.set_alias(settings, name, target.version)
    return examined, now


@dataclass(frozen=True)
class Champions:
    """Those that would come back one after another, the present one last, and all that ever answered."""

    stack: tuple[Answered, ...] = ()
    ever: tuple[Answered, ...] = ()


def champions(lines: Iterable[Found], name: str) -> Champions:
    """What the chain tells of a model; a line that is not as it was written tells nothing.

    >>> def line(action, version):
    ...     details = {"model": "risk", "version": version, "sha256": "h" + version}
    ...     return Found(1, {"action": action, "details": details})
    >>> moves = [line("model_promoted", one) for one in "123"] + [line("model_rolled_back", "2")]
    >>> found = champions(moves, "risk")
    >>> [one.version for one in found.stack], [one.version for one in found.ever]
    (['1', '2'], ['1', '2', '3'])
    """
    stack: list[Answered] = []
    ever: dict[Answered, None] = {}
    for line in lines:
        details: Mapping[str, Any] = line.told["details"]
        if line.wrong or details.get("model") != name:
            continue
        one = Answered(str(details["version"]), str(details["sha256"]))
        ever[one] = None
        if line.told["action"] == Action.MODEL_ROLLED_BACK and one in stack:
            del stack[stack.index(one) + 1 :]
        elif not stack or stack[-1] != one:
            stack.append(one)
    return Champions(tuple(stack), tuple(ever))


def _target(name: str, now: str, version: str | None, known: Champions) -> Answered:
    """The one asked for, or the last that answered before the present one."""
    if version == now:
        raise InvalidInput(f"{name} version {now} answers already; name an earlier one, or none")
    if version is None:
        before = [one for one in known.stack if one.version != now]
        if not before:
            raise NotReady(f"no version of {name} answered before version {now}; `pharos promote {name}` takes another")
        return before[-1]
    asked = [one for one in known.ever if one.version == version]
    if not asked:
        had = ", ".join(dict.fromkeys(one.version for one in known.ever)) or "none"
        raise InvalidInput(
            f"{name} version {version} never answered here (those that did: {had}); "
            f"`pharos promote {name} --version {version}` lets it, if it passes the gate"
        )
    return asked[-1]
