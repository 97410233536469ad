"""The faults of a night, each killed at random points with the real signal, and run again.

    python -m experiments.benchmarks.kill_points [--points 20] [--seed 1] [--only NAME] [--out kills.json]

A kill counts where the signal ended the process (exit status -9); where it had ended already or never came to the step,
that is a miss, and another is drawn until each fault has its kills. Of two at once the holder of the lock is killed.

After each kill the run in force is read and verified byte for byte; the night then runs again, must end as it ends when
nobody kills it, leave the same bytes, and account for every row: in = published + quarantined + duplicates, counted in
the files. A fault in the input is mended afterwards, and the night must publish the right bytes then.
"""

from __future__ import annotations

import random
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import pandas as pd
import pyarrow.parquet as pq
import typer
from rich.console import Console
from rich.table import Table

from data_contracts.errors import PharosError
from data_contracts.night_exits import NightExit
from data_contracts.settings import prepare_process
from experiments.benchmarks.evidence import keep
from experiments.benchmarks.killed_night import HOLDER, Asked, ended, holder, night, said, started, steps_of
from experiments.benchmarks.mounts import may_mount, released, small_disk
from experiments.benchmarks.night_faults import BEFORE, DISK_FULL, FAULTS, LONG_AGO, OFFICERS, SETTLED, Fault
from experiments.benchmarks.night_stand_in import AS_OF, force, write_snapshot
from experiments.benchmarks.results_seen import emptied, unlike_files
from serving.night.results import latest_run, results_root

TRIES = 3  # so many draws for each kill that is asked for; a fault that stays short of them was not shown
DISK_KIB, NEEDED_KIB = 8192, 220  # of the small disk, and more than a night of the stand-in writes


@dataclass(frozen=True)
class Kill:
    """One kill and what was wrong after it, empty when everything was as it must be; `code` is the exit status of the
    process that it was meant for, None where none was meant."""

    fault: str
    seed: int
    point: str
    wrong: str
    code: int | None

    @property
    def hit(self) -> bool:
        """Whether a process was killed."""
        return self.code == -signal.SIGKILL


def before(state: Path) -> None:
    """A state in which the night before was published; older and newer snapshots are there."""
    settings = Asked(state).settings
    write_snapshot(settings, force(OFFICERS, seed=1), BEFORE)
    write_snapshot(settings, force(OFFICERS, seed=2), LONG_AGO)
    if night(Asked(state, BEFORE)) != NightExit.PUBLISHED:
        raise PharosError("the night before could not be published; run the tests of the night first")


def visible(state: Path) -> dict[str, bytes]:
    """What readers can see of the results: everything but the lock and what is unfinished."""
    root = results_root(Asked(state).settings)
    files = [path for path in root.rglob("*") if path.is_file()]
    names = {path.relative_to(root): path for path in files}
    return {
        name.as_posix(): path.read_bytes()
        for name, path in sorted(names.items())
        if not any(part.startswith(".") for part in name.parts)
    }


def unbalanced(state: Path) -> str:
    """Counted in the files of every run: in = published + quarantined + duplicates; empty when it is so."""
    settings = Asked(state).settings
    for folder in sorted(results_root(settings).glob("as_of=*/*")):
        if folder.name.startswith("."):
            continue
        day = folder.parent.name
        rows = pq.read_table(settings.snapshot_dir / "officers" / day / "part-0.parquet", partitioning=None)
        parts = pd.concat([pd.read_parquet(part, columns=["officer_id"]) for part in folder.glob("part-*.parquet")])
        reasons = pd.read_parquet(folder / "quarantine.parquet")["reason"]
        published, twice = parts["officer_id"].nunique(), int((reasons == "duplicate").sum())
        if rows.num_rows != published + len(reasons):
            return (
                f"{day}: {rows.num_rows} in, {published} published, {len(reasons) - twice} quarantined, {twice} twice"
            )
    return ""


def unserved(state: Path, old: dict[str, bytes], *, may_move: bool) -> str:
    """After a kill: what is wrong with the run in force; the old one stays, or, where it may, the new one whole."""
    settings = Asked(state).settings
    try:
        run = latest_run(settings, verify=True)
    except PharosError as error:
        return f"nothing can be served: {error}"
    if visible(state).get("LATEST") != old["LATEST"] and not (may_move and run.manifest.as_of == AS_OF):
        return f"the pointer moved to {run.manifest.as_of}"
    changed = [name for name in old if name != "LATEST" and visible(state).get(name) != old[name]]
    return f"{changed[0]} of the old run changed" if changed else ""


@dataclass(frozen=True)
class Rehearsal:
    """A fault lived through without a kill: what it leaves, before and after mending, its steps and the seconds of
    the quickest whole run: what is killed later than that had often ended already."""

    old: dict[str, bytes]
    left: dict[str, bytes]
    mended: dict[str, bytes]
    steps: int
    seconds: float


