"""The model card: what a version is for, what it showed, how groups fared, and who signed; Chinese and English."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from data_contracts.counting import filled
from data_contracts.figures import between, figure_told
from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual
from models import registry, run_files
from models.gate_records import CARD
from models.groups import group_named, group_order
from models.risk.evidence import budget_spent
from models.risk.flags import LEAST_FOLLOWED
from models.risk.grade_rate import GradeRate
from training.evaluation.card_plots import BUDGETS, groups_figure, outcome_figure
from training.evaluation.fairness import Group, Measured
from training.evaluation.names import lists_named, outcome_named
from training.evaluation.risk_metrics import calibration_bins
from training.gate.alert_worth import alert_worth
from training.gate.card_blocks import Block, Bullets, Grid, Heading, Picture, Text, as_html, as_markdown, picture_name
from training.gate.card_words import LANGUAGES, PURPOSE, WORDS
from training.gate.coverage import CAME, STAYED
from training.gate.doubt import everyone_line, kept_promises
from training.gate.lines import STATUS_ZH, Line, Status, events_told
from training.gate.list_card import draw_lists, list_blocks
from training.gate.list_lines import SeenLists
from training.risk.years import PART as YEARS
from training.risk.years import Years

if TYPE_CHECKING:
    from training.gate.verdict import Examined, Seen


class Say:
    """Picks the language: 0 is Chinese, 1 English."""

    def __init__(self, language: int) -> None:
        """Of what follows."""
        self.language = language

    def __call__(self, word: str, **values: object) -> str:
        """A word or a sentence of the card, filled in."""
        return filled(WORDS[word][self.language], **values)

    def all(self, *words: str) -> tuple[str, ...]:
        """Several, as a table's head."""
        return tuple(map(self, words))

    def one(self, words: Bilingual) -> str:
        """A text that has both languages."""
        return (words.zh, words.en)[self.language]

    def listed(self, items: Iterable[str]) -> str:
        """Several things one after another."""
        return ("、", ", ")[self.language].join(items)

    def apart(self, items: Iterable[str]) -> str:
        """Several things that have commas of their own."""
        return ("；", "; ")[self.language].join(items)

    def status(self, status: Status) -> str:
        """What a line says."""
        return (STATUS_ZH[status], status.value)[self.language]


