"""How the simulator's numbers become contract columns: for each table, what each column's numbers stand for.

A kind is `date` (day number), `integer`, `number`, `boolean` (-1 is unknown), `text` (strings as they are), or the
name of a vocabulary, whose numbers are places in a list and -1 is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping

ENUMS: Mapping[str, tuple[str, ...]] = {
    "leave_kind": ("retired", "resigned", "transferred_out", "dismissed", "deceased", "other"),
    "track": ("enforcement", "technical", "general"),
    "education": ("secondary", "college", "bachelor", "master", "doctorate"),
    "sex": ("male", "female"),
    "ethnicity": ("han", "hui", "zhuang", "manchu", "other"),
    "shift": ("day", "night", "rotating"),
    "occasion": ("entry", "rotation", "promotion", "request", "secondment", "unknown"),
    "promotion_kind": ("entry", "step", "roster"),
    "appraisal_kind": ("performance", "case_quality", "supervision"),
    "appraisal_grade": ("not_competent", "basic", "competent", "excellent"),
    "honour": (
        "嘉奖", "三等功", "二等功", "一等功", "优秀人民警察", "集体嘉奖", "执法标兵", "练兵标兵", "消防监督先进个人",
        "交通管理先进个人", "反恐维稳先进个人", "科技信息化先进个人",
    ),
    "honour_level": ("commendation", "third_class", "second_class", "first_class", "title", "other"),
    "category": (
        "use_of_force", "search_arrest_rights", "operations", "neglect_unbecoming", "verbal_abuse", "lockup",
        "off_duty_conduct", "civil_suit", "crime", "traffic", "substance", "other",
    ),
    "finding": ("sustained", "not_sustained", "unfounded", "exonerated", "no_affidavit"),
    "complainant_type": ("civilian", "officer", "unknown"),
    "lighting": ("daylight", "dusk", "night", "artificial_good", "artificial_poor", "unknown"),
    "place": ("street", "residence", "shop", "vehicle", "station", "other"),
    "raised_by": ("officer", "family", "community"),
    "channel": ("online", "hotline", "visit"),
    "goal_kind": ("post", "job_family", "rank_step", "talent_field"),
    "talent_field": (
        "standard_enforcement", "practical_training", "fire_supervision", "traffic", "counter_terrorism",
        "intelligence_it",
    ),
    "item_kind": ("post", "path", "course"),
    "action": ("shown", "opened", "saved", "declined", "done"),
}  # fmt: skip

TABLES: Mapping[str, Mapping[str, str]] = {
    "officers": {
        "officer_id": "officer", "entered_on": "date", "left_on": "date", "leave_kind": "leave_kind",
        "track": "track", "education": "education", "known_on": "date",
    },
    "protected_attributes": {
        "officer_id": "officer", "sex": "sex", "ethnicity": "ethnicity", "birth_year": "integer", "known_on": "date",
    },
    "postings": {
        "officer_id": "officer", "post_id": "post", "unit_id": "unit", "started_on": "date", "ended_on": "date",
        "rank_step": "rank_step", "shift": "shift", "supervisor_id": "officer", "occasion": "occasion",
        "known_on": "date",
    },
    "promotions": {
        "officer_id": "officer", "ladder": "ladder", "rank_step": "rank_step", "occurred_on": "date",
        "kind": "promotion_kind", "known_on": "date",
    },
    "course_completions": {
        "officer_id": "officer", "course_id": "course", "occurred_on": "date", "score": "number", "hours": "number",
        "known_on": "date",
    },
    "competency_assessments": {
        "officer_id": "officer", "competency": "competency", "occurred_on": "date", "level": "number",
        "known_on": "date",
    },
    "appraisals": {
        "officer_id": "officer", "kind": "appraisal_kind", "occurred_on": "date", "score": "number",
        "grade": "appraisal_grade", "known_on": "date",
    },
    "honours": {
        "officer_id": "officer", "honour": "honour", "level": "honour_level", "occurred_on": "date",
        "known_on": "date",
    },
    "complaints": {
        "complaint_id": "text", "officer_id": "officer", "occurred_on": "date", "opened_on": "date",
        "closed_on": "date", "category": "category", "finding": "finding", "officer_filed": "boolean",
        "complainant_type": "complainant_type", "known_on": "date",
    },
    "force_reports": {
        "officer_id": "officer", "occurred_on": "date", "taser": "boolean", "firearm_used": "boolean",
        "subject_armed": "boolean", "subject_injured": "boolean", "officer_injured": "boolean", "on_duty": "boolean",
        "in_uniform": "boolean", "indoor": "boolean", "lighting": "lighting", "shots": "integer", "place": "place",
        "unit_id": "unit", "known_on": "date",
    },
    "duty_months": {
        "officer_id": "officer", "month": "date", "hours": "number", "nights": "number", "overtime_hours": "number",
        "leave_days": "number", "sick_days": "number", "known_on": "date",
    },
    "concerns": {
        "concern_id": "text", "officer_id": "officer", "unit_id": "unit", "raised_by": "raised_by",
        "channel": "channel", "category": "text", "subcategory": "text", "text": "text", "raised_on": "date",
        "acknowledged_on": "date", "resolved_on": "date", "known_on": "date",
    },
    "career_goals": {
        "officer_id": "officer", "occurred_on": "date", "goal_kind": "goal_kind", "goal": "text",
        "horizon_months": "integer", "known_on": "date",
    },
    "preferences": {
        "officer_id": "officer", "vacancy_id": "text", "preference_order": "integer", "occurred_on": "date",
        "known_on": "date",
    },
    "vacancies": {
        "vacancy_id": "text", "post_id": "post", "unit_id": "unit", "places": "integer", "opened_on": "date",
        "closes_on": "date", "known_on": "date",
    },
    "self_nominations": {
        "officer_id": "officer", "talent_field": "talent_field", "occurred_on": "date", "known_on": "date",
    },
    "feedback": {
        "feedback_id": "text", "officer_id": "officer", "item_kind": "item_kind", "item": "text", "action": "action",
        "reason": "text", "occurred_on": "date", "known_on": "date",
    },
    "truth": {
        "officer_id": "officer", "month": "date", "conduct": "number", "force": "number", "any_complaint": "number",
        "strain": "number", "departure": "number", "usual_overtime": "number", "step": "number", "courses": "number",
        "level": "number", "growth": "number", "known_on": "date",
    },
    "talent": {
        "officer_id": "officer", "month": "date", "standard_enforcement": "number", "practical_training": "number",
        "fire_supervision": "number", "traffic": "number", "counter_terrorism": "number", "intelligence_it": "number",
        "known_on": "date",
    },
}  # fmt: skip
LATER_DATES = ("ended_on", "left_on", "acknowledged_on", "resolved_on")
"""Dates that a row learns after its `known_on`; those after the end of the simulation are still unknown."""

TABLE_NAMES = (
    "officers", "protected_attributes", "units", "posts", "postings", "rank_steps", "promotions", "courses",
    "course_completions", "competency_standards", "competency_assessments", "appraisals", "honours", "complaints",
    "force_reports", "duty_months", "concerns", "career_goals", "preferences", "vacancies", "self_nominations",
    "feedback",
)  # fmt: skip
"""The 22 tables, in the order of the domain; `truth` and `talent` are not among them."""
