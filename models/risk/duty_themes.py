"""Themes of the work: who leads, the load, training, appraisals and honours."""

from __future__ import annotations

from models.risk.facets import DAYS_PER_YEAR, Facet, Theme

DUTY_THEMES: tuple[Theme, ...] = (
    Theme(
        "supervisor",
        "直接上级",
        "supervisor",
        (
            Facet(
                ("supervisor_changes",),
                "supervisor_changes_24m",
                "{start}以来更换直接上级{value}次",
                "{value} [change|changes] of supervisor since {start}",
                24,
            ),
            Facet(
                ("days_under_supervisor",),
                "days_under_supervisor",
                "由现任直接上级带领{value}年",
                "{value} [year|years] under the present supervisor",
                scale=DAYS_PER_YEAR,
            ),
            Facet(
                ("span_size",),
                "span_size",
                "现任直接上级带领{value}人",
                "{value} [officer|officers] under the present supervisor",
            ),
        ),
    ),
    Theme(
        "workload",
        "勤务负荷",
        "workload",
        (
            Facet(
                ("nights",),
                "nights_per_duty_month_12m",
                "{start}以来平均每月夜班{value}个",
                "{value} [night|nights] a month since {start}",
                12,
                worse="more",
            ),
            Facet(
                ("leave_days",),
                "leave_days_per_duty_month_12m",
                "{start}以来平均每月休假{value}天",
                "{value} [day|days] of leave a month since {start}",
                12,
                worse="less",
            ),
            Facet(
                ("duty_", "exposure_hours"),
                "duty_hours_per_duty_month_12m",
                "{start}以来平均每月执勤{value}小时",
                "{value} [hour|hours] of duty a month since {start}",
                12,
                worse="more",
            ),
            Facet(
                ("overtime_", "sick_days"),
                "overtime_hours_12m",
                "{start}以来加班共{value}小时",
                "{value} [hour|hours] of overtime since {start}",
                12,
                post="overtime_hours_12m_minus_post_others",
                worse="more",
            ),
        ),
    ),
    Theme(
        "training",
        "培训与能力",
        "training and competency",
        (
            Facet(
                ("competency", "days_since_competency"),
                "competency_level_mean_60m",
                "{start}以来能力测评平均{value}级",
                "competencies assessed at level {value} on average since {start}",
                60,
                last="days_since_competency_assessments",
                worse="less",
            ),
            Facet(
                ("course_score",),
                "course_score_mean_60m",
                "{start}以来培训成绩平均{value}分",
                "courses since {start} passed with {value} [point|points] on average",
                60,
                last="days_since_courses",
                worse="less",
            ),
            Facet(
                ("mandated_", "days_since_mandated", "training_rules"),
                "mandated_courses_lacking",
                "有{value}门必训课程未修或已过有效期",
                "{value} mandated [course|courses] not taken or no longer valid",
                last="days_since_mandated_course",
                worse="more",
            ),
            Facet(
                ("courses", "course_", "days_since_courses"),
                "courses_12m",
                "{start}以来完成培训{value}门",
                "{value} [course|courses] completed since {start}",
                12,
                post="courses_12m_minus_post_others",
                last="days_since_courses",
                worse="less",
            ),
        ),
    ),
    Theme(
        "appraisals",
        "考核",
        "appraisals",
        (
            Facet(
                ("appraisal_case_quality",),
                "appraisal_case_quality_score_mean_12m",
                "{start}以来执法质量考核平均{value}分",
                "case quality appraised at {value} [point|points] on average since {start}",
                12,
                last="days_since_appraisals",
                worse="less",
            ),
            Facet(
                ("appraisal_supervision",),
                "appraisal_supervision_score_mean_12m",
                "{start}以来督察监察考核平均{value}分",
                "supervision appraised at {value} [point|points] on average since {start}",
                12,
                last="days_since_appraisals",
                worse="less",
            ),
            Facet(
                ("appraisal", "days_since_appraisals"),
                "appraisal_performance_score_mean_12m",
                "{start}以来工作绩效考核平均{value}分",
                "performance appraised at {value} [point|points] on average since {start}",
                12,
                last="days_since_appraisals",
                worse="less",
            ),
        ),
    ),
    Theme(
        "honours",
        "表彰奖励",
        "honours",
        (
            Facet(
                ("honours", "days_since_honours"),
                "honours_60m",
                "{start}以来受表彰{value}次",
                "{value} [honour|honours] since {start}",
                60,
                last="days_since_honours",
                worse="less",
            ),
        ),
    ),
)
