"""Learn from the service's own log: which places are looked at, which items are liked, whether that would help.

Appeals are learned from the earlier half of the log and judged on the later half, without having been shown. What is
registered is then learned from all of it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from data_contracts.errors import NotReady
from data_contracts.feedback_rules import LearningPolicy
from data_contracts.figures import told_to
from data_contracts.policy import policy
from data_contracts.settings import Settings
from models import run_files
from models.registry import ResolvedModel
from training import tracking
from training.evaluation.feedback_plots import feedback_figure
from training.evaluation.off_policy import Estimate, OffPolicy, off_policy
from training.feedback.appeal import appeals, learned
from training.feedback.data import feedback_rows, fingerprint
from training.feedback.examination import Examination, examination
from training.feedback.other_rankings import Expectation, Order, as_ranked, logged_rows, with_appeal
from training.signing import signed

NAME = "feedback"
SERVICE = "none"  # nothing of the feature store is read
REWARDS = ("noticed", "liked")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Learned:
    """What the log says: places, a line for each item, and the worth of each ranking by ranking and reward."""

    rows: pd.DataFrame
    looked: Examination
    lines: pd.DataFrame
    worths: Mapping[tuple[str, str], OffPolicy]

    def sentence(self) -> str:
        """The figures for people."""
        told = (
            f"{len(self.rows):,} suggestions in {self.rows['answer'].nunique():,} answers; the second place is looked "
            f"at {2.0**-self.looked.fall:.0%} as often as the first ({self.looked.how})"
        )
        plain, better = (self.worths[name, "liked"] for name in ("ranking", "with_appeal"))
        if plain.refused or better.refused:
            return f"{told}; no worth of another ranking: {plain.refused or better.refused}"
        before, after = plain.estimates["dr"], better.estimates["dr"]
        return f"{told}; saved or done for each answer {_estimate(before)}, with appeals {_estimate(after)}"


def _estimate(one: Estimate) -> str:
    return told_to(one.value, one.low, one.high)


def train_feedback(settings: Settings, as_of: date, say: Say = lambda _: None) -> tuple[ResolvedModel, Learned]:
    """Learn, judge, sign and register as `feedback`; raises NotReady in one sentence when too little was shown."""
    run_files.check(settings, NAME)
    rules = policy().feedback.learning
    rows = feedback_rows(settings, as_of, rules.settle_days)
    if len(rows) < rules.least_shown:
        raise NotReady(
            f"{len(rows)} suggestions have had {rules.settle_days} days to be answered by {as_of}, policy asks for "
            f"{rules.least_shown}; answer more requests first"
        )
    say("learning from the log")
    found = learn(rows, rules)
    say("registering")
    with tracking.run(
        NAME, f"{NAME} {as_of}", data_hash=fingerprint(rows), feature_service=SERVICE, use=settings
    ) as run:
        run.params({"as_of": as_of, "how": found.looked.how, **asdict(rules)})
        run.metrics(figures(found), as_of)
        run.dataset(tracking.Seen("feedback", fingerprint(rows), f"suggestions answered before {as_of}"))
        run.note(found.sentence())
        run.record(records(found), "off_policy")
        run.record(found.lines.to_dict("records"), "appeal")
        run.picture(feedback_figure(f"{NAME} {as_of}", found.looked, found.lines, shown_worths(found)), NAME)
        with tempfile.TemporaryDirectory() as folder:
            about = {
                "as_of": as_of.isoformat(),
                "name": NAME,
                "service": SERVICE,
                "service_hash": "",
                "rows": len(rows),
            }
            return run.model(signed(Path(folder) / "model", learned(found.lines), about, settings), NAME), found


def learn(rows: pd.DataFrame, rules: LearningPolicy) -> Learned:
    """Everything that the joined rows say; rankings are judged on the later half, by what the earlier half taught."""
    half = rows["shown_at"].median()
    early, late = rows[rows["shown_at"] < half], rows[rows["shown_at"] >= half]
    before = examination(early, rules)
    lines = appeals(early, before, rules)
    orders: Mapping[str, Order] = {"ranking": as_ranked, "with_appeal": with_appeal(learned(lines))}
    worths = {
        (name, reward): off_policy(
            logged_rows(late, reward, order, Expectation.of(early, reward, before, lines)), rules
        )
        for reward in REWARDS
        for name, order in orders.items()
    }
    looked = examination(rows, rules)
    return Learned(rows, looked, appeals(rows, looked, rules), worths)


def figures(found: Learned) -> dict[str, float]:
    """What MLflow keeps as metrics; a worth that was refused is absent, never 0."""
    looked = found.looked
    told = {
        "shown": float(len(found.rows)), "explored_share": float(found.rows["explored"].mean()),
        "liked_rate": float(found.rows["liked"].mean()), "declined_rate": float(found.rows["declined"].mean()),
        "fall": looked.fall, "fall_low": looked.low, "fall_high": looked.high,
        "items_with_bonus": float((found.lines["bonus"] != 0).sum()),
    }  # fmt: skip
    for (name, reward), worth in found.worths.items():
        told |= {f"{name}.{reward}.effective": worth.effective, f"{name}.{reward}.support": worth.support}
        for way, one in worth.estimates.items():
            ends = {"": one.value, "_low": one.low, "_high": one.high}
            told |= {f"{name}.{reward}.{way}{end}": value for end, value in ends.items()}
    return told


def records(found: Learned) -> list[dict[str, object]]:
    """One record for each ranking and reward, with its estimates or why there are none."""
    return [
        {"ranking": name, "reward": reward, "answers": worth.answers, "effective": worth.effective,
         "support": worth.support, "refused": worth.refused,
         "estimates": {way: vars(one) for way, one in worth.estimates.items()}}
        for (name, reward), worth in found.worths.items()
    ]  # fmt: skip


def shown_worths(found: Learned) -> dict[str, Estimate]:
    """Worths for the picture, by ranking and way."""
    return {
        f"{name} {way}": one
        for (name, reward), worth in found.worths.items()
        if reward == "liked"
        for way, one in worth.estimates.items()
    }
