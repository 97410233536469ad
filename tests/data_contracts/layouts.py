"""Layouts of invented departments, written by hand without a look at the contracts' synonyms, with what is right.

Each is a file's name, the table it is, and its columns: their word, a few values, and our column (None: to be left).
"""

from __future__ import annotations

Layout = tuple[str, str, list[tuple[str, list[str], str | None]]]

LAYOUTS: list[Layout] = [
    (
        "全局民警名单2024.csv",
        "officers",
        [
            ("人员代码", ["A001", "A002", "A003"], "officer_id"),
            ("民警姓名", ["甲", "乙", "丙"], None),
            ("参警时间", ["2003年7月", "2010年9月", "2015年8月"], "entered_on"),
            ("最高学历层次", ["本科", "大专", "硕士"], "education"),
            ("所属职级序列", ["执法勤务", "警务技术", "综合管理"], "track"),
            ("婚姻情况", ["已婚", "未婚", "已婚"], None),
            ("联系手机", ["13800138000", "13900139000", "13700137000"], None),
        ],
    ),
    (
        "干部任免台账.csv",
        "postings",
        [
            ("警员警号", ["1", "2", "3"], "officer_id"),
            ("任职单位名称", ["一大队", "二大队", "三所"], "unit_id"),
            ("任职岗位", ["民警", "副大队长", "内勤"], "post_id"),
            ("起任时间", ["2019.3", "2020.12", "2021.6"], "started_on"),
            ("离任时间", ["2020.12", "", "2023.1.5"], "ended_on"),
            ("变动事由", ["交流", "提拔", "个人申请"], "occasion"),
            ("审批文号", ["云公〔2019〕3号", "云公〔2020〕8号", "云公〔2021〕9号"], None),
        ],
    ),
    (
        "奖励登记簿.csv",
        "honours",
        [
            ("干警编号", ["1", "2", "3"], "officer_id"),
            ("奖励项目名称", ["嘉奖", "个人三等功", "优秀民警"], "honour"),
            ("奖励层次", ["嘉奖", "三等功", "其他"], "level"),
            ("决定授予日期", ["2023-01-05", "2023-02-05", "2022-03-07"], "occurred_on"),
            ("授予机关", ["市局", "省厅", "市局"], None),
        ],
    ),
    (
        "群众投诉登记表.csv",
        "complaints",
        [
            ("登记编号", ["K1", "K2", "K3"], "complaint_id"),
            ("涉及民警警号", ["1", "2", "3"], "officer_id"),
            ("收到投诉时间", ["2023/1/5", "2023/2/5", "2023/3/5"], "opened_on"),
            ("事情发生时间", ["2023/1/1", "2023/2/1", "2023/3/1"], "occurred_on"),
            ("结案时间", ["2023/5/1", "", "2023/6/1"], "closed_on"),
            ("投诉内容类别", ["态度粗暴", "不作为", "使用武力"], "category"),
            ("核查认定结果", ["属实", "不属实", "查无实据"], "finding"),
        ],
    ),
    (
        "月度出勤.csv",
        "duty_months",
        [
            ("民警警号", ["1", "2", "3"], "officer_id"),
            ("考勤年月", ["202301", "202302", "202303"], "month"),
            ("出勤时数", ["168", "170", "160"], "hours"),
            ("值夜班数", ["4", "5", "3"], "nights"),
            ("加班工时", ["20", "12", "3"], "overtime_hours"),
            ("休年假天数", ["0", "2", "1"], "leave_days"),
            ("病休天数", ["0", "0", "3"], "sick_days"),
        ],
    ),
    (
        "训练考核成绩.csv",
        "course_completions",
        [
            ("参训民警编号", ["1", "2", "3"], "officer_id"),
            ("培训课程名称", ["实战", "法制", "急救"], "course_id"),
            ("结业日期", ["2022.10.3", "2022.11.3", "2022.12.3"], "occurred_on"),
            ("结业考试成绩", ["88", "92", "75"], "score"),
            ("累计学时", ["40", "24", "8"], "hours"),
        ],
    ),
    (
        "年终考评.csv",
        "appraisals",
        [
            ("警号", ["1", "2", "3"], "officer_id"),
            ("考评类型", ["工作绩效", "执法质量", "督察监察"], "kind"),
            ("考评截止日期", ["2022-12-31", "2022-12-31", "2022-12-31"], "occurred_on"),
            ("综合得分", ["90", "85", "77.5"], "score"),
            ("评定等级", ["优秀", "称职", "基本称职"], "grade"),
        ],
    ),
    (
        "组织机构清单.csv",
        "units",
        [
            ("机构编号", ["U1", "U2", "U3"], "unit_id"),
            ("机构全称", ["云汀市局", "一分局", "一所"], "name_zh"),
            ("上级机构编号", ["", "U1", "U2"], "parent_unit_id"),
            ("层级类别", ["市局", "分局", "派出所"], "unit_level"),
            ("成立年月", ["1990.1", "1995.5", "2001.7"], "opened_on"),
        ],
    ),
    (
        "职级晋升花名.csv",
        "promotions",
        [
            ("警号", ["1", "2", "3"], "officer_id"),
            ("职级序列名称", ["执法勤务警员职级", "警务技术职级", "综合管理职级"], "ladder"),
            ("晋升后的职级", ["三级警长", "四级主管", "一级科员"], "rank_step"),
            ("晋升批准时间", ["20200301", "20210301", "20220301"], "occurred_on"),
            ("变动种类", ["晋升", "晋升", "名册确认"], "kind"),
        ],
    ),
    (
        "personnel_list.csv",
        "officers",
        [
            ("StaffNo", ["1", "2", "3"], "officer_id"),
            ("Surname", ["A", "B", "C"], None),
            ("DateJoined", ["2001-02-03", "2002-02-03", "2003-02-03"], "entered_on"),
            ("Education Level", ["bachelor", "college", "master"], "education"),
            ("Date of Birth", ["1980-01-01", "1981-01-01", "1982-01-01"], None),
        ],
    ),
    (
        "job moves.csv",
        "postings",
        [
            ("officer_number", ["1", "2", "3"], "officer_id"),
            ("Dept", ["A", "B", "C"], "unit_id"),
            ("Position Title", ["x", "y", "z"], "post_id"),
            ("From Date", ["2019-01-05", "2020-01-05", "2021-01-05"], "started_on"),
            ("To Date", ["2020-01-05", "", ""], "ended_on"),
            ("Shift Pattern", ["day", "night", "day"], "shift"),
            ("Line Manager No", ["7", "7", "8"], "supervisor_id"),
        ],
    ),
    (
        "use of force register.csv",
        "force_reports",
        [
            ("Badge", ["1", "2", "3"], "officer_id"),
            ("Incident Date", ["2022-01-05", "2022-02-05", "2022-03-05"], "occurred_on"),
            ("Taser Used?", ["yes", "no", "no"], "taser"),
            ("Rounds Fired", ["0", "0", "1"], "shots"),
            ("Suspect Injured", ["no", "no", "yes"], "subject_injured"),
            ("Light Conditions", ["daylight", "night", "night"], "lighting"),
        ],
    ),
]
