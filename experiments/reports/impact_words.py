"""The fixed words of an impact assessment: what is asked of the department, which risks there are, what meets them."""

from __future__ import annotations

from data_contracts.vocabulary import Bilingual

TITLE = Bilingual("影响评估：{name} 第 {version} 版", "Impact assessment: {name} version {version}")
INTRO = Bilingual(
    "本页由 `pharos report impact` 写出：数字取自状态目录 `{state}` 中的准入记录，期限与密级取自数据契约与部门规则，"
    "均非手工填写。标有〔由部门填写〕之处须由部门填写并署名；模型重新训练后请重新生成。程序版本 {release}。",
    "Written by `pharos report impact`: figures are those of the gate over the state folder `{state}`, terms and "
    "classes are those of contracts and policy, none typed in. What is marked [department] is for the department to "
    "fill in and to sign; make the page anew after training. Program version {release}.",
)
BLANK = Bilingual("〔由部门填写〕", "[department]")

MODEL = Bilingual("一、所评估的模型", "1. What is assessed")
PURPOSE_HEAD = Bilingual("二、目的", "2. Purpose")
BASIS = Bilingual("三、法律依据", "3. Legal basis")
PEOPLE = Bilingual("四、所涉人员", "4. People concerned")
DATA = Bilingual("五、所用数据与密级", "5. Data used, by classification")
NEED = Bilingual("六、必要性：比简单规则好多少", "6. Necessity: what it adds to a simple rule")
RISKS_HEAD = Bilingual("七、风险与措施", "7. Risks and measures")
FAIRNESS = Bilingual("八、各群体的公平性数字", "8. Groups and fairness figures")
RIGHTS_HEAD = Bilingual("九、民警的权利", "9. Rights of officers")
REVIEW = Bilingual("十、人工复核", "10. Human review")
KEPT = Bilingual("十一、保存期限", "11. Retention")
DECIDED = Bilingual("十二、由谁决定", "12. Who decided")

LEGAL = (
    Bilingual("处理个人信息的依据（《个人信息保护法》第十三条）", "basis of processing (PIPL, article 13)"),
    Bilingual("敏感个人信息的特定目的与必要性（第二十八条）", "sensitive data: purpose and necessity (article 28)"),
    Bilingual("自动化决策的说明与拒绝权（第二十四条）", "automated decisions: explanation, refusal (article 24)"),
    Bilingual(
        "本评估的存档，至少三年（第五十五、五十六条）", "record of this assessment, three years (articles 55, 56)"
    ),
)

RISKS = (
    (
        Bilingual("预警被当作处分或排名的依据", "a warning is used to punish or to rank"),
        Bilingual(
            "预警是待办，须经人复核，到期自行结束；等级较差或一般者对无复核权限者整体不显示",
            "a warning is a case that a person reviews and that ends by itself; grades poor and fair are withheld "
            "whole from callers without the right to review",
        ),
        "tests/serving/test_cases.py",
    ),
    (
        Bilingual("模型对某一群体不公", "the model is unfair to a group"),
        Bilingual(
            "准入关逐群体检查校准与漏报，不明者须两人署名；性别、民族、年龄从不作为输入",
            "the gate checks calibration and misses of each group, and what is unclear needs two signatures; sex, "
            "ethnicity and age are never inputs",
        ),
        "tests/training/test_gate.py",
    ),
    (
        Bilingual("用到当时还不知道的事实", "facts are used that were not known yet"),
        Bilingual(
            "特征按知悉日期计算，训练与服务数值一致",
            "features count by the day known; training and service see the same",
        ),
        "tests/features/test_train_serve.py",
    ),
    (
        Bilingual("不该看到的人看到", "the wrong person sees it"),
        Bilingual(
            "密钥按单位与权限授予，每次读取入审计链，逐个地址与角色受测",
            "keys by unit and scope, each read a line of the audit chain, every address and role asked in a test",
        ),
        "tests/serving/test_authorisation_matrix.py",
    ),
    (
        Bilingual("模型文件或记录被改动", "a model or a record is changed"),
        Bilingual(
            "模型签名后方可加载；审计链指出第一条被改动的记录",
            "models load only as signed; the chain names the first changed line",
        ),
        "tests/data_contracts/test_audit_breaks.py",
    ),
    (
        Bilingual("数字过时", "figures grow old"),
        Bilingual(
            "`pharos watch` 报告漂移；特征超过 72 小时不予评分",
            "`pharos watch` tells drift; features over 72 hours old are not scored",
        ),
        "tests/experiments/test_watch.py",
    ),
    (
        Bilingual("支持不足，只有预警", "warnings come without support"),
        Bilingual(
            "每条预警附支持建议及期限；未办结者列出", "each warning names support and its term; open cases are listed"
        ),
        "tests/serving/test_night_support.py",
    ),
)

