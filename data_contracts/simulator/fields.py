"""The six talent fields of the simulated bureau: the job families and competencies they show in, their honours."""

from __future__ import annotations

import numpy as np

from data_contracts.simulator.families import FAMILIES, family_index
from data_contracts.simulator.layout import ENUMS
from data_contracts.simulator.months import BoolArray, FloatArray

FIELDS = ENUMS["talent_field"]
FAMILIES_OF_FIELDS = {
    "standard_enforcement": ("legal", "investigation"),
    "practical_training": ("patrol", "detention"),
    "fire_supervision": ("public_order", "household"),
    "traffic": ("traffic",),
    "counter_terrorism": ("special_police", "narcotics", "command"),
    "intelligence_it": ("cyber", "intelligence", "forensics"),
}
COMPETENCIES_OF_FIELDS = {
    "standard_enforcement": ("law", "investigation"),
    "practical_training": ("fitness", "firearms"),
    "fire_supervision": ("community_service",),
    "traffic": ("communication",),
    "counter_terrorism": ("fitness", "leadership"),
    "intelligence_it": ("data_skills", "analysis"),
}
COURSES_OF_FIELDS = {
    "standard_enforcement": ("规范执法骨干研修", "Standard enforcement: workshop"),
    "practical_training": ("实战教官研修", "Practical training: instructors' workshop"),
    "fire_supervision": ("消防监督检查研修", "Fire supervision: workshop"),
    "traffic": ("交通管理骨干研修", "Traffic: workshop for experts"),
    "counter_terrorism": ("反恐维稳研修", "Counter-terrorism: workshop"),
    "intelligence_it": ("情报研判与信息化研修", "Intelligence and IT: workshop"),
}
HONOURS_OF_FIELDS = tuple(len(ENUMS["honour"]) - len(FIELDS) + place for place in range(len(FIELDS)))
"""The place of each field's honour among the honours: the last six, in the order of the fields."""


def _related() -> BoolArray:
    result = np.zeros((len(FAMILIES), len(FIELDS)), dtype=bool)
    for field, names in FAMILIES_OF_FIELDS.items():
        result[[family_index(name) for name in names], FIELDS.index(field)] = True
    return result


def competency_weights(competencies: tuple[str, ...]) -> FloatArray:
    """(competency, field): the part of each field in what a competency shows of talent; rows sum to one or nought.

    >>> competency_weights(("fitness", "detection")).tolist()
    [[0.0, 0.5, 0.0, 0.0, 0.5, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]
    """
    shows = [[float(name in COMPETENCIES_OF_FIELDS[field]) for field in FIELDS] for name in competencies]
    rows = np.array(shows)
    result: FloatArray = rows / np.maximum(rows.sum(axis=1, keepdims=True), 1.0)
    return result


RELATED = _related()
"""(job family, field): whether work there is work in the field."""
