"""What a model card says, in Chinese and English; `{...}` is filled in."""

from __future__ import annotations

from collections.abc import Mapping

from data_contracts.vocabulary import Bilingual

LANGUAGES = ("zh", "en")
PURPOSE: Mapping[str, tuple[Bilingual, ...]] = {
    "risk": (
        Bilingual(
            "用途：尽早提供支持。预警是支持提示，须经人工复核，90 天内失效。",
            "For early support: a warning is a prompt that a person reviews, and it expires within 90 days.",
        ),
        Bilingual(
            "不得用于：处分、排名、末位淘汰，或任何无人复核的自动决定。",
            "Never for discipline, for a ranking of people, or for any decision without a person.",
        ),
        Bilingual(
            "标签是已查实的结论或考勤事实，以训练日已知为准；未结投诉按其被查实的概率计入。",
            "Labels are findings or duty facts as known on the day of training; a complaint still open counts by its "
            "chance to be sustained.",
        ),
        Bilingual(
            "性别、民族、年龄只用于本卡的审计，从不作为模型输入。",
            "Sex, ethnicity and age serve the audit on this card only; no model ever sees them.",
        ),
    ),
    "next-post": (
        Bilingual(
            "用途：为民警推荐下一岗位，供本人和政工部门参考。", "For suggesting next posts to an officer and the desk."
        ),
        Bilingual(
            "不得用于：替代选拔程序或自动调动。", "Never in place of selection, and never to move anyone by itself."
        ),
    ),
    "courses": (
        Bilingual(
            "用途：按同路径民警近期所学，为民警排列可选课程；必修课程由规则决定，不由模型决定。",
            "For ordering optional courses by what officers on the same way take; what is required is a rule's, never "
            "the model's, to say.",
        ),
        Bilingual(
            "不得用于：评价民警的学习表现，或自动指派培训。",
            "Never to judge how an officer learns, and never to send anyone to a course by itself.",
        ),
    ),
    "paths": (
        Bilingual(
            "用途：向民警说明通往其职业目标的路径、时间与差距，供本人和政工部门参考。",
            "For telling an officer and the desk the ways to a career goal, their times and the gaps on them.",
        ),
        Bilingual(
            "不得用于：替代选拔程序，或把可能性当作承诺或评价。",
            "Never in place of selection, and a chance is neither a promise nor a judgement of anyone.",
        ),
    ),
    "concerns": (
        Bilingual(
            "用途：按诉求文字建议类别、紧急程度与帮助者，并提示逾期可能；由人决定如何办理。",
            "For suggesting a category, how urgent it is and who helps from the words of a concern, and for telling "
            "where a deadline may be missed; people decide what is done.",
        ),
        Bilingual(
            "不得用于：评价提出诉求的人。文字从不进入风险模型；模型只学部门编写的例句，不学任何人的诉求原文。",
            "Never to judge who raised a concern. The words never reach a risk model; what is learned are phrases that "
            "the department wrote, and no words that anybody raised.",
        ),
    ),
}
WORDS: Mapping[str, tuple[str, str]] = {
    "title": ("模型卡：{name} 第 {version} 版", "Model card: {name} version {version}"),
    "passed": ("结论：通过发布检验。", "It passed the gate."),
    "passed_waived": (
        "结论：发布检验通过，其中{many}项检验未得出结论，经签字豁免。",
        "It passed the gate with {many} {many:check|checks} waived: inconclusive, and signed for.",
    ),
    "refused": ("结论：未通过发布检验，不得启用。", "It did not pass the gate and may not answer."),
    "stop": ("。", "."),
    "whole": ("整体检验", "As a whole"),
    "not_served": ("不提供的结果", "Not served"),
    "because": ("{outcome}不提供，因为{why}", "{outcome} is not served because {why}"),
    "what": ("项目", "what"),
    "value": ("值", "value"),
    "hash": ("工件摘要（sha256）", "artefact (sha256)"),
    "trained": ("训练日", "trained on"),
    "service": ("特征服务", "feature service"),
    "data": ("数据摘要", "data hash"),
    "served": ("提供的结果", "outcomes served"),
    "only_judged": ("经检验的结果（未通过，均不得提供）", "outcomes judged (refused: none may answer)"),
    "check": ("检验代码", "check"),
    "means": ("含义", "what it is"),
    "found": ("结果", "found"),
    "must": ("要求", "must be"),
    "status": ("结论", "status"),
    "judged": (
        "检验日：{days}；{rows:,} 人次，{events:,.0f} 起。",
        "Judged at {days}: {rows:,} rows, {events:,.0f} events.",
    ),
    "curves": ("校准与不同预警预算下的精确率", "calibration, and precision by alert budget"),
    "past_beaten": (
        "比“按本人近 24 个月同类情况排序”好：同等预算下精确率差 {gain} {interval}。",
        "It beats the outcome's own past 24 months: precision at the alert budget differs by {gain} {interval}.",
    ),
    "past_not_beaten": (
        "注意：未能证明本版比“按本人近 24 个月同类情况排序”好：同等预算下精确率差 {gain} {interval}。",
        "Note: this version is not shown to beat the outcome's own past 24 months: precision at the alert budget "
        "differs by {gain} {interval}.",
    ),
    "past_lost": (
        "本版不如“按本人近 24 个月同类情况排序”：同等预算下精确率差 {gain} {interval}。",
        "This version loses to the outcome's own past 24 months: precision at the alert budget differs by {gain} "
        "{interval}.",
    ),
    "past_unmeasured": (
        "注意：本版未与“按本人近 24 个月同类情况排序”比较。",
        "Note: this version was not compared with the outcome's own past 24 months.",
    ),
    "tenths": (
        "按概率分为 {bins} 组，其中 {found} 组的 95 % 区间不含预测值（偶然也会有：每 20 组约 1 组）：",
        "Of {bins} groups by chance, the 95 % interval of {found} does not hold what was said (chance alone does so to "
        "about one in 20):",
    ),
    "tenth": (
        "第 {place} 组（概率由低到高）：预测 {said:.2%}，实际 {came:.2%} [{low:.2%}, {high:.2%}]，{rows:,} 人次",
        "group {place} from the lowest chance: said {said:.2%}, came {came:.2%} [{low:.2%}, {high:.2%}], {rows:,} rows",
    ),
    "grade": ("等级", "grade"),
    "rows": ("人次", "rows"),
    "events": ("发生", "events"),
    "rate": ("发生率", "event rate"),
    "nobody": ("无人", "nobody"),
    "no_event": ("无事件，无法计算", "no event, so nothing to measure"),
    "no_event_least": ("无事件，不低于 {low:.2f}", "no event, at least {low:.2f}"),
    "approach": ("“接近界限”提示的价值", "Alerts that a limit is near: what they are worth"),
    "approach_many": (
        "在各检验日的 {rows:,} 人次中，{near:,} 人次（{share:.1%}）会收到提示：等级为一般或良好，"
        "且概率接近下一更差等级的界限。",
        "Of the {rows:,} rows judged {near:,} ({share:.1%}) would have had an alert: graded good or fair, with a "
        "chance near the limit of the next worse grade.",
    ),
    "approach_near": ("会收到提示者", "who would have been alerted"),
    "approach_others": ("同为良好或一般的其余人员", "the others graded good or fair"),
    "approach_promise": (
        "提示承诺的是等级，而非结局：同样接近者此后 {days} 天内有多少人的等级变差，由每晚批量在此前的夜晚中实测，"
        "写入每条提示和 pharos score 的结果（{when}）；"
        "不足 {least:.0%} 时不提示任何人。训练的检验日相隔一年，无法预先测得。",
        "What an alert promises is the grade, not the outcome: how many as near were graded worse within {days} days. "
        "Each night measures that on the nights before it and tells it in every alert and under pharos score, "
        "{when}; where fewer than {least:.0%} were, nobody is alerted. Days of training lie a year apart and cannot "
        "tell it beforehand.",
    ),
    "approach_when": (
        "启用约 {months} 个月后可测，此前写明“尚无统计”",
        "some {months} months after the version began to answer (until then the alert says that it is not measured "
        "yet)",
    ),
    "approach_never": (
        "接近者不足 {needed} 人时不作统计；各检验日最多 {most} 人，只要仍如此之少就始终不会有统计，"
        "提示一直写明“尚无统计”",
        "but only where {needed} officers or more were near: on the days judged here at most {most} were, and while so "
        "few are, the measurement never comes and alerts go on saying that it is not measured yet",
    ),
    "doubt": ("“无法判断”：承诺与实际", "Unsure: what is promised and what was kept"),
    "doubt_means": (
        "“无法判断”指此概率下发生与不发生往年都不少见。承诺越高，“无法判断”的人越多；结局越难预见，也越多。"
        "政策承诺 {promise:.0%}（data_contracts/policy/grades.toml 的 [doubt]）。要减少，可降低承诺并重新训练，"
        "或积累更多年份与数据。以下各行以一个检验日定界、在下一个检验日实测。",
        "Unsure: at this chance both ends were usual in the past. A higher promise leaves more officers unsure, and so "
        "does an outcome that is hard to foresee. Policy promises {promise:.0%} ([doubt] in "
        "data_contracts/policy/grades.toml). To lower the share, promise less and train again, or gather more years "
        "and tables. Each line was set on one day and measured on the next.",
    ),
    "doubt_unknown": (
        "只有一个检验日，无法实测。",
        "There is only one day to judge by, so nothing could be measured.",
    ),
    "promised": ("承诺", "promised"),
    "kept_came": ("发生者中兑现", "kept when it came"),
    "kept_stayed": ("未发生者中兑现", "kept when it did not"),
    "unsure": ("无法判断", "unsure"),
    "groups": ("{outcome}：各组", "{outcome}: groups"),
    "method": (
        "“通过”：95 % 区间整体在允许范围内。“不通过”：估计值在范围外，且对所有组同时成立的区间不含相等。"
        "其余为“无法判定”，不等于通过，须两人签字。† 表示单看该组的 95 % 区间会判不通过。",
        "Pass: the whole 95 % interval lies inside the band. Fail: the figure lies outside, and the interval that "
        "holds for all groups at once excludes equality. Anything else is inconclusive, which is not a pass and needs "
        "two signatures. † marks groups that their own 95 % interval alone would fail.",
    ),
    "lists_judged": (
        "依据 {first} 至 {last} 间的 {rows:,} 份名单：模型当时会展示什么，以及此后的实际去向。",
        "Judged on {rows:,} lists between {first} and {last}: what the model would have shown, and what came.",
    ),
    "lists_quality": (
        "名单质量 {measure} 与各对照方法在同一批名单上的比较，附 95 % 区间（以民警为单位）",
        "The quality of the lists ({measure}) beside that of its peers on the same lists, with 95 % intervals by "
        "officer",
    ),
    "stratum": ("情形或时段", "stratum or window"),
    "lists": ("名单数", "lists"),
    "from_day": ("自 {day}", "from {day}"),
    "lists_method": (
        "各列为该组减去其余民警之差及其 95 % 区间：名单质量（NDCG），以及各类岗位或课程的曝光份额（位置 r 权重 "
        "1/log2(1+r)）。“通过”：区间整体在允许范围内。“不通过”：差值在范围外，且对所有组同时成立的区间不含零；"
        "但若通常的差距同样大（曝光：实际去向之差；质量：简单模型在同样名单上之差），则须书面说明。其余为“无法判定”，须两人签字。"
        "† 表示单看该组的 95 % 区间会判不通过。",
        "Columns are a group less everybody else, with 95 % intervals: the quality of lists (NDCG), and the share of "
        "exposure of each kind of post or course (place r weighs 1/log2(1+r)). Pass: the whole interval lies inside "
        "the band. Fail: the figure lies outside, and the interval that holds for all groups at once excludes zero; "
        "where the usual gap is as wide (of exposure: in what was really taken; of quality: of a plain peer on the "
        "same lists), it must be explained in writing instead. Anything else is inconclusive and needs two signatures. "
        "† marks groups that their own 95 % interval alone would fail.",
    ),
    "lists_lacking": (
        "未登记、因而无法比较的属性：{names}。",
        "Attributes that nobody recorded, so that groups cannot be compared: {names}.",
    ),
    "excused": (
        "人数不足全警 {share:.0%}，合并后仍不足，书面豁免：{names}。",
        "Under {share:.0%} of the force even when pooled, and so excused here in writing: {names}.",
    ),
    "group": ("组", "group"),
    "officers": ("民警", "officers"),
    "ratio": ("预测/实际", "predicted / observed"),
    "gap": ("检出率差", "true-positive gap"),
    "flags": ("预警率比", "flag ratio"),
    "alarms": ("误报率比", "false-positive ratio"),
    "signed": ("签字", "Signed"),
    "kind": ("种类", "kind"),
    "by": ("签字人", "signed by"),
    "on": ("日期", "on"),
    "reason": ("理由", "reason"),
    "checks": ("检验项数", "lines"),
    "signed_for": ("{outcome} {many} 项", "{outcome}: {many}"),
    "waiver": ("豁免", "waiver"),
    "justification": ("书面说明", "justification"),
}