def write_card(examined: Examined) -> Path:
    """Write the card into the run of the version, beside its signed files; returns that folder."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for outcome, seen in examined.seen.items():
            _draw(folder, outcome, seen)
        for place, language in enumerate(LANGUAGES):
            blocks = card_blocks(examined, place)
            (folder / f"card.{language}.md").write_text(as_markdown(blocks), encoding="utf-8")
            (folder / f"card.{language}.html").write_text(as_html(blocks, language), encoding="utf-8")
        return run_files.keep_beside(examined.model, folder, CARD)


def card_blocks(examined: Examined, language: int) -> list[Block]:
    """The card in one language."""
    say = Say(language)
    model, left_out = examined.model, {**examined.metadata.get("not_served", {}), **_unfit(examined)}
    years = examined.metadata.get(YEARS, {})
    blocks: list[Block] = [
        Heading(say("title", name=model.name, version=model.version), 1),
        Text(_verdict(examined, say)),
        *([] if examined.waived is None else [Text(say.one(examined.waived))]),
        Bullets([say.one(words) for words in PURPOSE[model.name]]),
        _facts(examined, say),
        Heading(say("whole")),
        _lines([line for line in examined.lines if not line.group], say),
    ]
    if left_out:
        told = [
            say("because", outcome=say.one(outcome_named(name)), why=why[LANGUAGES[language]])
            for name, reasons in left_out.items()
            for why in reasons
        ]
        blocks += [Heading(say("not_served")), Bullets(told)]
    statuses = {line.check: line.status for line in examined.lines}
    for outcome, seen in examined.seen.items():
        if isinstance(seen, SeenLists):
            blocks += list_blocks(outcome, seen, statuses, policy().gate, say)
        else:
            blocks += [
                *_outcome(outcome, seen, years.get(outcome), say),
                *_kept_by_group(outcome, examined, say),
                *_unsure(outcome, examined, say),
                *_groups(outcome, seen, statuses, say),
            ]
    return blocks + _signed(examined, say)


def _unfit(examined: Examined) -> dict[str, list[Mapping[str, str]]]:
    """Of a refused version, the outcomes that training kept only for the gate to show why, with the reasons it told."""
    if examined.passed:
        return {}
    risks = {name: seen.checked for name, seen in examined.seen.items() if not isinstance(seen, SeenLists)}
    return {name: [{"zh": why.zh, "en": why.en} for why in one.because] for name, one in risks.items() if one.because}


def _facts(examined: Examined, say: Say) -> Block:
    """What the version is; one that was refused serves nothing, it was only judged."""
    told = examined.metadata
    outcomes = say.listed(say.one(outcome_named(name)) for name in told.get("outcomes", ()))
    rows = {
        "hash": examined.model_hash,
        "trained": told.get("as_of", ""),
        "service": f"{told.get('service', '')} {told.get('service_hash', '')}".strip(),
        "data": told.get("data_hash", ""),
        "served" if examined.passed else "only_judged": outcomes,
    }
    return Grid(say.all("what", "value"), [(say(name), value) for name, value in rows.items() if value])


def _lines(lines: Sequence[Line], say: Say) -> Block:
    rows = [
        (line.check, *map(say.one, (line.words, line.found_words, line.must)), say.status(line.status))
        for line in lines
    ]
    return Grid(say.all("check", "means", "found", "must", "status"), rows)


def _outcome(outcome: str, seen: Seen, years: Mapping[str, Any] | None, say: Say) -> list[Block]:
    rates = [
        (say.one(grade.label), rate.n, events_told(rate.events), _share(rate, say))
        for grade, rate in seen.checked.rates.items()
    ]
    days = say.listed(str(day) for day in np.unique(seen.rows.days))
    return [
        Heading(say.one(outcome_named(outcome))),
        *([Text(say.one(Years.from_json(years).told) + say("stop"))] if years else []),
        Text(say("judged", days=days, rows=len(seen.rows.y), events=seen.checked.positives)),
        Picture(picture_name(outcome, LANGUAGES[say.language]), say("curves")),
        *_against_past(seen, say),
        Grid(say.all("grade", "rows", "events", "rate"), rates),
        *_unlike_said(seen, say),
        *_approach(outcome, seen, say),
        *_doubt(seen, say),
    ]


def _against_past(seen: Seen, say: Say) -> list[Block]:
    """Whether the version beats the outcome's own past, in plain words; nothing where nobody has such a past."""
    gain = seen.checked.over_past
    if gain is None or np.isnan(gain.difference):
        return [] if gain is None else [Text(say("past_unmeasured"))]
    word = "past_beaten" if gain.low > 0 else "past_lost" if gain.high < 0 else "past_not_beaten"
    return [Text(say(word, gain=figure_told(gain.difference), interval=between(gain.low, gain.high)))]


def _unlike_said(seen: Seen, say: Say) -> list[Block]:
    """The tenths of the rows, by chance, whose 95 % interval of what came does not hold what was said."""
    said, came, size = calibration_bins(seen.rows.y, seen.rows.chances)
    found = [
        say("tenth", place=place, said=one, came=rate.rate, low=rate.low, high=rate.high, rows=rate.n)
        for place, (one, rate) in enumerate(
            zip(said, (GradeRate.of(float(c * n), int(n)) for c, n in zip(came, size, strict=True)), strict=True), 1
        )
        if not rate.low <= one <= rate.high
    ]
    return [Text(say("tenths", found=len(found), bins=len(said))), Bullets(found)] if found else []