RIGHTS = (
    Bilingual("查看用到了哪些数据：`POST /v1/mine`", "to see what was used: `POST /v1/mine`"),
    Bilingual("提出异议，由人在 {answer} 天内答复", "to contest, answered by a person within {answer} days"),
    Bilingual("选择退出：`POST /v1/opt_out`，不附理由", "to opt out, without a reason: `POST /v1/opt_out`"),
    Bilingual("离开时清除：`pharos erase`，并留签名证明", "to be erased: `pharos erase`, with a signed proof"),
)
REVIEWED = (
    Bilingual("每条预警在 {review} 天内由人查看", "a person looks at each warning within {review} days"),
    Bilingual("此后 {support} 天内给予支持或撤销", "support, or dismissal, within {support} days after that"),
    Bilingual("预警 {expiry} 天后自行结束", "a warning ends by itself after {expiry} days"),
    Bilingual("系统本身不作任何处分、调动或排名", "nothing is punished, moved or ranked by the system itself"),
)

HEADS = {
    "facts": (Bilingual("事项", "what"), Bilingual("内容", "value")),
    "legal": (Bilingual("问题", "question"), Bilingual("答复", "answer")),
    "people": (
        Bilingual("结局", "outcome"),
        Bilingual("检验的截止日", "judged on"),
        Bilingual("人次", "rows"),
        Bilingual("其后发生", "events"),
    ),
    "data": (
        Bilingual("表", "table"),
        Bilingual("公开", "public"),
        Bilingual("内部", "internal"),
        Bilingual("敏感", "confidential"),
        Bilingual("高度敏感", "restricted"),
        Bilingual("可用于训练的列", "may train"),
    ),
    "need": (
        Bilingual("检查", "check"),
        Bilingual("结果", "found"),
        Bilingual("要求", "must be"),
        Bilingual("结论", "status"),
    ),
    "risks": (Bilingual("风险", "risk"), Bilingual("措施", "measure"), Bilingual("由何测试守护", "kept by")),
    "statuses": (Bilingual("结论", "status"), Bilingual("检查数", "checks")),
    "kept": (Bilingual("内容", "what"), Bilingual("保存期限", "kept"), Bilingual("依据", "basis")),
    "decided": (
        Bilingual("事项", "what"),
        Bilingual("署名", "signed by"),
        Bilingual("日期", "on"),
        Bilingual("理由", "reason"),
    ),
}

GROUP = Bilingual("群体", "group")
FACTS = {
    "model": Bilingual("模型", "model"),
    "hash": Bilingual("模型文件（sha256）", "artefact (sha256)"),
    "trained": Bilingual("训练截至", "trained on"),
    "data": Bilingual("数据哈希", "data hash"),
    "served": Bilingual("所答结局", "outcomes told"),
    "not_served": Bilingual("未采用的结局", "outcomes not told"),
    "verdict": Bilingual("准入", "gate"),
}
PASSED = Bilingual("已通过，可以作答", "passed: it may answer")
REFUSED = Bilingual("未通过，不得作答", "did not pass: it may not answer")
SIGNED = {"waiver": Bilingual("双签豁免", "waiver"), "justification": Bilingual("书面说明", "justification")}
SIGNED_FOR = Bilingual("{what}（{many}项）", "{what} ({many})")
DECISION = Bilingual("是否采用、范围与期限", "whether to use it, where, until when")
PEOPLE_NOTE = Bilingual(
    "被检验的是记录中的在职民警；同一人可在几个截止日各计一次。",
    "Those judged are the officers in service of the records; one may count once on each day.",
)
FAIRNESS_NOTE = Bilingual(
    "单个属性的群体；两个属性的组合见模型卡。数字后为 95 % 区间。",
    "Groups of one attribute; pairs stand on the model card. Figures with their 95 % interval.",
)
RESULTS_KEPT = {
    "months": Bilingual("夜间结果", "nightly results"),
    "audit_months": Bilingual("审计链", "audit chain"),
    "quarantine_days": Bilingual("被拒收的行", "refused rows"),
    "suggestions_months": Bilingual("建议、反馈与计划", "suggestions, feedback, plans"),
    "backups_days": Bilingual("升级前的备份", "copies of upgrades"),
}
MONTHS, DAYS = Bilingual("{n} 个月", "{n} months"), Bilingual("{n} 天", "{n} days")
SERVING = Bilingual("任职期间，离开后再 {n} 个月", "while serving and {n} months after")