def rehearse(fault: Fault, template: Path, folder: Path) -> Rehearsal:
    """Live through a fault once; raises PharosError where it does not end as it must even without a kill."""
    state = _state(template, folder / "whole", fault)
    asked, old = replace(fault.asked, state=state), visible(template)
    first = time.monotonic()
    night(asked)
    first = time.monotonic() - first
    state = _state(template, folder / "whole", fault)
    begun = time.monotonic()
    code = night(asked)
    seconds, left = time.monotonic() - begun, visible(state)
    if code != fault.ends:
        told = f"it ended with {code} and should with {fault.ends.value}"
        raise PharosError(f"{fault.name}: {told}; mend the night first. It said: {said(state)}")
    steps = steps_of(state)
    return Rehearsal(old, left, _mend(fault, asked), steps, min(first, seconds))


def _mend(fault: Fault, asked: Asked) -> dict[str, bytes]:
    if fault.mended is not None:
        fault.mended(asked.state)
        if night(asked) not in SETTLED:
            return {}
    return visible(asked.state)


def killed(fault: Fault, template: Path, folder: Path, whole: Rehearsal, seed: int) -> Kill:
    """One kill, at a step or at a time, and everything that must hold after it."""
    draw = random.Random(seed)  # noqa: S311
    state = _state(template, folder / "killed", fault)
    asked = replace(fault.asked, state=state)
    point, code = _kill(asked, draw, whole, twins=fault.twins)
    return Kill(fault.name, seed, point, "; ".join(filter(None, _wrong(fault, asked, whole))), code)


def _wrong(fault: Fault, asked: Asked, whole: Rehearsal) -> Iterator[str]:
    """Everything that is not as it must be after a kill, while the night is run again and its fault mended."""
    settled = fault.ends in SETTLED
    if fault.ends is not NightExit.DAMAGED:
        yield unserved(asked.state, whole.old, may_move=settled and asked.as_of != LONG_AGO)
    code = night(asked)
    if code not in (SETTLED if settled else {fault.ends}):
        yield f"run again, it ended with {code}"
    if visible(asked.state) != whole.left:
        yield "run again, it left other bytes"
    if _mend(fault, asked) != whole.mended:
        yield "mended, it left other bytes"
    yield unbalanced(asked.state)
    yield unlike_files(asked)


def _kill(asked: Asked, draw: random.Random, whole: Rehearsal, *, twins: bool) -> tuple[str, int]:
    """Kill at a step, counted, or at a time, drawn; returns which, and the exit status of whom it was meant for.

    Of twins that is whichever holds the lock: the other ends by itself with nothing done.
    """
    many = 2 if twins else 1
    if draw.random() < 0.5 and whole.steps > 0:
        step = draw.randint(1, whole.steps)
        codes = [ended(one) for one in [started(asked, die_at=step, holding=twins) for _ in range(many)]]
        code = min(codes)  # a signal is negative
        return f"step {step} of {whole.steps}" + ("" if code == -signal.SIGKILL else f", not reached ({code})"), code
    (asked.state / HOLDER).unlink(missing_ok=True)
    at, begun = draw.uniform(0.0, whole.seconds), time.monotonic()
    processes = [started(asked) for _ in range(many)]
    meant = processes[0]
    if twins:
        meant = next((one for one in processes if one.pid == _holder(asked.state, begun + whole.seconds)), meant)
    time.sleep(max(0.0, begun + at - time.monotonic()))
    meant.kill()
    after = time.monotonic() - begun
    code = {one: ended(one) for one in processes}[meant]
    return f"after {after:.3f} s ({code})", code


def _holder(state: Path, until: float) -> int:
    """The process that holds the lock, waited for; 0 where none does by then."""
    while not (found := holder(state)) and time.monotonic() < until:
        time.sleep(0.001)
    return found


def _state(template: Path, place: Path, fault: Fault) -> Path:
    """A state folder with the night before in force, here and in the database, and the fault in it."""
    released(place)
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(template, place)
    if fault.asked.results_url:
        emptied(fault.asked.results_url)
        night(replace(fault.asked, state=place, as_of=BEFORE))
    fault.spoil(place)
    return place


def drawn(points: int, kill: Callable[[int], Kill]) -> list[Kill]:
    """Draw until so many processes were killed, at most `TRIES` times as often; misses are among them."""
    done = list[Kill]()
    while sum(one.hit for one in done) < points and len(done) < TRIES * points:
        done.append(kill(len(done)))
    return done


