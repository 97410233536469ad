"""The page of results, made of the JSON that benchmarks wrote into `results/`: what was asked, what was seen.

    python -m experiments.benchmarks.results

Run a benchmark with `--out experiments/benchmarks/results/NAME.json`, then this. A benchmark without a file there was
not run, and the page says so; nothing on it is written by hand.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.benchmarks.evidence import PAGE, RESULTS
from experiments.benchmarks.mutations import Protection, protections, seen_of
from experiments.benchmarks.night_faults import DISK_FULL, FAULTS

Told = Mapping[str, Any]
Seen = tuple[str, bool]  # the figure in words, whether it held
NOT_RUN = "not run"
KILLS_OF_EACH = 20
CALM = {"200", "429", "503"}


@dataclass(frozen=True)
class Bar:
    """One thing that was asked for; `seen` reads it off the JSON, and gives None for what that run left out."""

    what: str
    asked: str
    seen: Callable[[Told], Seen | None]


@dataclass(frozen=True)
class Sheet:
    """The bars of one benchmark, the name of its file and the command that fills it."""

    name: str
    title: str
    command: str
    bars: Sequence[Bar]
    note: Callable[[Told], str] = lambda _: ""  # what a reader must know of the run that was kept


def at_most(limit: float, value: float | None, unit: str = "", digits: int = 2) -> Seen:
    """A figure and whether it is small enough; one that could not be measured is not.

    >>> at_most(3.0, 2.7), at_most(3.0, None)
    (('2.70', True), ('no figure', False))
    """
    return ("no figure", False) if value is None else (f"{value:,.{digits}f}{unit}", value <= limit)


def _door(told: Told) -> Told:
    found: Told = next(one for one in told["doors"] if one["door"] == "pharos")
    return found


def _throughput(told: Told) -> Seen:
    ratio = float(_door(told)["throughput_ratio"])
    return f"{ratio:.2f}", ratio >= 0.8


def _of_soak(seen: Callable[[Told], Seen]) -> Callable[[Told], Seen | None]:
    return lambda told: seen(told["soak"]) if told.get("soak") else None


def _errors(soak: Told) -> Seen:
    words = f"{soak['errors']} in {soak['minutes']:g} minutes, {soak['answers']:,} answers"
    return words, soak["errors"] == 0 and soak["minutes"] >= 30


def _descriptors(soak: Told) -> Seen:
    before, after = soak["descriptors"]
    return f"{before} before, {after} after", after <= before


def _overload(soak: Told) -> Seen:
    statuses = ", ".join(f"{many:,} x {status}" for status, many in sorted(soak["overload"].items()))
    without = soak["overload_without_retry_after"]
    return f"{statuses}; {without} without Retry-After", set(soak["overload"]) <= CALM and without == 0


def watched(told: Told, table: Sequence[Protection]) -> Seen:
    """The record against the table of today: what was seen of another entry, or of a name that is gone, counts not.

    But what was seen green is told whatever changed since: nobody has seen its test go red yet.
    """
    seen = {one.name: one for one in seen_of(told)}
    here = [seen[one.name] for one in table if one.name in seen and seen[one.name].entry == one.entry]
    red = sum(one.good for one in here)
    never = sum(one.name not in seen for one in table)
    changed = len(table) - len(here) - never
    others = ((never, "never tried"), (changed, "changed since"), (len(here) - red, "not red"))
    words = ", ".join(f"{many} {what}" for many, what in others if many)
    green = [one.name for one in table if one.name in seen and seen[one.name].fate == "green"]
    if green:
        words += f"; {len(green)} last seen green, so that no test noticed: {', '.join(green)}"
    return f"{red} of {len(table)} seen red" + (f", {words}" if words else ""), red == len(table) > 0


def _usual_again(soak: Told) -> Seen:
    if "usual_again_seconds" in soak:
        return at_most(5.0, soak["usual_again_seconds"], " s", 1)
    return f"{soak['recovery_seconds']:.1f} s once its backlog was answered; from the end of the load: no figure", False


def _door_note(told: Told) -> str:
    peers = "BentoML and FastAPI run on uvicorn's own httptools protocol"
    if told.get("own_protocol"):
        return f"{peers}, our door on the one of `pharos serve`, with limits on heads; its cost counts against us."
    return f"{peers}, and so did our door in this run: without the protocol of `pharos serve`, whose limits on heads \
cost something, so that the ratios are kinder to us than the service is. The next run has it."


def _watched(told: Told) -> Seen:
    return watched(told, protections())


def _hit(record: Told) -> bool:
    """Whether a process was killed; records of before 2026-11-27 hold its exit status in words alone."""
    if "code" in record:
        return bool(record["code"] == -signal.SIGKILL)
    point: str = record["point"]
    return point.endswith("(-9)") or ("step " in point and "not reached" not in point)


def _kills(told: Told) -> Seen:
    records, wanted = told["records"], {DISK_FULL, *(fault.name for fault in FAULTS)}
    hits = dict.fromkeys(wanted | {one["fault"] for one in records}, 0)
    for one in records:
        hits[one["fault"]] += _hit(one)
    kills, wrong = sum(hits.values()), sum(bool(one["wrong"]) for one in records)
    name, fewest = min(sorted(hits.items()), key=lambda pair: pair[1])
    short = [fault for fault in hits if hits[fault] < KILLS_OF_EACH]
    words = f"{kills:,} kills of {len(hits)} faults, {wrong} wrong; {len(records) - kills:,} misses"
    words += f"; fewest of a fault {fewest} ({name}); {len(short)} faults not shown" if short else ""
    return words, wrong == 0 and not short


def _suite(name: str, requests: int = 0) -> Callable[[Told], Seen | None]:
    """Of a suite of the long tests, which has to make so many requests."""

    def seen(told: Told) -> Seen | None:
        one = told["suites"].get(name)
        if one is None:
            return None
        words = f"{one['passed']} passed, {one['failed']} failed, {one['skipped']} skipped in {one['seconds']:.0f} s"
        if requests:
            words += f", {one.get('requests', 0):,} requests"
        whole = one["passed"] > 0 and one["failed"] == one["skipped"] == 0
        return words, whole and one.get("requests", 0) >= requests

    return seen


def _matching(value: str, scale: float = 1.0) -> Callable[[Told], float | None]:
    def read(told: Told) -> float | None:
        whole = next(one for one in told["records"] if one["job"] == "matching: pharos")
        return float(whole[value]) / scale if whole["officers"] >= 100_000 else None

    return read


def _times(city: str) -> Callable[[Told], Seen | None]:
    def seen(told: Told) -> Seen | None:
        ratio = told["times"].get(city)
        return None if ratio is None else (f"{ratio:.1f}", ratio >= 10.0)

    return seen


def _losses(told: Told) -> Seen:
    seen = [one for table in told["tables"].values() for one in table["outcomes"].values()]
    sure = sum(one["low"] > 0 for one in seen)
    return f"{sure} of {len(seen)} with {told['officers']:,} officers, at one day", len(seen) > 0


SHEETS = (
    Sheet("serving", "The same requests through our door, through raw BentoML and through bare FastAPI",
          "PHAROS_STATE=DIR python -m experiments.benchmarks.serving --soak-minutes 30", (
              Bar("p50, over raw BentoML's", "at most 1.5", lambda told: at_most(1.5, _door(told)["p50_ratio"])),
              Bar("throughput, over raw BentoML's", "at least 0.8", _throughput),
              Bar("errors in 30 minutes at 70 % of capacity", "0", _of_soak(_errors)),
              Bar("growth of resident memory in them", "at most 5 %",
                  _of_soak(lambda soak: at_most(5.0, 100.0 * soak["rss_growth"], " %"))),
              Bar("open file descriptors", "no more than before", _of_soak(_descriptors)),
              Bar("answers at five times capacity", "only 200, 429 and 503, refusals with Retry-After",
                  _of_soak(_overload)),
              Bar("from the end of that load until answers come in their usual time", "at most 5 s",
                  _of_soak(_usual_again)),
          ), _door_note),
    Sheet("risk_answer", "What an answer about risk costs over HTTP",
          "PHAROS_STATE=DIR python -m experiments.benchmarks.risk_answer", (
              Bar("one officer with reasons, over the bare model call plus the raw online read", "at most 3",
                  lambda told: at_most(3.0, told["times_bare"])),
              Bar("200 officers in one call, above the batch path", "at most 1 ms an officer",
                  lambda told: at_most(1.0, told["extra_per_officer"], " ms", 3)),
          )),
    Sheet("long_tests", "Tests in their long form", "python -m experiments.benchmarks.long_tests", (
        Bar("fuzzing, at least 50,000 requests", "no 5xx, no schema break, no ignored authentication",
            _suite("fuzzing", 50_000)),
        Bar("authorisation matrix, at least 5,000 cells, with times", "no leak", _suite("matrix")),
        Bar("1,000 planted ids", "none in logs, metrics, MLflow, artefacts and error bodies", _suite("leaks")),
    )),
    Sheet("mutations", "Each protection taken out in turn", "python -m experiments.benchmarks.mutations --new", (
        Bar("protections of today whose test goes red", "all", _watched),
    )),
    Sheet("kill_points", "Nights killed and run again", "python -m experiments.benchmarks.kill_points", (
        Bar("kills after which something was wrong", "0, with 20 processes killed of each fault or more", _kills),
    )),
    Sheet("matching", "100,000 officers, 20 wishes each, 10,000 vacancies",
          "python -m experiments.benchmarks.matching", (
              Bar("seconds", "at most 5", lambda told: at_most(5.0, _matching("seconds")(told), " s", 1)),
              Bar("peak memory", "at most 2 GiB",
                  lambda told: at_most(2.0, _matching("peak_mib", 1024.0)(told), " GiB", 1)),
          )),
    Sheet("next_post_fit", "A fit for next posts, and SASRec's with the settings that its tuning chose",
          "python -m experiments.benchmarks.next_post_fit chicago new_york --data DIR --sasrec-python PYTHON", (
              Bar("Chicago, CPU seconds of SASRec's fit over ours", "at least 10", _times("chicago")),
              Bar("New York, the same", "at least 10", _times("new_york")),
          )),
    Sheet("missing_tables", "Warnings without one of the tables, simulated",
          "python -m experiments.benchmarks.missing_tables", (
              Bar("average precision surely lower, by table and outcome", "a figure, which `pharos doctor` tells",
                  _losses),
          )),
)  # fmt: skip
HEAD = """# Results of the benchmarks

