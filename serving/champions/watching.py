"""The watch over the aliases: a moved one is verified, tried beside the old model, and swapped whole, or left alone.

All desks of a process are one immutable object. A request takes it once, so what answers it is one version of each
model, and a swap is one assignment: nothing waits, nothing is dropped, and moving the alias back is the way back.
What a first answer would have to build is built before the swap; the desks of other models and of none go on as they
are.
"""

from __future__ import annotations

import functools
import os
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import structlog

from data_contracts.audit.chain import Action, Entry
from data_contracts.errors import NotReady, PharosError, RegistryDown, SlowModel
from data_contracts.settings import Settings
from data_contracts.vocabulary import Bilingual
from models import registry
from models.concerns.model import NAME as CONCERNS
from models.registry import ResolvedModel
from serving.api.opened import Absent, Desk, Desks
from serving.champions import pointer
from serving.champions.canary import Canary
from serving.champions.pointer import LastVerified
from serving.champions.refusing import AT_ONCE, NEVER, UNWRITABLE, Refusal, Standing, code_of, pause_after, why_of
from serving.loading import CAREERS, COURSES, RISK, Find, Loaded, verified
from serving.night.manifest import ModelIdentity
from serving.paths.source import NAME as PATHS
from serving.schemas import Because

WATCHED = (RISK, CAREERS, COURSES, PATHS, CONCERNS)
ACTOR = "service"
Publish = Callable[[Desks], None]


@dataclass(frozen=True)
class Held:
    """One model that answers: what it is made of, and where that came from."""

    loaded: Loaded
    resolved: ResolvedModel


@dataclass(frozen=True)
class Watched:
    """What the watch needs of its surroundings: opening desks with models found by name, trying them, the books, and
    letting go of what was built of every version but some. `seconds` is a clock that nobody sets."""

    settings: Settings
    open_with: Callable[[ChampionWatch, Find, Callable[[], list[Because]]], Desks]
    canary: Canary
    audit: Callable[[Entry], object]
    now: Callable[[], datetime]
    keep_only: Callable[[Collection[ModelIdentity]], None]
    seconds: Callable[[], float] = time.monotonic