def filled(points: int, seed: int, template: Path, folder: Path) -> list[Kill]:
    """A disk that is full at a random byte, and a kill in most cases; with room again the night publishes."""
    plain = next(fault for fault in FAULTS if fault.name == "killed")
    whole, old = rehearse(plain, template, folder), visible(template)
    place = folder / "disk"

    def one(number: int) -> Kill:
        draw, code = random.Random(seed * 1_000_000 + number), None  # noqa: S311
        with small_disk(place, DISK_KIB):
            state = _state(template, place / "state", plain)
            free = draw.randint(0, NEEDED_KIB)
            (place / "filler").write_bytes(bytes(max(0, shutil.disk_usage(place).free - free * 1024)))
            asked, point = replace(plain.asked, state=state), f"{free} KiB free, "
            if draw.random() < 0.8:
                share = free / NEEDED_KIB  # where the disk fills sooner the night ends sooner
                part = replace(whole, steps=max(1, int(whole.steps * share)), seconds=whole.seconds * share)
                at, code = _kill(asked, draw, part, twins=False)
                point += at
            else:
                point += f"ended with {night(asked)}"
            wrong = [unserved(state, old, may_move=True)]
            again = night(asked)
            wrong.append("" if again in {*SETTLED, NightExit.UNWRITABLE} else f"run again, it ended with {again}")
            (place / "filler").unlink()
            wrong.append("" if night(asked) in SETTLED else "with room again it did not publish")
            wrong.append("" if visible(state) == whole.left else "with room again it left other bytes")
            return Kill(DISK_FULL, seed, point, "; ".join(filter(None, [*wrong, unbalanced(state)])), code)

    return drawn(points, one)


def _killer(fault: Fault, template: Path, folder: Path, whole: Rehearsal, first: int) -> Callable[[int], Kill]:
    return lambda number: killed(fault, template, folder, whole, first + number)


def run_faults(points: int, seed: int, folder: Path, only: str = "", results_url: str = "") -> list[Kill]:
    """Every fault until so many kills of it hit; `results_url` names a PostgreSQL server that results also go to.

    Faults that take a mount are left out where we may not.
    """
    template, done = folder / "template", list[Kill]()
    template.mkdir()
    before(template)
    for place, fault in enumerate(FAULTS):
        if (only and fault.name != only) or (fault.mounts and not may_mount()):
            continue
        lived = replace(fault, asked=replace(fault.asked, results_url=results_url))
        try:
            whole = rehearse(lived, template, folder)
            first = seed * 1_000_000 + place * 1000
            done += drawn(points, _killer(lived, template, folder, whole, first))
        finally:
            released(folder)
    if only in ("", DISK_FULL) and may_mount():
        done += filled(points, seed, template, folder)
    return done


def main(
    points: Annotated[int, typer.Option(help="Kills of each fault; misses do not count.")] = 20,
    seed: Annotated[int, typer.Option(help="The same seed gives the same points.")] = 1,
    only: Annotated[str, typer.Option(help="One fault by its name.")] = "",
    out: Annotated[Path | None, typer.Option(help="Also write JSON.")] = None,
) -> None:
    """Kill, look, run again; exit status 1 when anything was wrong after a kill."""
    prepare_process(1)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        done = run_faults(points, seed, Path(folder), only)
    console = Console(width=150)
    console.print(as_table(done))
    if not may_mount():
        console.print("SKIPPED: disk full and read-only take a mount; run this as root", style="yellow")
    for kill in done:
        if kill.wrong:
            console.print(f"{kill.fault}, seed {kill.seed}, {kill.point}: {kill.wrong}", highlight=False)
    console.print(f"seed {seed}, {time.monotonic() - begun:.0f} s", highlight=False)
    if out is not None:
        keep(out, {"seed": seed, "faults": counts(done), "records": [asdict(kill) for kill in done]})
    short = [name for name, told in counts(done).items() if told["kills"] < points]
    for name in short:
        console.print(f"{name}: not shown, too few of its kills hit a night that ran", style="yellow", highlight=False)
    if any(kill.wrong for kill in done) or short or not done:
        raise typer.Exit(1)


def counts(done: Sequence[Kill]) -> dict[str, dict[str, int]]:
    """Of each fault how many processes were killed, and how many draws killed none."""
    names = dict.fromkeys(kill.fault for kill in done)
    hits = {name: [kill.hit for kill in done if kill.fault == name] for name in names}
    return {name: {"kills": sum(hit), "misses": len(hit) - sum(hit)} for name, hit in hits.items()}


def as_table(done: Sequence[Kill]) -> Table:
    """Faults, their kills, and how many went wrong."""
    table = Table("fault", "kills", "at a step", "at a time", "misses", "wrong", title="nights killed and run again")
    for name, told in counts(done).items():
        kills = [kill for kill in done if kill.fault == name]
        steps = sum(kill.hit and "step " in kill.point for kill in kills)
        wrong = sum(bool(kill.wrong) for kill in kills)
        figures = (told["kills"], steps, told["kills"] - steps, told["misses"], wrong)
        table.add_row(name, *map(str, figures))
    return table


if __name__ == "__main__":
    typer.run(main)
