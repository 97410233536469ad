"""Words of the list of cases and of one case."""

from __future__ import annotations

from collections.abc import Mapping

from data_contracts.vocabulary import Bilingual

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
    "cases.contested": Bilingual("有异议、待答复", "Contested, awaiting an answer"),
    "cases.closed": Bilingual("已处理", "Dealt with"),
    "cases.corrected": Bilingual("异议成立、已更正", "Corrected after a contest"),
    "cases.contests": Bilingual("有异议、待答复{many}条", "{many} contested, awaiting an answer"),
    "cases.mine": Bilingual("只看指派给我的", "Only those assigned to me"),
    "cases.apply": Bilingual("应用", "Apply"),
    "cases.none": Bilingual("没有符合条件的预警。", "There is no such case."),
    "cases.none.reader": Bilingual(
        "没有可显示的预警。预警须先由人复核：等待复核的只告知复核人，复核后才在此显示。",
        "No case can be shown. Warnings await review by a person first: until then they are told to reviewers alone, "
        "and stand here afterwards.",
    ),
    "cases.reader": Bilingual(
        "此处只有已由人复核的预警；等待复核的只告知复核人。",
        "Only warnings that a person has reviewed stand here; those that await review are told to reviewers alone.",
    ),
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
    "case.chance": Bilingual("{months}个月内出现的可能性", "Chance within {months} {months:month|months}"),
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
    "case.weight": Bilingual("占全部影响的{share}", "{share} of all that moves the chance"),
    "case.support": Bilingual("建议的关爱措施", "Suggested support"),
    "case.support.within": Bilingual("建议{many}天内开始", "to begin within {many} {many:day|days}"),
    "case.support.courses": Bilingual("可选课程", "Courses"),
    "case.support.none": Bilingual("没有建议的措施；由人决定。", "Nothing is suggested; people decide."),
    "case.history": Bilingual("处理过程", "What was done"),
    "case.history.opened": Bilingual("夜间计算生成", "opened by the night"),
    "case.history.zone": Bilingual("时间均为{zone}。", "Times are {zone}."),
    "case.history.to": Bilingual("指派给{name}", "assigned to {name}"),
    "case.me": Bilingual("我本人（{name}）", "me ({name})"),
    "case.me.unnamed": Bilingual("我本人", "me"),
    "case.token": Bilingual("{name}（统一身份认证）", "{name} (signed in by token)"),
    "case.assign.none": Bilingual(
        "没有其他可复核此预警的密钥；可指派给本人。", "Nobody else holds a key that may review this case."
    ),
    "case.assign.nobody": Bilingual(
        "现在没有可指派的人：您以程序的密钥登录，也没有其他人的密钥可复核此预警。",
        "There is nobody to assign it to: you signed in with a program's key, and no person's key may review it.",
    ),
    "case.assign.unknown": Bilingual(
        "请从列出的复核人中选择；所选的人已不能复核此预警。",
        "Choose one of the reviewers who are listed; whoever was chosen may not review this case.",
    ),
    "case.false_alarm_later": Bilingual(
        "若是误报：须先由人确认已复核，随后即可认定为误报；未经人看过的预警不能撤销。",
        "A false alarm? A person has to acknowledge the case first; it can then be found a false alarm at once. No "
        "warning is taken back that nobody has looked at.",
    ),
    "case.was": Bilingual("曾评为{grade}，{state}", "was {grade}; {state}"),
    "case.was.expired": Bilingual("曾评为{grade}，已失效", "was {grade}; expired"),
    "case.refused": Bilingual("这一步没有完成", "This step was not taken"),
    "case.refused.typed": Bilingual("您所写的内容（尚未保存，可复制）", "What you wrote (not kept yet; copy it)"),
    "case.refused.back": Bilingual("返回该预警，查看现状", "Back to the case as it is now"),
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
    "case.field.assign_to": Bilingual("复核人", "Reviewer"),
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
