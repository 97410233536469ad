"""Why an outcome has no answer at some months ahead: one wording for every answer, and never the figures of another."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from data_contracts.policy import policy
from serving.schemas import Because

Asked = tuple[str, int]  # outcome, months ahead
NO_HORIZON = Because(
    code="horizon_not_trained", zh="模型未覆盖该期限", en="the model does not look that many months ahead"
)
NOT_SERVED = Because(code="outcome_not_served", zh="该结局未启用", en="this outcome is not served")


def left_out_of(metadata: Mapping[str, Any]) -> dict[Asked, Because]:
    """Why training kept no model of some outcomes and horizons, as it was signed with those it kept.

    >>> signed = {"not_served": {"departure_24m": [{"zh": "事件太少", "en": "too few events"}]}}
    >>> [(asked, because.en) for asked, because in left_out_of(signed).items()]
    [(('departure', 24), 'training kept no model of this outcome 24 months ahead: too few events')]
    """
    known = {rule.name_at(months): (rule, months) for rule in policy().outcomes for months in rule.horizons_months}
    found: dict[Asked, Because] = {}
    for name, reasons in metadata.get("not_served", {}).items():
        if name in known:
            rule, months = known[name]
            found[rule.name.value, months] = Because(
                code="outcome_left_out",
                zh=f"训练未保留该结局{months}个月的模型：" + "；".join(why["zh"] for why in reasons),
                en=f"training kept no model of this outcome {months} months ahead: "
                + "; ".join(why["en"] for why in reasons),
            )
    return found


def why_absent(asked: Asked, answers: Collection[Asked], left_out: Mapping[Asked, Because]) -> Because:
    """Of an outcome that the model does not answer so many months ahead.

    What training left out has its own reason, at its own horizon only; an outcome that was trained or left out at
    other months was never asked for these.
    """
    outcome, _ = asked
    if outcome not in policy().served_outcomes:
        return NOT_SERVED
    if asked in left_out:
        return left_out[asked]
    return NO_HORIZON if outcome in {name for name, _ in (*answers, *left_out)} else NOT_SERVED
