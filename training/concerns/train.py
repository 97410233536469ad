"""`pharos train concerns`: learn from the phrases of the department and the dates of its record, judge, sign, register.

What is judged was held out; what is registered is then fitted on everything. The words of the record are read once, to
tell how urgent each concern is, and nothing is fitted to them: the contract of `concerns.text` says so.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd

from data_contracts.concern_phrases import PhraseBank, phrases
from data_contracts.figures import told_to
from data_contracts.settings import Settings
from features.history import History
from features.record import records_at
from models import run_files
from models.base import Numbers
from models.concerns.deadlines import DeadlineModel
from models.concerns.model import NAME, SERVICE, ConcernModel, service_hash
from models.concerns.text_model import TextModel, settled
from models.registry import ResolvedModel
from training import tracking
from training.concerns.deadlines import DeadlineWorth, fit_deadlines, situations
from training.concerns.evaluate import ahead, by_subcategory, held_figures, held_peer, simulator_figures
from training.concerns.fit import PARTS, ConcernFit, Held, fit_text, hits
from training.concerns.pictures import concern_figure
from training.concerns.urgency import urgency_figures
from training.evaluation.bootstrap import Difference
from training.signing import signed

STAGES = 2 * PARTS + 5
Say = Callable[[str], None]


@dataclass(frozen=True)
class ConcernWorth:
    """Figures on held-out phrases and on the simulator's sentences, how far ahead of the plain peer, and what the
    deadlines showed."""

    figures: Mapping[str, float]
    gain: Difference
    deadlines: Mapping[str, DeadlineWorth] = field(default_factory=dict)
    picture: Path | None = None

    def sentence(self) -> str:
        """The figures for people."""
        told = self.figures
        text = (
            f"subcategory right at first {told['subcategory_first']:.3f} ({told['subcategory_first_low']:.3f} to "
            f"{told['subcategory_first_high']:.3f}), among three {told['subcategory_among_3']:.3f}, ahead of the names "
            f"by {told_to(self.gain.difference, self.gain.low, self.gain.high)}, on {told['texts']:,.0f} "
            f"texts of held-out phrases; {told['told']:.0%} told, of which {told['told_right']:.3f} right; "
            f"of the simulator's sentences {told['urgent_found']:.0%} of urgent ones found, and of those called urgent "
            f"{told['urgent_precision']:.0%} are"
        )
        if "everyday_found" in told:
            text += (
                f"; of everyday sentences held out {told['everyday_found']:.0%} are told apart, and "
                f"{told['concerns_kept']:.1%} of concerns stay concerns"
            )
        return "; ".join([text, *(_deadline_told(name, one) for name, one in self.deadlines.items())])


def train_concerns(
    settings: Settings, as_of: date, say: Say = lambda _: None, fit: ConcernFit | None = None,
    bank: PhraseBank | None = None,
) -> tuple[ResolvedModel, ConcernWorth]:  # fmt: skip
    """Fit, judge, sign and register; a department without a table of concerns gets no chances of deadlines."""
    run_files.check(settings, NAME)
    chosen, taught = fit or ConcernFit(), bank or phrases()
    text, held = fit_text(taught, chosen, say)
    say("deadlines of the record")
    history = History(settings.history_dir)
    models, worths = deadlines_of(history, text, as_of)
    model = ConcernModel(text, models)
    say("judging")
    gain = ahead(held, _first(text, held), held_peer(taught, held))
    figures = {
        **held_figures(text, held),
        **simulator_figures(text),
        **urgency_figures(text, taught),
        **held.aside,
        **_figures_of(worths),
    }
    say("registering")
    data_hash = phrases_hash(taught)
    with tracking.run(
        NAME, f"{NAME} {as_of}", data_hash=data_hash, feature_service=f"{SERVICE}:{service_hash()}", use=settings
    ) as run:
        run.params({"as_of": as_of, **vars(chosen)})
        run.metrics(figures, as_of)
        run.gate(gate_figures(figures, gain))
        run.record(by_subcategory(text, held), "subcategories")
        picture = run.picture(concern_figure(f"{NAME} {as_of}", text, held), NAME)
        with tempfile.TemporaryDirectory() as folder:
            about = {"name": NAME, "as_of": as_of.isoformat(), "service": SERVICE, "service_hash": service_hash(),
                     "data_hash": data_hash, "phrases": len(taught.subcategories),
                     "not_told": {name: one.refused for name, one in worths.items() if one.refused}}  # fmt: skip
            registered = run.model(signed(Path(folder) / "model", model, about, settings), NAME)
    return registered, ConcernWorth(figures, gain, worths, picture)


def deadlines_of(
    history: History, text: TextModel, as_of: date
) -> tuple[dict[str, DeadlineModel], dict[str, DeadlineWorth]]:
    """From the concerns on record; nothing where there are none."""
    found = records_at(history, None, as_of, ("concerns",)) if "concerns" in history.tables() else {}
    if "concerns" not in found:
        return {}, {}
    rows: pd.DataFrame = situations(found["concerns"], text)
    return fit_deadlines(rows, as_of)


def gate_figures(figures: Mapping[str, float], gain: Difference) -> dict[str, float]:
    """What the gate reads."""
    kept = ("told", "told_right", "calibration_error", "urgent_found", "urgent_false_alarms")
    return {"gain": gain.difference, "gain_low": gain.low, **{name: figures[name] for name in kept}}


def phrases_hash(bank: PhraseBank) -> str:
    """sha256 over the phrases: which words were learned from."""
    told = {code: asdict(one) for code, one in bank.subcategories.items()}
    return hashlib.sha256(json.dumps([told, asdict(bank.around)], ensure_ascii=False).encode()).hexdigest()


def _first(text: TextModel, held: Held) -> Numbers:
    return hits(settled(held.scores, text.labels, text.settling)[0], held.subcategory, 1)


def _figures_of(worths: Mapping[str, DeadlineWorth]) -> dict[str, float]:
    return {f"{name}.{what}": value for name, one in worths.items() for what, value in one.figures.items()}


def _deadline_told(name: str, one: DeadlineWorth) -> str:
    if one.refused:
        return f"no chance of missing the deadline to {name}: {one.refused}"
    told = one.figures
    return f"deadline to {name}: AUC {told['auc']:.3f} ({told['auc_low']:.3f} to {told['auc_high']:.3f})"
