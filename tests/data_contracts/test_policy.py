"""The policy is what the department decided, and a fault in it is told with file, key and remedy."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from data_contracts.catalog import catalog
from data_contracts.errors import ContractViolation, ForbiddenFeature, InvalidInput
from data_contracts.policy import POLICY_DIR, SECTIONS, Policy, check_features, policy, read_policy
from data_contracts.vocabulary import Grade, Outcome, SupportKind

ENFORCEMENT = (
    "二级警员, 一级警员, 四级警长, 三级警长, 二级警长, 一级警长, 四级高级警长, 三级高级警长, 二级高级警长, "
    "一级高级警长, 二级警务专员, 一级警务专员"
)
TECHNICAL = (
    "警务技术员, 四级主管, 三级主管, 二级主管, 一级主管, 四级主任, 三级主任, 二级主任, 一级主任, 二级总监, 一级总监"
)
GENERAL = (
    "二级科员, 一级科员, 四级主任科员, 三级主任科员, 二级主任科员, 一级主任科员, 四级调研员, 三级调研员, 二级调研员, "
    "一级调研员, 二级巡视员, 一级巡视员"
)
POLICE_RANK = (
    "二级警员, 一级警员, 三级警司, 二级警司, 一级警司, 三级警督, 二级警督, 一级警督, 三级警监, 二级警监, 一级警监, "
    "副总警监, 总警监"
)
CONCERNS = {
    "岗位交流": "岗位调整, 交流轮岗, 基层锻炼, 挂职借调",
    "教育训练": "业务培训, 实战训练, 学历提升, 资格考试",
    "表彰奖励": "个人记功嘉奖, 集体表彰, 优秀推荐, 奖金补贴",
    "晋升晋级": "职级晋升, 警衔晋升, 竞争上岗, 后备干部",
    "休假管理": "年休假, 病假, 探亲假, 补休调休",
    "从优待警": "住房, 子女入学, 家庭困难, 医疗体检",
    "身心健康": "心理疏导, 职业健康, 工作压力, 伤病救助",
    "执法保障": "维权, 装备保障, 办案支持, 申诉复核",
    "组织人事": "档案信息, 出国境管理, 建议意见",
}
Edit = Callable[[str, str, str], Path]


@pytest.mark.parametrize(
    ("code", "steps", "years"),
    [
        ("enforcement", ENFORCEMENT, [2.0] * 8 + [3.0, 4.0, 4.0, None]),
        ("technical", TECHNICAL, [2.0] * 7 + [3.0, 4.0, 4.0, None]),
        ("general", GENERAL, [2.0] * 8 + [3.0, 4.0, 4.0, None]),
        ("police_rank", POLICE_RANK, [3.0] * 4 + [4.0] * 3 + [None] * 6),
    ],
)
def test_ladders_are_those_of_the_rules(code: str, steps: str, years: list[float | None]) -> None:
    ladder = policy().ladder(code)
    assert [step.name_zh for step in ladder.steps] == steps.split(", ")
    assert [step.minimum_years for step in ladder.steps] == years


def test_a_step_has_a_place_on_its_ladder_only() -> None:
    assert policy().ladder("technical").position("四级主管") == 1
    assert policy().ladder("technical").position("四级警长") is None
    step = policy().step("enforcement", "二级高级警长")
    assert step is not None
    assert step.minimum_years == 3.0
    assert policy().step("chicago", "SERGEANT") is None


def test_concerns_are_nine_by_thirty_five() -> None:
    found = {concern.name_zh: ", ".join(sub.name_zh for sub in concern.subcategories) for concern in policy().concerns}
    assert found == CONCERNS
    assert len(policy().list_of("concernSubcategories")) == 35
    assert policy().concern("leave").acknowledge_within_days == 1
    with pytest.raises(ContractViolation, match="use one of concernCategories, concernSubcategories"):
        policy().list_of("weather")


def test_grades_are_the_default_shares_and_budgets() -> None:
    grades = policy().grades
    assert grades.shares.worst_first() == (
        (Grade.POOR, 0.05),
        (Grade.FAIR, 0.15),
        (Grade.GOOD, 0.6),
        (Grade.EXCELLENT, 0.2),
    )
    assert grades.scoring.short_history_months == 12
    assert grades.scoring.warning_expiry_days == 90
    assert [grades.unit.most_flagged(officers) for officers in (0, 19, 30, 31, 100)] == [2, 2, 3, 3, 10]


def test_allegations_are_not_served_and_say_what_they_are() -> None:
    assert policy().served_outcomes == ("conduct", "strain", "departure", "stagnation")
    for name in ("force", "any_complaint"):
        rule = policy().outcome(name)
        assert (rule.served, rule.basis) == (False, "allegation")
        assert "未经查实" in rule.name_zh
        assert "allegation" in rule.name_en
    assert {policy().outcome(name).horizon_months for name in Outcome} == {12}
    assert {policy().outcome(name).horizons_months for name in Outcome} == {(6, 12, 24)}
    assert policy().outcome("stagnation").needs_tables == ("promotions", "course_completions")
    assert [policy().outcome("conduct").main_horizon(months) for months in ([6, 12], [24], [6, 24])] == [12, 24, 6]
    with pytest.raises(InvalidInput, match="no horizon is offered for conduct"):
        policy().outcome("conduct").main_horizon([])


def test_every_outcome_and_grade_has_support_and_only_the_best_gets_praise() -> None:
    for outcome in Outcome:
        for grade in Grade:
            actions = policy().support_for(outcome, grade)
            assert actions, (outcome, grade)
            praised = any(action.kind == SupportKind.COMMENDATION for action in actions)
            assert praised == (grade == Grade.EXCELLENT)
            assert all(action.text.zh and action.text.en for action in actions)
    assert policy().support_for("conduct", "unknown") == ()


def test_eligibility_speaks_only_of_the_posts_it_names() -> None:
    rules = {rule.code: rule for rule in policy().eligibility}
    assert rules["probation"].applies_to("p", None, None, None)
    assert rules["technical_education"].applies_to("p", "cyber", "technical", "bureau")
    assert not rules["technical_education"].applies_to("p", "patrol", "enforcement", "station")
    assert not rules["special_police_fitness"].applies_to("p", None, "enforcement", None)


def test_every_table_has_a_time_after_which_it_goes() -> None:
    for table in catalog().tables:
        assert policy().retention_of(table).after_leaving_months >= 6


def test_unknown_names_are_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match="outcome 'luck' is unknown; policy has conduct"):
        policy().outcome("luck")
    with pytest.raises(InvalidInput, match="ladder 'army' is unknown; policy has enforcement"):
        policy().ladder("army")
    with pytest.raises(InvalidInput, match="concern category 'x' is unknown"):
        policy().concern("x")


@pytest.mark.parametrize(
    "feature",
    ["sex", "officer_sex_female", "ethnicity", "birth_year", "leave_kind", "concern_text_length", "race", "age_years"],
)
def test_forbidden_features_are_refused(feature: str) -> None:
    with pytest.raises(ForbiddenFeature, match=f"feature '{feature}' holds .* take it out of the feature list"):
        check_features(["tenure_days", feature])


def test_forbidden_columns_cover_the_protected_attributes() -> None:
    assert {"sex", "ethnicity", "birth_year", "text"} <= set(policy().forbidden_columns)


def test_words_are_whole_and_honest_features_pass() -> None:
    check_features(
        ["sexton_count", "job_family", "embraced_days", "context_complaints_12m", "complaints_sustained_24m"]
    )


def test_every_column_that_may_not_train_is_refused_unless_another_table_lets_its_name_train() -> None:
    columns = [column for table in catalog().tables.values() for column in table.columns]
    trainable = {column.name for column in columns if column.may_train}
    for column in columns:
        if not column.may_train:
            assert column.name not in trainable
            with pytest.raises(ForbiddenFeature):
                check_features([column.name])


def test_sick_days_serve_strain_and_nothing_else() -> None:
    check_features(["sick_days_sum_12m"], outcome="strain")
    for outcome in (None, "conduct"):
        with pytest.raises(ForbiddenFeature, match="only strain may use it"):
            check_features(["sick_days_sum_12m"], outcome=outcome)


def test_many_forbidden_features_are_told_in_one_short_sentence() -> None:
    with pytest.raises(ForbiddenFeature, match=r"and 3 more; take"):
        check_features([f"sex_{number}" for number in range(8)])


@pytest.fixture
def edit(tmp_path: Path) -> Edit:
    """Copies the policy and replaces one piece of one file."""
    folder = tmp_path / "policy"
    shutil.copytree(POLICY_DIR, folder)

    def change(file: str, old: str, new: str) -> Path:
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        return folder

    return change


FAULTS = [
    ("grades.toml", "poor = 0.05", "poor = 0.06", "key shares: sum to 1.01; make the four shares sum to 1"),
    ("grades.toml", "poor = 0.05", "poor = 1.5", "key shares.poor: Input should be less than or equal to 1"),
    ("grades.toml", "poor = 0.05", "", "key shares.poor: Field required; add this key"),
    ("grades.toml", "poor = 0.05", "poor = 0.05\nbad = 1", "key shares.bad: "),
    ("grades.toml", "warning_expiry_days = 90", "warning_expiry_days = 91", "key scoring.warning_expiry_days: "),
    ("grades.toml", "warning_expiry_days = 90", "warning_expiry_days = 13", "would expire before a person must"),
    ("review.toml", "answer_within_days = 15", "answer_within_days = 91", "key answer_within_days: "),
    ("review.toml", "keep_months = 24 ", "keep_months = 0 ", "key keep_months: "),
    ("grades.toml", "flag_features_after_hours = 36", "flag_features_after_hours = 96", "before they are flagged"),
    ("grades.toml", "poor = 0.05", "poor =", "not TOML"),
    ("grades.toml", "fair = 1.20", "fair = 1.60", "key units: a worse grade begins lower; make poor > fair > good"),
    ("grades.toml", "least_shown = 5", "least_shown = 1", "key units.least_shown: "),
    ("grades.toml", 'mode = "shares"', 'mode = "cut_offs"', "key cut_off conduct/12: no cut-offs for an outcome"),
    ("grades.toml", 'mode = "shares"', 'mode = "luck"', "key mode: "),
    (
        "grades.toml",
        "[shares]",
        '[[cut_off]]\noutcome = "conduct"\nhorizon_months = 12\npoor = 0.1\nfair = 0.2\ngood = 0.05\n[shares]',
        "make poor > fair > good",
    ),
    ("course_themes.toml", 'theme = "moves"', 'theme = "complaints"', "key complaints: appears 2 times"),
    ("courses.toml", "hours_a_day = 8.0", "hours_a_day = 0.0", "key load.hours_a_day"),
    ("courses.toml", "hours_a_month = 40.0", "hours_a_month = 7.0", "more than the month it lies in"),
    ("courses.toml", "usual_hours = 8.0", "usual_hours = 48.0", "a course of unknown length would never fit"),
    ("courses.toml", "least_gap = 0.1", "least_gap = 0.7", "no course could close the smallest gap"),
    ("courses.toml", "gap = 3", "gap = 99", "key most.gap"),
    ("courses.toml", "edition_due_months = 6", "edition_due_months = 9", "would be due after its offer is over"),
    ("what_if.toml", 'to = "post_mean"', "", "key overtime_to_post_mean: brings its measure nowhere"),
    ("what_if.toml", 'measure = "courses"', 'measure = "courses"\nto = "post_mean"', "key course_now: "),
    ("what_if.toml", "{after} days of leave", "days of leave", "write {before} and {after}"),
    ("reasons.toml", 'name = "strain"\nthemes', 'name = "force"\nthemes', "strain: is served, and no theme may"),
    ("ladders.toml", "minimum_years = 2.0", "minimum_years = 0.0", "key ladder[1].steps[1].minimum_years: "),
    ("ladders.toml", 'code = "一级警员"', 'code = "二级警员"', "key enforcement/二级警员: appears 2 times; keep one"),
    ("ladders.toml", "[[ladder]]", "[more]\n[[ladder]]", "key more: unknown key; remove this key"),
    ("concerns.toml", 'code = "rotation"', 'code = "sick_leave"', "key sick_leave: appears 2 times"),
    ("concerns.toml", "handler_zh =", "handler =", "remove this key or correct its spelling"),
    ("outcomes.toml", 'name = "conduct"', 'name = "luck"', "key outcome[1].name: "),
    ("outcomes.toml", 'name = "force"', 'name = "conduct"', "key force: no rule for this outcome; add it"),
    ("outcomes.toml", "horizon_months = 12", "horizon_months = 13", "key outcome[1].horizon_months: "),
    ("outcomes.toml", 'table = "duty_months"', 'table = "duties"', "key strain.signs[1].table: no table 'duties'"),
    ("outcomes.toml", '"resigned", ', '"gone", ', "key departure.signs[1].leave_kind: no value 'gone'"),
    ("outcomes.toml", "{ sick_days = ", "{ sick_hours = ", "key strain.signs[2]: no column 'sick_hours'"),
    ("outcomes.toml", 'each = "competency"', "", "key stagnation.signs[3].each: no_growth needs it; add this key"),
    ("outcomes.toml", 'exposure = "duty_months"', 'exposure = "duty"', "key strain.exposure: no table 'duty'"),
    (
        "outcomes.toml",
        "horizons_months = [6, 12, 24]",
        "horizons_months = [6]",
        "key conduct.horizon_months: 12 months",
    ),
    ("outcomes.toml", '["sustained"]', '["unfounded"]', "key conduct.known: an open row has a chance only"),
    ("outcomes.toml", 'left_on"\n', 'left_on"\noptional = true\n', "key departure.signs: all are optional"),
    ("support.toml", 'grade = "fair"', 'grade = "poor"', "key conduct/fair: no support action; add at least one"),
    ("points.toml", 'table = "honours"', 'table = "medals"', "key rule[1].table: no table 'medals'"),
    ("points.toml", 'date = "occurred_on"', 'date = "given_on"', "key rule[1].date: no column 'given_on'"),
    ("points.toml", '"first_class", "title"', '"zeroth_class"', "key rule[1].where.level: no value 'zeroth_class'"),
    ("points.toml", "where = { level", "where = { rank", "key rule[1].rank: no such column"),
    ("points.toml", '"units.unit_level"', '"courses.unit_level"', "use a column of postings, or table.column"),
    ("points.toml", 'per = "row"', 'per = "year"', "honours has no end date; use per = "),
    ("eligibility.toml", 'tracks = ["technical"]', 'tracks = ["magic"]', "key rule[4].tracks[1]: "),
    ("training.toml", 'tracks = ["enforcement"]', "tracks = []", "key rule[1].tracks: "),
    ("retention.toml", '["duty_months"]', '["duty_years"]', "key duty_months: this table has no rule"),
    ("retention.toml", '["duty_months"]', '["duty_months", "duty_years"]', "key duty_years: no such table"),
    ("forbidden.toml", '"sex", ', "", "key sex: must stay forbidden; put it back into a group"),
    ("forbidden.toml", '"sex", ', '"sex", "track", ', "key track: the contract lets it train"),
    ("watch.toml", "alert = 0.20", "alert = 0.05", "key inputs.nulls: the alert would come no later than the warning"),
    ("watch.toml", "usual_at_most = 4.0", "usual_at_most = 0.5", "key sureness.usual_at_most: "),
    ("watch.toml", "usual_times = 3.0", "usual_times = 0.5", "key sureness.usual_times: "),
    ("talent.toml", 'name = "traffic"', 'name = "fire_supervision"', "key traffic: no rule for this field; add it"),
    ("talent.toml", 'name = "traffic"', 'name = "fire_supervision"', "key fire_supervision: stands 2 times; keep one"),
    (
        "talent.toml",
        'job_families = ["traffic"]\nsize',
        'job_families = ["patrol"]\nsize',
        "key traffic/related_appraisals.job_families: 'traffic' is no job family of the field; use patrol, or add it",
    ),
    (
        "talent.toml",
        '"posts.job_family" = ["traffic"]',
        '"posts.job_family" = ["traffic", "patrol"]',
        "related_years.where.posts.job_family: 'patrol' is no job family of the field; use traffic, or add",
    ),
    (
        "talent.toml",
        'table = "honours"',
        'table = "complaints"',
        "honours.table: 'complaints' is no evidence of talent",
    ),
    ("talent.toml", 'date = "occurred_on"', 'date = "level"', "competency.date: no date 'level'"),
    ("talent.toml", 'value = "level"', "", "competency.value: a mean needs a value"),
    ("talent.toml", 'value = "level"', 'value = "competency"', "competency.value: no number 'competency'"),
    ("talent.toml", 'how = "count"', 'how = "years"', "honours.how: honours has no end date"),
    ("talent.toml", '"courses.competency"', '"courses.colour"', "course_scores.where.courses.colour: no such column"),
    ("talent.toml", '"performance"', '"luck"', "where.kind: no value 'luck'; use performance"),
    ("talent.toml", 'code = "appraisals"', 'code = "honours"', "key standard_enforcement/honours: appears 2 times"),
    ("talent.toml", 'where = { competency = ["law", "investigation"] }', "", "say which rows are the field's"),
    ("gate.toml", "[30, 100, 300]", "[30, 300, 100]", "key groups.unit_size_edges: sizes do not grow"),
    ("suggestions.toml", "competencies = 0.5", "competencies = 1.5", "key fit.competencies: "),
    ("suggestions.toml", "least_moved = 2", "least_moved = 6", "key counts.least_moved: more would have to move"),
    (
        "feedback.toml",
        "depth = 5",
        "depth = 50",
        "key learning.least_propensity: an explored item has a chance of 0.002",
    ),
    ("feedback.toml", '["posting", "goal"', '["posting", "posting"', "key declining.returns_on: a cause appears twice"),
    ("feedback.toml", "share = 0.10", "share = 0.9", "key exploring.share: "),
    ("gate.toml", "most_kinds = 6", "most_kinds = 0", "key lists.most_kinds: "),
    ("gate.toml", "exposure_gap_at_most = 0.10", "exposure_gap_at_most = 1.5", "key lists.exposure_gap_at_most: "),
    ("gate.toml", "coverage_low = 0.70", "coverage_low = 0.95", "key paths.coverage_low: no coverage lies between"),
    ("gate.toml", "signatures = 2", "signatures = 1", "key waivers.signatures: "),
    ("matching.toml", 'code = "couple"', 'code = "hardship"', "key hardship: appears 2 times; keep one of them"),
    ("matching.toml", '"service_months"', '"grassroots_months"', "key grassroots_months: appears 2 times"),
    ("matching.toml", '"service_months"', '"birth_year"', "key birth_year: holds 'birth_year' (a protected"),
    ("matching.toml", "points_decimals = 2", "points_decimals = -1", "key points_decimals: "),
    ("matching.toml", 'prefer = "more"', 'prefer = "best"', "key tie_break[1].prefer: "),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "told"), FAULTS, ids=[f"{file}-{told[:30]}" for file, *_, told in FAULTS]
)
def test_a_fault_is_told_with_file_key_and_remedy(edit: Edit, file: str, old: str, new: str, told: str) -> None:
    with pytest.raises(ContractViolation) as refused:
        read_policy(edit(file, old, new))
    message = str(refused.value)
    assert message.startswith(f"policy/{file}")
    assert told in message
    assert "; " in message


def test_several_faults_are_told_at_once(edit: Edit) -> None:
    edit("grades.toml", "good = 0.60", "")
    folder = edit("training.toml", "hours = 16.0", "hours = -1")
    (folder / "points.toml").unlink()
    with pytest.raises(ContractViolation) as refused:
        read_policy(folder)
    files = [line.split(":")[0].split(",")[0] for line in str(refused.value).splitlines()]
    assert files == ["policy/grades.toml", "policy/points.toml", "policy/training.toml"]


def test_a_department_may_change_what_is_its_to_change(edit: Edit) -> None:
    edit("outcomes.toml", "served = false", "served = true")
    changed: Policy = read_policy(edit("grades.toml", "short_history_months = 12", "short_history_months = 6"))
    assert "force" in changed.served_outcomes
    assert changed.grades.scoring.short_history_months == 6


def test_every_policy_file_is_read() -> None:
    assert {path.stem for path in POLICY_DIR.glob("*.toml")} == set(SECTIONS)
