"""The faults of a night, each killed at random points with the real signal, and run again.

    python -m experiments.benchmarks.kill_points [--points 20] [--seed 1] [--only NAME] [--out kills.json]

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
from collections.abc import Iterator, Sequence
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
from experiments.benchmarks.killed_night import Asked, ended, night, said, started, steps_of
from experiments.benchmarks.mounts import may_mount, released, small_disk
from experiments.benchmarks.night_faults import BEFORE, FAULTS, LONG_AGO, OFFICERS, SETTLED, Fault
from experiments.benchmarks.night_stand_in import AS_OF, force, write_snapshot
from experiments.benchmarks.results_seen import emptied, unlike_files
from serving.night.results import latest_run, results_root

DISK_FULL = "disk full"
DISK_KIB, NEEDED_KIB = 8192, 220  # of the small disk, and more than a night of the stand-in writes


@dataclass(frozen=True)
class Kill:
    """One kill and what was wrong after it; empty when everything was as it must be."""

    fault: str
    seed: int
    point: str
    wrong: str


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
    """A fault lived through without a kill: what it leaves, before and after mending, its steps and its seconds."""

    old: dict[str, bytes]
    left: dict[str, bytes]
    mended: dict[str, bytes]
    steps: int
    seconds: float


def rehearse(fault: Fault, template: Path, folder: Path) -> Rehearsal:
    """Live through a fault once; raises PharosError where it does not end as it must even without a kill."""
    state = _state(template, folder / "whole", fault)
    asked, old = replace(fault.asked, state=state), visible(template)
    begun = time.monotonic()
    code = night(asked)
    seconds, left = time.monotonic() - begun, visible(state)
    if code != fault.ends:
        told = f"it ended with {code} and should with {fault.ends.value}"
        raise PharosError(f"{fault.name}: {told}; mend the night first. It said: {said(state)}")
    steps = steps_of(state)
    return Rehearsal(old, left, _mend(fault, asked), steps, seconds)


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
    point = _kill(asked, draw, whole, twins=fault.twins)
    return Kill(fault.name, seed, point, "; ".join(filter(None, _wrong(fault, asked, whole))))


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


def _kill(asked: Asked, draw: random.Random, whole: Rehearsal, *, twins: bool) -> str:
    """Kill at a step, counted, or at a time, drawn; returns which."""
    if draw.random() < 0.5 and whole.steps > 0:
        step = draw.randint(1, whole.steps)
        others = [started(asked)] if twins else []
        code = ended(started(asked, die_at=step))
        for other in others:
            ended(other)
        return f"step {step} of {whole.steps}" + ("" if code == -signal.SIGKILL else f", not reached ({code})")
    at = draw.uniform(0.0, whole.seconds)
    processes = [started(asked) for _ in range(2 if twins else 1)]
    time.sleep(at)
    processes[0].kill()
    codes = [ended(process) for process in processes]
    return f"after {at:.3f} s ({codes[0]})"


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


def filled(points: int, seed: int, template: Path, folder: Path) -> list[Kill]:
    """A disk that is full at a random byte, and a kill in half the cases; with room again the night publishes."""
    plain = next(fault for fault in FAULTS if fault.name == "killed")
    whole = rehearse(plain, template, folder)
    place, done = folder / "disk", []
    for number in range(points):
        draw = random.Random(seed * 1_000_000 + number)  # noqa: S311
        with small_disk(place, DISK_KIB):
            state = _state(template, place / "state", plain)
            free = draw.randint(0, NEEDED_KIB)
            (place / "filler").write_bytes(bytes(max(0, shutil.disk_usage(place).free - free * 1024)))
            asked = replace(plain.asked, state=state)
            point = f"{free} KiB free, "
            point += _kill(asked, draw, whole, twins=False) if draw.random() < 0.5 else f"ended with {night(asked)}"
            wrong = [unserved(state, whole.old, may_move=True)]
            code = night(asked)
            wrong.append("" if code in {*SETTLED, NightExit.UNWRITABLE} else f"run again, it ended with {code}")
            (place / "filler").unlink()
            wrong.append("" if night(asked) in SETTLED else "with room again it did not publish")
            wrong.append("" if visible(state) == whole.left else "with room again it left other bytes")
            done.append(Kill(DISK_FULL, seed, point, "; ".join(filter(None, [*wrong, unbalanced(state)]))))
    return done


def run_faults(points: int, seed: int, folder: Path, only: str = "", results_url: str = "") -> list[Kill]:
    """Every fault at so many points; `results_url` names a PostgreSQL server that results also go to.

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
            seeds = [seed * 1_000_000 + place * 1000 + number for number in range(points)]
            done += [killed(lived, template, folder, whole, one) for one in seeds]
        finally:
            released(folder)
    if only in ("", DISK_FULL) and may_mount():
        done += filled(points, seed, template, folder)
    return done


def main(
    points: Annotated[int, typer.Option(help="Kills of each fault.")] = 20,
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
        keep(out, {"seed": seed, "records": [asdict(kill) for kill in done]})
    if any(kill.wrong for kill in done) or not done:
        raise typer.Exit(1)


def as_table(done: Sequence[Kill]) -> Table:
    """Faults, their kills, and how many went wrong."""
    table = Table("fault", "kills", "at a step", "at a time", "wrong", title="nights killed and run again")
    for name in dict.fromkeys(kill.fault for kill in done):
        kills = [kill for kill in done if kill.fault == name]
        steps = sum("step " in kill.point for kill in kills)
        wrong = sum(bool(kill.wrong) for kill in kills)
        table.add_row(name, str(len(kills)), str(steps), str(len(kills) - steps), str(wrong))
    return table


if __name__ == "__main__":
    typer.run(main)
