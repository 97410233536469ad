"""Every word that the pages say themselves, in both languages, in this one place; answers bring their own.

Grouped by page; a name begins with its page. What is filled in stands in braces.
"""

from __future__ import annotations

from collections.abc import Mapping

from data_contracts.vocabulary import Bilingual

ALL_PAGES: Mapping[str, Bilingual] = {
    "name": Bilingual("灯塔", "Pharos"),
    "about": Bilingual("职业指引与关爱预警", "Career guidance and early support"),
    "skip": Bilingual("跳到正文", "Skip to the content"),
    "menu": Bilingual("导航", "Navigation"),
    "language": Bilingual("English", "中文"),
    "language.label": Bilingual("Switch to English", "切换为中文"),
    "sign_out": Bilingual("退出", "Sign out"),
    "print": Bilingual("可直接打印本页", "This page prints as it is"),
    "purpose": Bilingual(
        "预警只是关爱提示，任何处理都由人决定；“未评分”从不表示低风险。",
        "A warning is a support prompt and people decide; “not scored” never means low risk.",
    ),
    "as_of": Bilingual("数据截至{day}", "As of {day}"),
    "stale": Bilingual("数据已超过规定时限，请谨慎参考。", "The data are older than they should be; take care."),
    "people": Bilingual("{many}人", "{many} officers"),
    "people.one": Bilingual("1人", "1 officer"),
    "grade": Bilingual("等级", "Grade"),
    "unsure": Bilingual("把握不足", "not sure"),
    "months": Bilingual("{many}个月", "{many} months"),
    "more": Bilingual("更多", "More"),
    "back": Bilingual("返回", "Back"),
    "none": Bilingual("无", "None"),
    "notice": Bilingual("须知", "Please note"),
    "problem.home": Bilingual("回到首页", "To the first page"),
    "problem.id": Bilingual("请求编号：{id}", "Request id: {id}"),
    "problem.title": Bilingual("未能完成", "That did not work"),
    "done": Bilingual("已完成并记入审计日志。", "Done, and written into the audit chain."),
    "done.duplicate": Bilingual("此前已完成，没有重复记录。", "This was done before; nothing was written twice."),
}
SIGN_IN: Mapping[str, Bilingual] = {
    "sign_in": Bilingual("登录", "Sign in"),
    "sign_in.lead": Bilingual(
        "请输入管理员发给您的访问密钥，或统一身份认证的令牌。", "Enter the access key that you were given, or a token."
    ),
    "sign_in.field": Bilingual("访问密钥或令牌", "Access key or token"),
    "sign_in.wrong": Bilingual(
        "此密钥或令牌无效或已失效，请核对后重试。", "This key or token opens nothing; check it and try again."
    ),
    "sign_in.stale": Bilingual("页面已过期，请重新登录。", "The page was too old; please sign in again."),
    "sign_in.kept": Bilingual(
        "密钥不会保存在浏览器中。登录最长8小时，闲置60分钟后自动退出。",
        "The key is not kept in the browser. You stay signed in for 8 hours at most, and 60 minutes unused.",
    ),
}
UNIT: Mapping[str, Bilingual] = {
    "unit": Bilingual("单位", "Units"),
    "unit.all": Bilingual("我可见的单位", "The units that I see"),
    "unit.above": Bilingual("所在位置", "Where this is"),
    "unit.block": Bilingual("本块面（含下属单位）", "The block, with everything under it"),
    "unit.own": Bilingual("单位本级", "The unit itself"),
    "unit.outcomes": Bilingual("各项结局", "What is looked at"),
    "unit.outcome": Bilingual("结局", "Outcome"),
    "unit.expected": Bilingual("预期比例（95%区间）", "Expected share (95 % interval)"),
    "unit.trend": Bilingual("趋势", "Trend"),
    "unit.alerts": Bilingual("预警/名额", "Alerts / budget"),
    "unit.alerts.of": Bilingual("{flagged}人，名额{budget}人", "{flagged} of a budget of {budget}"),
    "unit.alerts.over": Bilingual("超出名额", "over budget"),
    "unit.alerts.hidden": Bilingual("仅告知复核人", "told to reviewers"),
    "unit.approaching": Bilingual("接近界限", "Near a limit"),
    "unit.commended": Bilingual("值得表扬", "To commend"),
    "unit.could_be": Bilingual("也可能是{grades}", "could be {grades}"),
    "unit.why": Bilingual("成因与变化", "What is behind it"),
    "unit.why.of": Bilingual("{outcome}：成因与变化", "{outcome}: what is behind it"),
    "unit.below": Bilingual("下属单位", "Units below"),
    "unit.stood_for": Bilingual("以“{unit}”的等级代表", "stands under the grade of “{unit}”"),
    "unit.not_graded": Bilingual("未评级", "Not graded"),
    "unit.cases": Bilingual("查看本块面的预警", "See the cases of this block"),
    "unit.open": Bilingual("打开", "Open"),
    "unit.legend": Bilingual("图例", "How to read the marks"),
    "trend.worsening": Bilingual("恶化", "worsening"),
    "trend.improving": Bilingual("改善", "improving"),
    "trend.steady": Bilingual("平稳", "steady"),
    "trend.none": Bilingual("无可比较", "nothing to compare"),
    "skills": Bilingual("能力差距", "Capability gaps"),
    "skills.lead": Bilingual(
        "与岗位标准相比，最薄弱的能力在前；人数过少的不显示。",
        "Against the standards of the posts, the thinnest first; what too few were measured in is not shown.",
    ),
    "skills.show": Bilingual("显示能力差距", "Show capability gaps"),
    "skills.name": Bilingual("能力", "Competency"),
    "skills.share": Bilingual("达标率（95%区间）", "At the standard (95 % interval)"),
    "skills.below": Bilingual("未达标/已测评", "Below / measured"),
    "skills.courses": Bilingual("可弥补的课程", "Courses that would help"),
    "skills.thin": Bilingual("明显薄弱", "surely thin"),
    "skills.suppressed": Bilingual("人数过少、未显示：{names}", "Too few to show: {names}"),
}
PREVIEW: Mapping[str, Bilingual] = {
    "preview": Bilingual("若调整预警比例", "If the limit were another"),
    "preview.show": Bilingual("显示预览", "Show the preview"),
    "preview.lead": Bilingual(
        "只是预览，不改变任何设置；等级按全员评定，以下只数本块面。往年的对错取自模型训练前留出的年份。",
        "A preview that changes nothing. Grades are over the whole force, alerts are counted in this block; whether "
        "they were right is told by years that the model did not learn from.",
    ),
    "preview.share": Bilingual("全员中预警的比例", "Share of the force that is alerted"),
    "preview.try": Bilingual("预览", "Preview"),
    "preview.in_force": Bilingual("{share}（现行政策）", "{share} (policy in force)"),
    "preview.said": Bilingual(
        "按此界限：现有预警{now}人，每月新增约{new}人；往年每10人中有{right}人确实出现。",
        "With this limit: {now} alerts now, about {new} new a month; {right} of 10 were right in the past.",
    ),
    "preview.said.no_month": Bilingual(
        "按此界限：现有预警{now}人；往年每10人中有{right}人确实出现。",
        "With this limit: {now} alerts now; {right} of 10 were right in the past.",
    ),
    "preview.said.no_past": Bilingual(
        "按此界限：现有预警{now}人；尚无往年数据说明对错。",
        "With this limit: {now} alerts now; no past year tells how often that is right.",
    ),
    "preview.past": Bilingual(
        "往年{flagged}人次预警，准确率{precision}（95%区间{low}至{high}）；出现者中有{recall}曾被预警。",
        "In the past {flagged} alerts, {precision} of them right (95 % interval {low} to {high}); they found {recall} "
        "of all to whom it came.",
    ),
}
CASES: Mapping[str, Bilingual] = {
    "cases": Bilingual("预警", "Cases"),
    "cases.title": Bilingual("需要人处理的预警", "Warnings that wait for people"),
    "cases.of": Bilingual("{unit}的预警", "Cases of {unit}"),
    "cases.lead": Bilingual(
        "最先失效的在前，不按轻重排列。", "The first to expire stands first; there is no order by how bad one looks."
    ),
    "cases.filter": Bilingual("筛选", "Filter"),
    "cases.which": Bilingual("状态", "State"),
    "cases.open": Bilingual("待处理", "Waiting"),
    "cases.closed": Bilingual("已处理", "Dealt with"),
    "cases.mine": Bilingual("只看指派给我的", "Only those assigned to me"),
    "cases.apply": Bilingual("应用", "Apply"),
    "cases.none": Bilingual("没有符合条件的预警。", "There is no such case."),
    "cases.officer": Bilingual("民警", "Officer"),
    "cases.unit": Bilingual("单位", "Unit"),
    "cases.outcome": Bilingual("结局", "Outcome"),
    "cases.state": Bilingual("状态", "State"),
    "cases.due": Bilingual("处理期限", "Next step due"),
    "cases.late": Bilingual("已逾期", "overdue"),
    "cases.expires": Bilingual("失效日期", "Expires"),
    "cases.expired": Bilingual("已失效", "expired"),
    "cases.everywhere": Bilingual("全部可见单位", "All units in sight"),
    "case": Bilingual("预警详情", "Case"),
    "case.title": Bilingual("{outcome}：{officer}", "{outcome}: {officer}"),
    "case.chance": Bilingual("{months}个月内出现的可能性", "Chance within {months} months"),
    "case.chance.of": Bilingual("{chance}（区间{low}至{high}）", "{chance} (interval {low} to {high})"),
    "case.chance.low": Bilingual("{chance}（不低于{low}）", "{chance} (at least {low})"),
    "case.people": Bilingual(
        "也就是说：与此人情况相似的100人中，约{many}人会出现；约{rest}人不会。",
        "That is: of 100 officers like this one, about {many} would see it, and about {rest} would not.",
    ),
    "case.unsure": Bilingual(
        "模型无法判断：此概率下，出现与不出现往年都不少见。",
        "The model cannot tell: at this chance both ends were usual.",
    ),
    "case.sure": Bilingual("把握", "How sure"),
    "case.sure.yes": Bilingual("模型能够判断", "The model can tell"),
    "case.reasons": Bilingual("原因", "Reasons"),
    "case.strengths": Bilingual("优势", "Strengths"),
    "case.since": Bilingual("自{day}起", "since {day}"),
    "case.weight": Bilingual("占全部影响的{share}", "{share} of all that moves the chance"),
    "case.support": Bilingual("建议的关爱措施", "Suggested support"),
    "case.support.within": Bilingual("建议{many}天内开始", "to begin within {many} days"),
    "case.support.courses": Bilingual("可选课程", "Courses"),
    "case.support.none": Bilingual("没有建议的措施；由人决定。", "Nothing is suggested; people decide."),
    "case.history": Bilingual("处理过程", "What was done"),
    "case.history.opened": Bilingual("夜间计算生成", "opened by the night"),
    "case.history.now": Bilingual("之后：{state}", "then: {state}"),
    "case.facts": Bilingual("基本情况", "At a glance"),
    "case.assigned": Bilingual("指派给", "Assigned to"),
    "case.opened": Bilingual("依据的数据日期", "Data as of"),
    "case.steps": Bilingual("下一步", "Next step"),
    "case.steps.none": Bilingual("现在没有可做的步骤。", "There is no step to take now."),
    "step.assign": Bilingual("指派复核人", "Assign"),
    "step.acknowledge": Bilingual("确认已复核", "Acknowledge"),
    "step.false_positive": Bilingual("认定为误报", "False alarm"),
    "step.support": Bilingual("记录关爱措施", "Support given"),
    "step.outcome": Bilingual("记录关爱效果", "What came of it"),
    "step.contest": Bilingual("提出异议", "Contest"),
    "step.uphold": Bilingual("维持预警", "Uphold"),
    "step.correct": Bilingual("更正记录", "Correct"),
    "step.reopen": Bilingual("重新打开", "Open again"),
    "case.reason": Bilingual("理由（必填）", "Reason (needed)"),
    "case.reason.optional": Bilingual("说明（可不填）", "Note (may stay empty)"),
    "case.reason.hint": Bilingual(
        "理由会随预警保存并可告知本人；不得涉及性别、民族、宗教、疾病、婚姻等。",
        "Kept with the case and may be told to the officer; nothing of sex, ethnicity, religion, illness, family.",
    ),
    "case.field.assign_to": Bilingual("复核人编号", "Reviewer"),
    "case.field.support": Bilingual("已采取的措施", "What was done"),
    "case.field.result": Bilingual("效果", "What came of it"),
    "case.came.helped": Bilingual("有帮助", "it helped"),
    "case.came.no_change": Bilingual("无变化", "no change"),
    "case.came.worse": Bilingual("更差", "worse"),
    "case.came.unknown": Bilingual("尚不清楚", "not known yet"),
    "case.officer_sees": Bilingual("本人看到的内容", "What the officer sees"),
    "case.officer_sees.lead": Bilingual(
        "本人登录后，看到的是以下内容。", "This is what the officer sees on signing in."
    ),
    "case.officer_sees.contest": Bilingual("本人如何提出异议", "How the officer may contest"),
    "case.withheld": Bilingual("内容暂不显示", "Not shown yet"),
}
WORDS: Mapping[str, Bilingual] = {**ALL_PAGES, **SIGN_IN, **UNIT, **PREVIEW, **CASES}