Made by `python -m experiments.benchmarks.results` from `results/*.json`, which each benchmark writes with `--out`; do
not edit. Ratios are of one run, with the peers in turns. What nobody has run here says so.
"""


def page(folder: Path = RESULTS) -> str:
    """The whole page as Markdown."""
    return "\n".join([HEAD, *(line for sheet in SHEETS for line in _lines(sheet, _read(folder, sheet.name)))])


def _read(folder: Path, name: str) -> Told | None:
    file = folder / f"{name}.json"
    told: Told | None = json.loads(file.read_text("utf-8")) if file.exists() else None
    return told


def _lines(sheet: Sheet, told: Told | None) -> Iterator[str]:
    yield f"## {sheet.title}\n"
    if told is None:
        yield f"Not run. `{sheet.command}`\n"
    else:
        run = told["run"]
        yield f"{run['on']} · {run['machine']} · commit {run['commit']} · `{run['command']}`\n"
        if note := sheet.note(told):
            yield f"{note}\n"
    yield "| measured | asked | seen | held |\n| --- | --- | --- | --- |"
    for bar in sheet.bars:
        seen = None if told is None else bar.seen(told)
        words, held = (NOT_RUN, "") if seen is None else (seen[0], "yes" if seen[1] else "**no**")
        yield f"| {bar.what} | {bar.asked} | {words} | {held} |"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
