"""What `pharos upgrade --restore` does: a copy stands again, and nobody's rights of later days are taken back by it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from data_contracts.audit.chain import Action, Entry
from data_contracts.errors import NotReady, Refused
from data_contracts.settings import Settings
from models.audit import audit_chain, operator
from serving.upgrading import backup
from serving.upgrading.later import CARRIED, Later, carry, later_than, shape
from serving.upgrading.quiet import nobody_else

SERVICE, HEAD = PurePosixPath("service/service.db"), PurePosixPath("service/audit.head")
LOG = PurePosixPath("feedback/feedback.db")


@dataclass(frozen=True)
class Restored:
    """How many files a copy has, which of them stayed as they are now, and what is newer than the copy."""

    name: str
    files: int
    left: tuple[PurePosixPath, ...]
    later: Later
    kept: bool

    @property
    def sentences(self) -> Iterator[str]:
        """For people."""
        put = self.files - len(self.left)
        yield f"{put} of {self.files} files are as they were copied in {self.name}"
        if self.left:
            names = ", ".join(map(str, self.left))
            yield f"left as they are, since they have the shape that they had: {names}; nothing in them was taken back"
        if not self.kept:
            yield f"newer than the copy, and gone: {self.later.told}"
            if self.later.lines:
                yield "the audit chain takes no line before somebody accepts that with `pharos audit accept`"
        elif SERVICE not in self.left and self.later.told != "nothing":
            yield f"newer than the copy: {self.later.told}; of these the first four were kept"
        if LOG not in self.left:
            yield "run `pharos review retain --as-of DATE`: rows whose time is over may have come back"


def restore(settings: Settings, name: str, now: datetime, *, without_later: bool = False) -> Restored:
    """Put a copy back. Opt-outs, keys and audit lines stay as they are now, unless `without_later` lets them go.

    A line says so first. It goes with the other later lines where those go: the head tells of it, and whoever accepts
    the break with it. Raises Refused, with the counts, where something of later days could not be kept, and NotReady
    where the line cannot be written and would stay; then nothing was put back.
    """
    if not settings.state.is_dir():
        raise NotReady(f"there is no state at {settings.state}; set PHAROS_STATE to the folder to be upgraded")
    with nobody_else(settings):
        folder = backup.folder_of(settings, name)
        places = backup.verified(folder)
        if without_later:
            later = _told_anyway(settings.state, folder, places)
            with suppress(NotReady):  # a chain that takes no line may be why somebody goes back
                _audit(settings, name, now, without_later=True)
            stays = {HEAD} if settings.audit_head.exists() else set()  # it tells of the lines that go
            files = backup.restore(settings, name, stays)
            return Restored(name, len(files), tuple(place for place in places if place in stays), later, kept=False)
        left, later = _left(settings.state, folder, places)
        _audit(settings, name, now, without_later=False)
        carried = {} if SERVICE in left else {SERVICE: carry}  # the line above, if nothing else
        files = backup.restore(settings, name, left, carried)
        return Restored(name, len(files), tuple(place for place in places if place in left), later, kept=True)


def _audit(settings: Settings, name: str, now: datetime, *, without_later: bool) -> None:
    details = {"copy": name, "without_later": without_later}
    audit_chain(settings).append(Entry(now, operator(), Action.COPY_RESTORED, details=details))


def _left(state: Path, folder: Path, places: list[PurePosixPath]) -> tuple[set[PurePosixPath], Later]:
    """Which places stay as they are, and what is newer in the service's database; raises Refused for what cannot be
    kept.

    The head belongs to the chain, which stays: it goes back with nothing.
    """
    left, later = {HEAD}, Later()
    if LOG in places and (state / LOG).is_file() and shape(state / LOG) == shape(folder / LOG):
        left.add(LOG)
    if SERVICE not in places:
        return left, later
    if not (state / SERVICE).is_file():
        raise Refused(
            f"{state / SERVICE} is gone, so nobody can tell which opt-outs and revoked keys are newer than the copy; "
            "put it back, or go back without them with --without-later"
        )
    later = later_than(folder / SERVICE, state / SERVICE)
    if shape(state / SERVICE) == shape(folder / SERVICE):
        return {*left, SERVICE}, later
    _check_kept(later)
    return left, later


def _check_kept(later: Later) -> None:
    if later.lost or later.cases:
        lost = f"; the version of the copy knows no {', '.join(later.lost)}" if later.lost else ""
        raise Refused(
            f"newer than the copy: {later.told}. {', '.join(CARRIED)} would be kept, and cases would not{lost}; "
            "nothing was put back: stay with this version, or let them go with --without-later"
        )


def _told_anyway(state: Path, folder: Path, places: list[PurePosixPath]) -> Later:
    try:
        return later_than(folder / SERVICE, state / SERVICE) if SERVICE in places else Later()
    except Refused:  # it cannot be read: that is why somebody goes back
        return Later()
