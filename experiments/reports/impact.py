"""`pharos report impact`: an assessment of what a risk model does to people, its figures read from the gate.

What a department must answer stands as a blank; everything else comes from the signed artefact, the gate over its
evidence, contracts and policy. The page names nobody but those who signed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path

import numpy as np
from rich.console import Console

from data_contracts.catalog import Classification, catalog
from data_contracts.policy import policy
from data_contracts.settings import Settings
from data_contracts.vocabulary import Bilingual
from experiments.reports import impact_words as words
from models.groups import group_named
from training.evaluation.names import outcome_named
from training.gate.card_blocks import Block, Bullets, Grid, Heading, Text, as_html, as_markdown
from training.gate.card_words import LANGUAGES, PURPOSE
from training.gate.lines import STATUS_ZH, Line, Status
from training.gate.verdict import Examined, Seen, examine

MODEL = "risk"
CLASSES: tuple[Classification, ...] = ("public", "internal", "confidential", "restricted")
PAIR = "+"


class Say:
    """Picks the language: 0 is Chinese, 1 English."""

    def __init__(self, language: int) -> None:
        """Of what follows."""
        self.language = language

    def __call__(self, told: Bilingual, **values: object) -> str:
        """A text, filled in."""
        return (told.zh, told.en)[self.language].format(**values)

    def grid(self, head: str, rows: Sequence[Sequence[object]]) -> Grid:
        """A table under the heads of that name."""
        return Grid([self(one) for one in words.HEADS[head]], rows)

    def status(self, status: Status) -> str:
        """What a line says."""
        return (STATUS_ZH[status], status.value)[self.language]

    def listed(self, told: Sequence[Bilingual]) -> str:
        """Several things one after another; a dash where there are none."""
        return ("、", ", ")[self.language].join(map(self, told)) or "–"


def run_report(settings: Settings, version: str | None, out: Path | None, console: Console) -> list[Path]:
    """Write `impact-assessment.LANGUAGE.md` and `.html` of a version (the newest by default); the paths."""
    examined = examine(settings, MODEL, version)
    folder = out or settings.state / "report"
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for place, language in enumerate(LANGUAGES):
        blocks = assessment(examined, settings.state.resolve().name, place)
        for suffix, text in (("md", as_markdown(blocks)), ("html", as_html(blocks, language))):
            path = folder / f"impact-assessment.{language}.{suffix}"
            path.write_text(text, encoding="utf-8")
            written.append(path)
            console.print(f"wrote {path}", markup=False, highlight=False, soft_wrap=True)
    return written


def assessment(examined: Examined, state: str, language: int) -> list[Block]:
    """The page in one language; `state` is the name of the folder that the figures come from."""
    say = Say(language)
    model = examined.model
    blank = say(words.BLANK)
    return [
        Heading(say(words.TITLE, name=model.name, version=model.version), 1),
        Text(say(words.INTRO, state=state, release=metadata.version("pharos"))),
        Heading(say(words.MODEL)),
        _facts(examined, say),
        Heading(say(words.PURPOSE_HEAD)),
        Bullets([*map(say, PURPOSE[model.name]), blank]),
        Heading(say(words.BASIS)),
        say.grid("legal", [(say(question), blank) for question in words.LEGAL]),
        *_people(examined, say),
        Heading(say(words.DATA)),
        _data(say),
        *_need(examined, say),
        Heading(say(words.RISKS_HEAD)),
        say.grid("risks", [(say(risk), say(measure), f"`{test}`") for risk, measure, test in words.RISKS]),
        *_groups(examined, say),
        *_people_decide(say),
        *_kept(say),
        *_decided(examined, say),
    ]


def _facts(examined: Examined, say: Say) -> Block:
    told = examined.metadata
    named = [[outcome_named(name) for name in told.get(key, ())] for key in ("outcomes", "not_served")]
    rows = {
        "model": f"{examined.model.name} {examined.model.version}",
        "hash": examined.model_hash,
        "trained": told.get("as_of", "–"),
        "data": told.get("data_hash", "–"),
        "served": say.listed(named[0]),
        "not_served": say.listed(named[1]),
        "verdict": say(words.PASSED if examined.passed else words.REFUSED),
    }
    return say.grid("facts", [(say(words.FACTS[name]), value) for name, value in rows.items()])


def _people(examined: Examined, say: Say) -> list[Block]:
    rows = [
        (say(outcome_named(name)), ", ".join(str(day) for day in np.unique(seen.rows.days)),
         f"{len(seen.rows.y):,}", f"{seen.checked.positives:,.0f}")
        for name, seen in examined.seen.items() if isinstance(seen, Seen)
    ]  # fmt: skip
    return [Heading(say(words.PEOPLE)), Text(say(words.PEOPLE_NOTE)), say.grid("people", rows)]


def _data(say: Say) -> Block:
    rows = []
    for name, table in catalog().tables.items():
        many = Counter(column.classification for column in table.columns)
        named = f"{table.name_zh}（`{name}`）" if say.language == 0 else f"{table.name_en} (`{name}`)"
        rows.append((named, *(many[one] for one in CLASSES), sum(column.may_train for column in table.columns)))
    return say.grid("data", rows)


def _need(examined: Examined, say: Say) -> list[Block]:
    rows = [
        (say(line.named), say(line.found_words), say(line.must), say.status(line.status))
        for line in examined.lines if not line.group
    ]  # fmt: skip
    return [Heading(say(words.NEED)), say.grid("need", rows)]


def _groups(examined: Examined, say: Say) -> list[Block]:
    many = Counter(line.status for line in examined.lines if line.group)
    alone = [line for line in examined.lines if line.group and PAIR not in line.group]
    outcomes = list(dict.fromkeys(line.outcome for line in alone))
    return [
        Heading(say(words.FAIRNESS)),
        say.grid("statuses", [(say.status(status), many[status]) for status in Status if many[status]]),
        Text(say(words.FAIRNESS_NOTE)),
        *(
            block
            for name in outcomes
            for block in _of_outcome(name, [one for one in alone if one.outcome == name], say)
        ),
    ]


def _of_outcome(outcome: str, lines: Sequence[Line], say: Say) -> list[Block]:
    """A row for each group, a column for each check."""
    checks = list(dict.fromkeys(line.words for line in lines))
    found = {(line.group, line.words): f"{say(line.found_words)} {say.status(line.status)}" for line in lines}
    groups = dict.fromkeys(line.group for line in lines)
    rows = [(say(group_named(group)), *(found.get((group, check), "–") for check in checks)) for group in groups]
    heads = [say(words.GROUP), *map(say, checks)]
    return [Heading(say(outcome_named(outcome)), 3), Grid(heads, rows)]


def _people_decide(say: Say) -> list[Block]:
    rule, expiry = policy().review, policy().grades.scoring.warning_expiry_days
    terms = {"review": rule.review_within_days, "support": rule.support_within_days,
             "answer": rule.answer_within_days, "expiry": expiry}  # fmt: skip
    return [
        Heading(say(words.RIGHTS_HEAD)),
        Bullets([say(one, **terms) for one in words.RIGHTS]),
        Heading(say(words.REVIEW)),
        Bullets([*(say(one, **terms) for one in words.REVIEWED), say(words.BLANK)]),
    ]


def _kept(say: Say) -> list[Block]:
    held = asdict(policy().retention.results)
    rows: list[Sequence[object]] = [
        (say(told), say(words.DAYS if name.endswith("days") else words.MONTHS, n=held[name]), "–")
        for name, told in words.RESULTS_KEPT.items()
    ]
    for rule in policy().retention.table:
        tables = ("、", ", ")[say.language].join(f"`{table}`" for table in rule.tables)
        kept = words.SERVING if rule.months is None else words.MONTHS
        months = rule.after_leaving_months if rule.months is None else rule.months
        rows.append((tables, say(kept, n=months), say(Bilingual(rule.basis_zh, rule.basis_en))))
    return [Heading(say(words.KEPT)), say.grid("kept", rows)]


def _decided(examined: Examined, say: Say) -> list[Block]:
    separator = ("、", ", ")[say.language]
    rows = [
        (
            say(words.SIGNED_FOR, what=say(words.SIGNED[note.kind]), many=len(note.checks)),
            separator.join(note.signed_by),
            note.on,
            note.reason,
        )
        for note in examined.notes
    ]
    blank = say(words.BLANK)
    return [Heading(say(words.DECIDED)), say.grid("decided", [*rows, (say(words.DECISION), blank, blank, blank)])]
