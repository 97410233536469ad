"""Words of the page of models."""

from __future__ import annotations

from collections.abc import Mapping

from data_contracts.vocabulary import Bilingual

MODELS: Mapping[str, Bilingual] = {
    "models": Bilingual("模型", "Models"),
    "models.title": Bilingual("模型", "Models"),
    "models.lead": Bilingual(
        "只显示训练、发布检验与监测写下的内容；启用与退回只能用命令行，且必须通过检验。",
        "What training, the gate and the watch wrote down. Promoting and going back is for the command line alone, "
        "with the gate in the way.",
    ),
    "models.champion": Bilingual("启用中", "champion"),
    "models.challenger": Bilingual("未启用", "not in use"),
    "models.answers_here": Bilingual("本服务正在作答", "answers in this service"),
    "models.promoted_only": Bilingual("已定为启用版本，本服务未换用", "promoted, not taken up by this service"),
    "models.refused_here": Bilingual(
        "第{version}版已定为启用版本，本服务自{since}起未予换用：{why}。",
        "Version {version} was promoted, and this service refuses it since {since}: {why}.",
    ),
    "models.not_yet_here": Bilingual(
        "第{version}版已定为启用版本，本服务尚未换用。",
        "Version {version} was promoted, and this service has not taken it up yet.",
    ),
    "models.goes_on": Bilingual("仍由第{version}版作答。", "Version {version} goes on answering."),
    "models.none_here": Bilingual("本服务没有可作答的版本。", "Nothing answers in this service."),
    "models.again": Bilingual("服务会自动再试，间隔逐次加长。", "It is tried again by itself, later each time."),
    "models.mend": Bilingual("请改正后重新启用，或把别名移回。", "Mend it and promote again, or move the alias back."),
    "models.no_champion": Bilingual("没有启用的版本", "no version answers"),
    "models.no_version": Bilingual("尚未训练。", "Never trained."),
    "models.version": Bilingual("第{version}版", "version {version}"),
    "models.versions": Bilingual("版本", "Versions"),
    "models.trained": Bilingual("训练截止{day}", "trained as of {day}"),
    "models.gate": Bilingual("发布检验", "Gate"),
    "models.passed": Bilingual("通过", "passed"),
    "models.refused": Bilingual("未通过", "refused"),
    "models.unseen": Bilingual("未检验", "never at the gate"),
    "models.open": Bilingual("查看详情", "Details"),
    "models.shown": Bilingual("以下所示为第{version}版。", "What follows is about version {version}."),
    "models.whole": Bilingual("整体检验", "As a whole"),
    "models.check": Bilingual("检验", "Check"),
    "models.found": Bilingual("结果（区间）", "Found (interval)"),
    "models.status": Bilingual("结论", "Verdict"),
    "models.status.pass": Bilingual("通过", "pass"),
    "models.status.waived": Bilingual("双签豁免", "waived"),
    "models.status.explained": Bilingual("已书面说明", "explained"),
    "models.status.inconclusive": Bilingual("无法判定", "inconclusive"),
    "models.status.unexplained": Bilingual("缺书面说明", "unexplained"),
    "models.status.fail": Bilingual("不通过", "fail"),
    "models.fairness": Bilingual("公平性", "Fairness"),
    "models.fairness.lead": Bilingual(
        "每个单元格：数值、95%区间与结论；†表示单看该组会判不通过。",
        "Each cell: the figure, its 95 % interval and the verdict; † means that its own interval alone would fail it.",
    ),
    "models.fairness.of": Bilingual("{subject}：各群体", "{subject}: groups"),
    "models.group": Bilingual("群体", "Group"),
    "models.none": Bilingual("没有记录。", "There is no record."),
    "models.check.events": Bilingual("后续年份的事件数", "events on the later years"),
    "models.events.open": Bilingual(
        "其中{expected}起只是尚未了结事项的可能性之和，并非查实结果",
        "{expected} of them {expected:is the chance|are the chances} of what is still open, no findings",
    ),
    "models.check.count_rule.average_precision": Bilingual(
        "平均精确率较投诉计数规则的增益", "gain in average precision over the count rule"
    ),
    "models.check.count_rule.precision": Bilingual(
        "同等预警名额下精确率较投诉计数规则的增益", "gain in precision over the count rule at the alert budget"
    ),
    "models.check.persistence.precision": Bilingual(
        "同等预警名额下精确率较本人近24个月同类情况的增益",
        "gain in precision over the outcome's own past 24 months at the alert budget",
    ),
    "models.check.calibration_error": Bilingual("校准误差", "calibration error"),
    "models.check.grades": Bilingual(
        "相邻等级实际发生率的最小差", "least step between the event rates of neighbouring grades"
    ),
    "models.check.promise_kept_came": Bilingual(
        "“无法判断”的承诺在发生者中兑现的比例", "promise of “unsure” kept, share of those to whom it came"
    ),
    "models.check.promise_kept_stayed": Bilingual(
        "“无法判断”的承诺在未发生者中兑现的比例", "promise of “unsure” kept, share of those to whom it did not come"
    ),
    "models.check.next-post.ndcg_gain": Bilingual("NDCG@10较马尔可夫模型的增益", "gain in NDCG@10 over a Markov chain"),
    "models.check.courses.ndcg_gain": Bilingual(
        "NDCG@10较近期热度的增益", "gain in NDCG@10 over what is popular lately"
    ),
    "models.check.ndcg_gain_low": Bilingual("该增益95%区间的下限", "lower end of the 95 % interval of that gain"),
    "models.check.hit_gain_low": Bilingual(
        "前五条路径命中率较最常走路径的增益，95%区间下限",
        "lower end of the 95 % gain in hits of five paths over the most frequent ways",
    ),
    "models.check.coverage": Bilingual(
        "80%时间区间的实际覆盖率", "share of arrivals within the 80 % intervals of time"
    ),
    "models.check.concerns.gain_low": Bilingual(
        "首选正确率较按名称查找的增益，95%区间下限",
        "lower end of the 95 % gain in right first answers over looking for names",
    ),
    "models.check.concerns.told": Bilingual("给出小类的文本比例", "share of texts that a subcategory is told for"),
    "models.check.concerns.told_right": Bilingual("给出的小类正确率", "share of told subcategories that are right"),
    "models.check.concerns.calibration_error": Bilingual(
        "首选概率的校准误差", "calibration error of the first answer's chance"
    ),
    "models.check.concerns.urgent_found": Bilingual("紧急诉求识别率", "share of urgent texts found"),
    "models.check.concerns.urgent_false_alarms": Bilingual(
        "一般诉求误报为紧急的比例", "share of normal texts called urgent"
    ),
    "models.check.lists": Bilingual("保存的后续名单", "lists of later time that were kept"),
    "models.measure.calibration": Bilingual("预测/实际", "predicted / observed"),
    "models.measure.true_positive_gap": Bilingual("检出率之差", "true-positive gap"),
    "models.measure.flag_ratio": Bilingual("预警率之比", "flag ratio"),
    "models.measure.false_positive_ratio": Bilingual("误报率之比", "false-alarm ratio"),
    "models.measure.promise_kept_came": Bilingual("承诺兑现（发生）", "promise kept (came)"),
    "models.measure.promise_kept_stayed": Bilingual("承诺兑现（未发生）", "promise kept (stayed)"),
    "models.measure.ndcg_at_5_gap": Bilingual("NDCG@5之差", "NDCG@5 gap"),
    "models.measure.ndcg_at_10_gap": Bilingual("NDCG@10之差", "NDCG@10 gap"),
    "models.measure.gap": Bilingual("{name}：曝光之差", "{name}: exposure gap"),
    "models.signed": Bilingual("谁签了字", "Who signed"),
    "models.signed.waiver": Bilingual("豁免", "waiver"),
    "models.signed.justification": Bilingual("书面说明", "justification"),
    "models.signed.checks": Bilingual("涉及{many}项", "about {many} {many:check|checks}"),
    "models.signed.none": Bilingual("没有需要签字的检验。", "Nothing was signed for."),
    "models.drift": Bilingual("漂移", "Drift"),
    "models.drift.of": Bilingual(
        "{day}，第{version}版，共看{many}项", "{day}, version {version}, {many} {many:figure|figures} looked at"
    ),
    "models.drift.none": Bilingual("尚未监测；请运行 pharos watch。", "Never watched; run `pharos watch`."),
    "models.drift.quiet": Bilingual("平稳", "quiet"),
    "models.drift.warning": Bilingual("提醒", "warning"),
    "models.drift.alert": Bilingual("警报", "alert"),
    "models.drift.not_judged": Bilingual("所看日期在训练之前，不作判定", "looks back, not judged"),
    "models.drift.nothing": Bilingual("没有超出限值的变化。", "Nothing has moved beyond its limit."),
    "models.drift.what": Bilingual("对象", "Of what"),
    "models.drift.then": Bilingual("训练时", "At training"),
    "models.drift.now": Bilingual("现在", "Now"),
    "models.drift.level": Bilingual("级别", "Level"),
    "models.drift.inputs": Bilingual("输入", "inputs"),
    "models.drift.predictions": Bilingual("预测", "predictions"),
    "models.drift.outcomes": Bilingual("结局", "outcomes"),
    "models.decisions": Bilingual("谁作了决定", "Who decided"),
    "models.decisions.lead": Bilingual("摘自审计日志。", "From the audit chain."),
    "models.decisions.earlier": Bilingual(
        "更早的还有{many}项，见审计日志。", "{many} earlier {many:one stands|ones stand} in the audit chain."
    ),
    "models.decisions.none": Bilingual("审计日志中没有有关记录。", "The audit chain tells of nothing."),
    "models.decided.gate_signed": Bilingual("检验签字", "signed for the gate"),
    "models.decided.model_promoted": Bilingual("启用", "promoted"),
    "models.decided.model_rolled_back": Bilingual("退回", "rolled back"),
    "models.decided.model_taken_up": Bilingual("服务已换用", "taken up by the service"),
    "models.decided.model_refused": Bilingual("服务拒绝换用", "refused by the service"),
    "models.decided.wrong": Bilingual("此行与当初所写不符", "this line is not what was written"),
    "models.card": Bilingual("模型卡", "Model card"),
    "models.card.show": Bilingual("展开模型卡全文", "Open the whole card"),
    "models.card.none": Bilingual("没有模型卡。", "There is no card."),
}