def _approach(outcome: str, seen: Seen, say: Say) -> list[Block]:
    """How many would have been alerted that a limit is near, what came to them, and what alerts promise."""
    rules = policy().grades
    worth = alert_worth(seen.rows, outcome, rules)
    near, told = worth.near, {"rows": worth.rows, "near": worth.near.n, "share": worth.near.n / max(worth.rows, 1)}
    blocks: list[Block] = [Heading(say("approach"), 3), Text(say("approach_many", **told))]
    if near.n:
        rows = [(say(name), one.n, events_told(one.events), _share(one, say))
                for name, one in (("approach_near", near), ("approach_others", worth.others))]  # fmt: skip
        blocks.append(Grid(say.all("what", "rows", "events", "rate"), rows))
    days, least = rules.flags.within_days, rules.flags.least_crossing
    when = (
        say("approach_when", months=rules.flags.nights)
        if worth.ever_measured
        else say("approach_never", needed=LEAST_FOLLOWED, most=worth.most)
    )
    return [*blocks, Text(say("approach_promise", days=days, least=least, when=when))]


def _unsure(outcome: str, examined: Examined, say: Say) -> list[Block]:
    told = outcome in examined.metadata.get("unsure_of_all", ())
    return [Text(say.one(everyone_line(outcome)))] if told else []


def _doubt(seen: Seen, say: Say) -> list[Block]:
    """What "unsure" promises, how the promise was kept, and what other levels would leave unsure."""
    doubt = policy().grades.doubt
    kept = kept_promises(seen.rows, doubt.levels)
    blocks: list[Block] = [Heading(say("doubt"), 3), Text(say("doubt_means", promise=doubt.promise))]
    if not kept:
        return [*blocks, Text(say("doubt_unknown"))]
    rows = [[f"{share:.0%}" for share in (one.promise, one.when_it_came, one.when_it_did_not, one.unsure)]
            for one in kept]  # fmt: skip
    return [*blocks, Grid(say.all("promised", "kept_came", "kept_stayed", "unsure"), rows)]


def _kept_by_group(outcome: str, examined: Examined, say: Say) -> list[Block]:
    """How the promise was kept in each group, with its verdict."""
    lines = sorted((line for line in examined.lines if line.outcome == outcome and line.group),
                   key=lambda line: group_order(line.group))  # fmt: skip
    names = {name: [line for line in lines if line.check.endswith(name)] for name in (CAME, STAYED)}
    if not names[CAME]:
        return []
    rows = [
        (
            say.one(group_named(came.group)),
            say.one(came.found_words),
            say.status(came.status),
            say.one(stayed.found_words),
            say.status(stayed.status),
        )
        for came, stayed in zip(names[CAME], names[STAYED], strict=True)
    ]
    return [Grid(say.all("group", "kept_came", "status", "kept_stayed", "status"), rows)]


def _groups(outcome: str, seen: Seen, statuses: Mapping[str, Status], say: Say) -> list[Block]:
    """What is known of each group, what is not, and who is excused."""
    limits, found = policy().gate.groups, seen.fairness
    title = say("groups", outcome=say.one(outcome_named(outcome)))
    blocks: list[Block] = [Heading(title, 3), Text(say("method"))]
    if found.groups:
        groups = sorted(found.groups, key=lambda group: group_order(group.name))
        rows = [_group(outcome, group, statuses, group.suspect(limits), say) for group in groups]
        blocks += [
            Picture(picture_name(f"{outcome}-groups", LANGUAGES[say.language]), title),
            Grid(_group_header(say), rows),
        ]
    if found.excused:
        names = say.apart(say.one(group_named(name)) for name in found.excused)
        blocks.append(Text(say("excused", share=limits.least_share, names=names)))
    return blocks


