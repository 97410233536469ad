"""Who took responsibility for what the gate could not settle: signed notes, tied to one version and its very bytes.

A *waiver* lets an inconclusive check through and needs two different people. A *justification* says in words why flag
rates differ between groups. Each is one file under the state folder, signed with this machine's key so that it cannot
be edited afterwards, and a copy lies with the run in MLflow. Who may sign is who may use this machine's key file; the
key proves that a note is unchanged, the names say who answers for it.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from data_contracts.errors import InvalidInput, UntrustedArtifact
from data_contracts.policy import policy
from data_contracts.settings import Settings
from models import run_files
from models.gate_records import folder_of, read_signed, signed_bytes, write_signed
from models.registry import ResolvedModel

Kind = Literal["waiver", "justification"]
LEAST_NAME, LEAST_DIFFERENT = 2, 6  # letters of a name; different letters of a reason
HEARD = ("L", "N")  # letters and figures: no mark, sign or blank makes another name
BETWEEN = ",;/、"  # part words as a blank does; the wide forms of the first three are these by their normal form
BLANKS = "\u115f\u1160"  # letters by their class that show nothing; two more are these by their normal form


@dataclass(frozen=True)
class Note:
    """What was signed; `model_hash` is of the signed artefact, `on` the day in ISO form."""

    kind: Kind
    model: str
    version: str
    model_hash: str
    checks: tuple[str, ...]
    reason: str
    signed_by: tuple[str, ...]
    on: str


def note_of(
    kind: Kind, model: ResolvedModel, model_hash: str, checks: Sequence[str], reason: str, signed_by: Sequence[str],
    on: date,
) -> Note:  # fmt: skip
    """A note worth signing; raises InvalidInput without a check, a sentence for a reason, or enough people."""
    rule = policy().gate.waivers
    needed = rule.signatures if kind == "waiver" else 1
    people = {plain: name.strip() for name in signed_by if _letters(plain := _plain(name)) >= LEAST_NAME}
    if not checks:
        raise InvalidInput(f"a {kind} names the exact checks it is about; add --check")
    missing = []
    if len(people) < needed:
        short = [name for name in signed_by if _letters(_plain(name)) < LEAST_NAME]
        ignored = f" ({', '.join(map(repr, short))} of fewer than {LEAST_NAME} letters do not count)" if short else ""
        missing.append(f"{len(people)} signed{ignored}, a {kind} needs {needed} different people; add --signed-by")
    if _said(reason) < rule.least_reason:
        missing.append(
            f"the reason says less than {rule.least_reason} letters (a Chinese character counts as two); write a "
            "sentence into --reason"
        )
    if missing:
        raise InvalidInput("; ".join(missing))
    once = tuple(dict.fromkeys(checks))
    return Note(kind, model.name, model.version, model_hash, once, reason.strip(), tuple(people.values()), str(on))


def _plain(name: str) -> str:
    """A name as people hear it: `Ann ` and `ann` are one person, and so is one with marks that nobody sees or hears.
    The order of its words, and a word said twice, make nobody else: `Li, Ann` is Ann Li.

    Letters of another script that look alike (a Cyrillic a) are out of its reach: who signs answers for the names.

    >>> _plain(" Ann  Li ") == _plain("ann li") == _plain("An\\u200bn L\\u0301i\\ufe0f")
    True
    >>> _plain("Li, Ann") == _plain("LI,ann") == _plain("Ann Li"), _plain("Ann Wu") == _plain("Ann Li")
    (True, False)
    >>> _plain("李 伟") == _plain("李伟") == _plain("李\u3164伟\u2800")
    True
    """
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    spaced = "".join(" " if one in BETWEEN else one for one in apart)
    words = "".join(one for one in spaced if one.isspace() or (_is_heard(one) and one not in BLANKS)).split()
    return "".join(words) if any(map(_is_han, "".join(words))) else " ".join(sorted({*words}))


def same_people(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two lists name the same people, in whatever order and writing.

    >>> same_people(("Ann Li", "Bob Wu"), ("Wu, Bob", "ann li")), same_people(("Ann Li", "Bob Wu"), ("Ann Li", "Cy Xu"))
    (True, False)
    """
    return {*map(_plain, one)} == {*map(_plain, other)}


def _is_heard(letter: str) -> bool:
    return unicodedata.category(letter)[0] in HEARD


def _letters(name: str) -> int:
    return sum(map(str.isalpha, name))


def _said(reason: str) -> int:
    """How much a reason says: its letters, of which at least LEAST_DIFFERENT must differ; dots say nothing.

    >>> _said("." * 30), _said("a" * 30), _said("部里样本太小，先行试用"), _said("too few officers")
    (0, 0, 20, 14)
    """
    letters = [letter for letter in reason.casefold() if letter.isalpha()]
    return 0 if len(set(letters)) < LEAST_DIFFERENT else sum(2 if _is_han(letter) else 1 for letter in letters)


def _is_han(letter: str) -> bool:
    return "\u4e00" <= letter <= "\u9fff"


def sign(settings: Settings, model: ResolvedModel, note: Note) -> Path:
    """Write and sign the note under the state folder, and log it with the model's run."""
    folder = folder_of(settings, model)
    path = folder / f"{note.kind}-{hashlib.sha256(signed_bytes(asdict(note))).hexdigest()[:16]}.json"
    write_signed(settings, path, asdict(note))
    run_files.keep_beside(model, path, "gate")
    return path


def notes(settings: Settings, model: ResolvedModel, model_hash: str) -> list[Note]:
    """Every note about exactly this version; raises UntrustedArtifact for one that was edited or is about another."""
    found = []
    for path in sorted(folder_of(settings, model).glob("*-*.json")):
        told = read_signed(settings, path)
        note = Note(**{**told, "checks": tuple(told["checks"]), "signed_by": tuple(told["signed_by"])})
        if (note.model, note.version, note.model_hash) != (model.name, model.version, model_hash):
            raise UntrustedArtifact(
                f"{path} is about {note.model} version {note.version}, not these bytes of version {model.version}; "
                "take it away: a signature holds for one version only"
            )
        found.append(note)
    return found