class ChampionWatch:
    """Opens the desks of a process and follows the aliases from then on."""

    def __init__(self, around: Watched) -> None:
        """Nothing is opened yet."""
        self._around = around
        self._held: dict[str, Held] = {}
        self._refused: dict[str, Refusal] = {}  # the version that was tried last and not taken
        self._told_to_look = False
        self._spread = 1.0 + os.getpid() % 32 / 128  # workers of one service do not all try again at one moment
        self._notices: dict[str, Because] = {}
        self._publish: Publish | None = None
        self._turn = threading.Lock()
        self._wake = threading.Event()
        self._stopped = False
        self._log = structlog.get_logger("pharos.serving")
        self.desks = self._opened()
        self.look()

    def notices(self) -> list[Because]:
        """What is not as the aliases say, each once."""
        return list(dict.fromkeys(dict(self._notices).values()))

    def follow(self, publish: Publish) -> None:
        """From now on tell `publish` of each swap; looks every few seconds, and when told to."""
        self._publish = publish
        threading.Thread(target=self._run, name="pharos-champions", daemon=True).start()

    def look_now(self) -> None:
        """Look without waiting, also at versions that were refused; safe in a signal handler."""
        self._told_to_look = True
        self._wake.set()

    def standing(self, name: str) -> Standing:
        """What this process does with a model."""
        held = self._held.get(name)
        return Standing(None if held is None else held.resolved.version, self._refused.get(name))

    def stop(self) -> None:
        """No more looks."""
        self._stopped = True
        self._wake.set()

    def look(self) -> None:
        """One look at every alias."""
        with self._turn:
            if self._told_to_look:
                self._told_to_look = False
                self._refused = {name: replace(one, tried=0, due=AT_ONCE) for name, one in self._refused.items()}
            for name in WATCHED:
                self._look_at(name)

    def _run(self) -> None:
        seconds = self._around.settings.champion_check_seconds
        while not self._stopped:
            self._wake.wait(seconds if seconds > 0 else None)
            self._wake.clear()
            if not self._stopped:
                try:
                    self.look()
                except Exception as error:
                    self._log.error("champions", kind=type(error).__name__)

    # --- the first desks ---

    def _opened(self) -> Desks:
        """With what was verified last where it is another than the alias says (the first look tries that one), else
        with the champions; raises as `open_desks` does."""
        last = pointer.last_verified(self._around.settings)
        if last:
            try:
                return self._open_first(last)
            except PharosError:  # of another checkout, or its files are gone: the champions must do
                self._held, self._notices = {}, {}
        return self._open_first({})

    def _open_first(self, last: Mapping[str, LastVerified]) -> Desks:
        desks = self._around.open_with(self, functools.partial(self._first, last), self.notices)
        self._settle()
        return desks

    def _first(self, last: Mapping[str, LastVerified], name: str) -> Loaded:
        settings = self._around.settings
        try:
            resolved = registry.resolve(settings, name)
        except RegistryDown:
            if name not in last:
                raise
            self._notices[name] = _registry_down(name, last[name].version)
            return self._take_last(last[name])
        if name in last and last[name].version != resolved.version:
            return self._take_last(last[name])
        self._held[name] = Held(verified(settings, resolved), resolved)
        return self._held[name].loaded

    def _take_last(self, last: LastVerified) -> Loaded:
        resolved = last.resolved(self._around.settings)
        loaded = verified(self._around.settings, resolved)
        if loaded.identity.sha256 != last.sha256:
            raise NotReady(f"{last.name} version {last.version} has other bytes than when it last answered")
        self._held[last.name] = Held(loaded, resolved)
        return loaded

    # --- one alias ---

    def _look_at(self, name: str) -> None:
        held = self._held.get(name)
        try:
            resolved = registry.resolve(self._around.settings, name)
        except NotReady as error:
            if held is not None:
                down = isinstance(error, RegistryDown)
                self._notices[name] = (_registry_down if down else _alias_gone)(name, held.resolved.version)
            return
        if held is not None and held.resolved.version == resolved.version:
            self._notices.pop(name, None)
            self._refused.pop(name, None)
        elif (refusal := self._refused.get(name)) is None or refusal.version != resolved.version or self._due(refusal):
            self._try(name, resolved)
        else:
            self._note(refusal)  # anew: the registry may have been away meanwhile, and an attempt may have ended

    def _due(self, refusal: Refusal) -> bool:
        """Whether to try again now: while an attempt that was given up goes on, only who asks for another gets one."""
        if refusal.due == AT_ONCE:
            return True
        return refusal.due <= self._around.seconds() and not self._around.canary.still_at_it()

    def _try(self, name: str, resolved: ResolvedModel) -> None:
        """Take a version up, or leave it alone and say why; the old one answers all the while."""
        held = self._held.get(name)
        try:
            loaded = verified(self._around.settings, resolved)
            desks = self._around.open_with(self, functools.partial(self._found, {name: loaded}), self.notices)
            tried = self._around.canary.compare(_desk(desks, name), _desk(self.desks, name), desks.now())
            self._around.canary.warm(_desk(desks, name), desks.now())
        except Exception as error:
            self._refuse(name, resolved, error)
            return
        before = None if held is None else held.resolved.version
        told = {"name": name, "version": resolved.version, "before": before, "sha256": loaded.identity.sha256}
        try:
            self._audit(Action.MODEL_TAKEN_UP, told | asdict(tried))
        except NotReady:  # what cannot be written down does not happen; the next look tries again
            self._leave(resolved, "no_line", UNWRITABLE, AT_ONCE)
            return
        self._swap(name, Held(loaded, resolved), desks)
        self._log.info("model_taken_up", **told, **asdict(tried))

    def _swap(self, name: str, held: Held, desks: Desks) -> None:
        self._held[name] = held
        self._refused.pop(name, None)
        self._notices.pop(name, None)
        self.desks = desks
        if self._publish is not None:
            self._publish(desks)
        self._settle()

    def _refuse(self, name: str, resolved: ResolvedModel, error: Exception) -> None:
        last = self._refused.get(name)
        tried = last.tried + 1 if last is not None and last.version == resolved.version else 1
        followed = self._around.settings.champion_check_seconds > 0  # else looks are for whoever sends the signal
        pause = pause_after(tried) * self._spread if followed and isinstance(error, SlowModel) else None
        due = NEVER if pause is None else self._around.seconds() + pause
        refusal = self._leave(resolved, code_of(error), why_of(error), due, tried)
        self._let_go()
        told = {"name": name, "version": resolved.version, "before": refusal.before, "code": refusal.code}
        again = None if pause is None else round(pause)
        self._log.error("model_refused", **told, why=refusal.why.en, tried=tried, again_in_seconds=again)
        try:
            self._audit(Action.MODEL_REFUSED, told)
        except NotReady:
            self._log.error("audit_unwritable", about="model_refused")

    def _leave(self, resolved: ResolvedModel, code: str, why: Bilingual, due: float, tried: int = 1) -> Refusal:
        """Leave a version alone, and note since when that is so."""
        name, held, last = resolved.name, self._held.get(resolved.name), self._refused.get(resolved.name)
        since = last.since if last is not None and last.version == resolved.version else self._around.now()
        before = None if held is None else held.resolved.version
        refusal = Refusal(name, resolved.version, before, code, why, since, tried, due)
        return self._note(refusal)

    def _note(self, refusal: Refusal) -> Refusal:
        """What is told of a version left alone, with whether an attempt of any still goes on."""
        refusal = replace(refusal, hung=self._around.canary.still_at_it())
        self._refused[refusal.name], self._notices[refusal.name] = refusal, refusal.notice()
        return refusal

    def _found(self, new: Mapping[str, Loaded], name: str) -> Loaded:
        """The new model, or the one held; an alias that nobody follows yet stays absent."""
        if name in new:
            return new[name]
        if name in self._held:
            return self._held[name].loaded
        raise NotReady(f"{name} has no champion yet")

    def _audit(self, action: Action, details: Mapping[str, object]) -> None:
        self._around.audit(Entry(self._around.now(), ACTOR, action, details=details))

    def _settle(self) -> None:
        self._let_go()
        self._keep()

    def _let_go(self) -> None:
        """Of every version but those that answer now: a large model must not stay because it once answered."""
        self._around.keep_only([one.loaded.identity for one in self._held.values()])

    def _keep(self) -> None:
        """Note what answers, for a start without the registry; where that cannot be written, it is only said."""
        settings = self._around.settings
        try:
            pointer.keep(settings, {
                name: LastVerified.of(settings, one.resolved, one.loaded.identity.sha256)
                for name, one in self._held.items()
            })  # fmt: skip
        except (OSError, ValueError, PharosError) as error:
            self._log.warning("verified_not_kept", kind=type(error).__name__)


def _desk(desks: Desks, name: str) -> Desk | Absent:
    """The desk whose model a name is."""
    of: Mapping[str, Callable[[], Desk | Absent]] = {RISK: lambda: desks.risk, CAREERS: lambda: desks.careers}
    return of[name]() if name in of else desks.of(f"/v1/{name}")


def _registry_down(name: str, version: str) -> Because:
    return Because(
        code="registry_down",
        zh=f"模型登记库无法读取；{name} 沿用最近验证过的第 {version} 版",
        en=f"the model registry cannot be read; the last verified version {version} of {name} goes on answering",
    )


def _alias_gone(name: str, version: str) -> Because:
    return Because(
        code="alias_gone",
        zh=f"{name} 已无 champion 别名；第 {version} 版继续作答，直至重启",
        en=f"{name} has no champion any more; version {version} goes on answering until a restart",
    )