def _group_header(say: Say) -> tuple[str, ...]:
    measures = [word for name in ("ratio", "gap", "flags", "alarms") for word in (name, "status")]
    return say.all("group", "officers", "rows", "events", *measures)


def _group(outcome: str, group: Group, statuses: Mapping[str, Status], suspect: bool, say: Say) -> tuple[object, ...]:
    measures = {
        "calibration": group.predicted_ratio,
        "true_positive_gap": group.true_positive_gap,
        "flag_ratio": group.flag_ratio,
        "false_positive_ratio": group.false_positive_ratio,
    }
    cells: list[str] = []
    for check, measured in measures.items():
        cells += [_interval(measured, say), say.status(statuses[f"{outcome}.{group.name}.{check}"])]
    return (f"{say.one(group_named(group.name))}{' †' if suspect else ''}", group.officers, group.rows,
            events_told(group.positives), *cells)  # fmt: skip


def _share(rate: GradeRate, say: Say) -> str:
    """A rate with its interval; of nobody there is none."""
    return f"{rate.rate:.2%} [{rate.low:.2%}, {rate.high:.2%}]" if rate.n else say("nobody")


def _interval(measured: Measured, say: Say) -> str:
    """A figure with its interval; without a figure, that there is none, and what is known of it all the same.

    Of a ratio over events that never came only the lower end is known.
    """
    ends = between(measured.low, measured.high, 2)
    if np.isfinite([measured.value, measured.low, measured.high]).all():
        return f"{figure_told(measured.value, 2)} {ends}"
    if np.isposinf(measured.value) and np.isfinite(measured.low):
        return say("no_event_least", low=measured.low)
    if np.isfinite(measured.value):
        return figure_told(measured.value, 2)
    return say("no_event")


def _signed(examined: Examined, say: Say) -> list[Block]:
    if not examined.notes:
        return []
    rows = [
        (say(note.kind), say.listed(note.signed_by), note.on, note.reason, _counted(note.checks, say))
        for note in examined.notes
    ]
    although = [Bullets([say.one(told) for told in examined.although])] if examined.although else []
    return [Heading(say("signed")), Grid(say.all("kind", "by", "on", "reason", "checks"), rows), *although]


def _verdict(examined: Examined, say: Say) -> str:
    """Whether it passed, and how many checks people had to sign for."""
    many = sum(line.status is Status.WAIVED for line in examined.lines)
    if not examined.passed:
        return say("refused")
    return say("passed_waived", many=many) if many else say("passed")


def _counted(checks: Sequence[str], say: Say) -> str:
    """How many lines of each outcome were signed for; which ones, their tables say, and by code the signed note."""
    many = Counter(check.partition(".")[0] for check in checks)
    return say.listed(say("signed_for", outcome=_named(name, say), many=count) for name, count in many.items())


def _named(record: str, say: Say) -> str:
    return say.one(lists_named(record) if record in registry.NAMES else outcome_named(record))


def _draw(folder: Path, outcome: str, seen: Seen | SeenLists) -> None:
    """The pictures of one outcome, or of one recommender."""
    if isinstance(seen, SeenLists):
        draw_lists(folder, outcome, seen, policy().gate)
        return
    rows = seen.rows
    scores = {"pharos": rows.chances, "count_rule": rows.counts}
    if rows.past is not None and len(np.unique(rows.past)) > 1:
        scores["own_past"] = rows.past
    spent = {name: [budget_spent(rows.days, score, share) for share in BUDGETS] for name, score in scores.items()}
    for language in LANGUAGES:
        english = language == "en"
        figure = outcome_figure(outcome_named(outcome), rows.y, rows.chances, spent, english=english)
        figure.savefig(folder / picture_name(outcome, language), format="png")
        if seen.fairness.groups:
            groups, limits = seen.fairness.groups, policy().gate.groups
            figure = groups_figure(outcome_named(outcome), groups, limits, english=english)
            figure.savefig(folder / picture_name(f"{outcome}-groups", language), format="png")
