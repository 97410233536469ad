"""Words of an officer's own pages."""

from __future__ import annotations

from collections.abc import Mapping

from data_contracts.vocabulary import Bilingual

OFFICER: Mapping[str, Bilingual] = {
    "me": Bilingual("我的路径", "My path"),
    "me.goal": Bilingual("目标：{goal}", "Goal: {goal}"),
    "me.from": Bilingual("现任：{start}", "Now: {start}"),
    "me.from.ended": Bilingual(
        "现无任职；最近任职：{start}，至{day}", "No post is held; the last: {start}, until {day}"
    ),
    "me.chance": Bilingual(
        "{months}个月内经任一路径达到目标的可能性",
        "Chance of the goal within {months} {months:month|months}, by any way",
    ),
    "me.chance.declined": Bilingual(
        "{months}个月内经任一路径达到目标的可能性，您表示不感兴趣、未列出的路径也计算在内，不计入时为{chance}",
        "Chance of the goal within {months} {months:month|months}, by any way; declined ones, not shown, count too, "
        "and without them it is {chance}",
    ),
    "me.chance.adds": Bilingual(
        "每一步的可能性只指紧接着的一次调动就去往此处；目标也可经其他路径达到，因此目标的可能性可以更高。",
        "The chance of a step is that the very next move goes to that post; the goal may also be reached by other "
        "ways, so its chance can be higher.",
    ),
    "me.reached": Bilingual("目标已达到：{goal}（自{day}起）", "The goal is reached: {goal}, since {day}"),
    "me.in_field": Bilingual("现任岗位已属于目标领域", "Your post already belongs to the field you aim at"),
    "me.no_path": Bilingual("目前没有可行的路径", "There is no way to it at present"),
    "me.missing": Bilingual("还缺什么", "What is missing"),
    "me.missing.none": Bilingual("没有发现缺少的能力或条件。", "Nothing is found missing."),
    "me.level": Bilingual(
        "{name}：现为{level}，岗位要求{standard}", "{name}: {level} now, the post asks for {standard}"
    ),
    "me.level.none": Bilingual(
        "{name}：尚未测评，岗位要求{standard}", "{name}: never assessed, the post asks for {standard}"
    ),
    "me.course": Bilingual("可学的课程", "Courses that help"),
    "me.course.hours": Bilingual("{hours}学时", "{hours} {hours:hour|hours}"),
    "me.rules": Bilingual("尚不满足的规则", "Rules not met yet"),
    "me.points": Bilingual("该步可得{points}分", "this step earns {points} {points:point|points}"),
    "me.when": Bilingual(
        "预计{day}（80%的情况在{low}至{high}之间）", "expected {day} (8 of 10 between {low} and {high})"
    ),
    "me.change": Bilingual("最有帮助的一项改变", "The single change that would help most"),
    "me.change.to": Bilingual(
        "经任一路径达到目标的可能性由{before}升至{chance}",
        "the chance of the goal by any way, from {before} to {chance}",
    ),
    "me.change.nearer": Bilingual("到达“{goal}”的可能性：{chance}", "the chance of reaching {goal}: {chance}"),
    "me.why": Bilingual("为什么是这一步", "Why this step"),
    "me.why.place": Bilingual(
        "以往从前一岗位调动的人中，情况与您相似者约{chance}去往此处。",
        "Of officers like you who moved on from the post before, about {chance} went here.",
    ),
    "me.why.when": Bilingual(
        "时间按以往在前一岗位任职多久估计：距今约{months}个月，80%的情况在{low}至{high}个月之间，且不早于规则允许之日。",
        "The time comes from how long people stayed in the post before: about {months} {months:month|months} from "
        "now, 8 of 10 between {low} and {high}, and not before rules allow it.",
    ),
    "me.changes": Bilingual("可以带来路径的改变", "What would open a way"),
    "me.others": Bilingual("其他路径", "Other ways"),
    "me.way": Bilingual(
        "路径{number}：只沿此路到达的可能性{chance}", "Way {number}: chance of arriving this very way {chance}"
    ),
    "me.way.first": Bilingual("第一条路径", "The way that holds first"),
    "me.kept_away": Bilingual("您表示不感兴趣、暂不再建议的内容", "What you declined, not suggested for now"),
    "me.kept_away.until": Bilingual("至{day}", "until {day}"),
    "me.means": Bilingual("这些可能性是什么意思", "What these chances mean"),
    "progress": Bilingual("进度", "Progress"),
    "progress.first": Bilingual("首次制定", "first plan"),
    "progress.on_track": Bilingual("按计划", "on track"),
    "progress.ahead": Bilingual("提前", "ahead"),
    "progress.off_track": Bilingual("偏离计划", "off track"),
    "progress.reached": Bilingual("已达到", "reached"),
    "progress.no_path": Bilingual("无路径", "no way now"),
    "path.now": Bilingual("现在", "Now"),
    "path.next": Bilingual("下一步", "Next"),
    "path.later": Bilingual("以后", "Later"),
    "path.now.since": Bilingual("{day}", "{day}"),
    "path.about": Bilingual("{day}前后", "about {day}"),
    "path.step.chance": Bilingual("届时去往此处：{chance}", "if a move comes: {chance}"),
    "path.goal": Bilingual("目标", "goal"),
    "path.picture": Bilingual("路径图：{ways}", "Picture of the ways: {ways}"),
    "path.title": Bilingual("现在、下一步、以后", "Now, next, later"),
    "path.legend": Bilingual("下方横条为各步80%的时间区间。", "Bars below hold 8 of 10 cases of when a step comes."),
    "path.legend.others": Bilingual(
        "实线为第一条路径，虚线为其他路径；下方横条为各步80%的时间区间。",
        "The solid line is the first way, dashed lines are others; bars below hold 8 of 10 cases of when a step comes.",
    ),
    "wish": Bilingual("我的意愿", "My wishes"),
    "wish.stated": Bilingual("已登记的目标", "Goal on record"),
    "wish.stated.of": Bilingual(
        "{goal}（{months}个月内，{day}提出）", "{goal}, within {months} {months:month|months}, stated on {day}"
    ),
    "wish.stated.none": Bilingual("尚未登记目标。", "No goal is on record."),
    "wish.coming": Bilingual(
        "{goal}（{months}个月内）：已登记，自{day}起计入",
        "{goal}, within {months} {months:month|months}: on record, counts from {day}",
    ),
    "wish.coming.until": Bilingual("在此之前按上面的目标规划。", "Until then the goal above is planned for."),
    "me.goal.coming": Bilingual(
        "您的目标“{goal}”已登记，自{day}起计入，届时显示路径；现在可在下方先查看。",
        "Your goal “{goal}” is on record and counts from {day}; the way to it stands here then. You may look at it "
        "below already.",
    ),
    "wish.saved": Bilingual("已收藏的建议", "Saved suggestions"),
    "wish.saved.none": Bilingual("还没有收藏。", "Nothing is saved yet."),
    "wish.saved.post": Bilingual("岗位", "post"),
    "wish.saved.path": Bilingual("路径", "path"),
    "wish.saved.course": Bilingual("课程", "course"),
    "wish.vacancies.closed": Bilingual("报名已截止的志愿", "Wishes for vacancies that have closed"),
    "wish.closed": Bilingual("{day}已截止", "closed on {day}"),
    "wish.wished": Bilingual("{day}填报", "stated on {day}"),
    "wish.vacancies": Bilingual("已填报的志愿", "Wishes for vacancies"),
    "wish.vacancies.none": Bilingual("没有填报的志愿。", "No wish is on record."),
    "wish.closes": Bilingual("{day}截止", "closes {day}"),
    "wish.try": Bilingual("看看另一个目标", "Look at another goal"),
    "wish.goal": Bilingual("目标", "Goal"),
    "wish.months": Bilingual("期限", "Within"),
    "wish.look": Bilingual("查看路径", "Show the way"),
    "wish.state": Bilingual("登记为我的目标", "Make it my goal"),
    "wish.looking": Bilingual(
        "正在查看“{goal}”，尚未登记为您的目标。", "You are looking at “{goal}”; it is not your goal on record."
    ),
    "wish.over": Bilingual("期限已于{day}届满，请重新登记", "its term ended on {day}; state it again"),
    "wish.again": Bilingual(
        "重新登记：{goal}，{months}个月", "State it again: {goal}, within {months} {months:month|months}"
    ),
    "wish.own": Bilingual("回到我登记的目标", "Back to my own goal"),
    "say.save": Bilingual("收藏", "Save"),
    "say.saved": Bilingual("已收藏（{day}）", "Saved on {day}"),
    "say.decline": Bilingual("不感兴趣", "Not for me"),
    "say.reason": Bilingual("原因（必填）", "Why (needed)"),
    "say.reason.optional": Bilingual("原因（可不填）", "Why (may stay empty)"),
    "say.item": Bilingual("{what}：{name}", "{what}: {name}"),
    "done.saved": Bilingual("已收藏。", "Saved."),
    "done.declined": Bilingual("已记录，暂不再建议此项。", "Noted; it is not suggested again for now."),
    "done.goal": Bilingual("目标已登记。", "Your goal is on record."),
    "done.goal.from": Bilingual("目标已登记，自{day}起计入。", "Your goal is on record and counts from {day}."),
    "done.contested": Bilingual("异议已提出，将由人复核。", "Your contest is in; people will look at it."),
    "done.out": Bilingual("您已拒绝仅由系统作出的评估。", "You opted out of being assessed by the system alone."),
    "done.in": Bilingual("您已恢复由系统评估。", "You opted in again."),
    "posts": Bilingual("建议的下一岗位", "Posts that could be next"),
    "posts.likelihood": Bilingual("可能性{chance}", "likelihood {chance}"),
    "posts.fit": Bilingual("匹配度{fit}", "fit {fit}"),
    "posts.vacancy": Bilingual("{unit}：{many}个名额", "{unit}: {many} {many:place|places}"),
    "posts.unchecked": Bilingual(
        "尚未任职，下列规则现在无法核查：", "Before a first post these rules cannot be checked:"
    ),
    "posts.not_checked": Bilingual("以下要求无从核查：", "Not checked:"),
    "posts.none": Bilingual("现在没有可建议的岗位。", "No post can be suggested now."),
    "posts.none.because": Bilingual(
        "现在没有可建议的岗位，因为尚不满足以下规则：", "No post can be suggested now, because of rules not met yet:"
    ),
    "posts.barred": Bilingual("所限岗位：{posts}", "it bars {posts}"),
    "courses": Bilingual("建议的课程", "Suggested courses"),
    "courses.none": Bilingual("现在没有可建议的课程。", "No course can be suggested now."),
    "courses.due": Bilingual("{day}到期", "due {day}"),
    "courses.overdue": Bilingual("已逾期", "overdue"),
    "courses.kind.required": Bilingual("必修", "required"),
    "courses.kind.goal": Bilingual("目标所需", "for the goal"),
    "courses.kind.gap": Bilingual("补能力差距", "closes a gap"),
    "courses.kind.next": Bilingual("同路径所学", "taken next"),
    "courses.kind.ranked": Bilingual("模型排序", "ranked by the model"),
    "courses.kind.wave": Bilingual("新课推广", "rolling out"),
    "courses.kind.small": Bilingual("零散时间", "fits spare time"),
    "points": Bilingual("我的积分", "My points"),
    "points.total": Bilingual("总分{points}分", "{points} {points:point|points} in all"),
    "points.lines": Bilingual("逐项说明", "Line by line"),
    "points.of": Bilingual("{points}分，上限{cap}分", "{points} of {cap} at most"),
    "points.full": Bilingual("已满", "at the cap"),
    "points.cut": Bilingual("超出上限{points}分不计", "{points} over the cap {points:does|do} not count"),
    "points.expired": Bilingual("已过期", "expired"),
    "points.until": Bilingual("计至{day}前", "counts until {day}"),
    "points.evidence": Bilingual("依据", "Evidence"),
    "points.evidence.none": Bilingual("没有计分的依据。", "Nothing on record earns points here."),
    "points.plan": Bilingual("怎样得更多分", "What would earn more"),
    "points.plan.missing": Bilingual("还缺多少分", "Points missing"),
    "points.plan.by": Bilingual("到哪一天", "By which day"),
    "points.plan.ask": Bilingual("计算", "Work it out"),
    "points.plan.ways": Bilingual("各项还能得多少", "What each line could still give"),
    "points.plan.combinations": Bilingual("达到的办法", "How to get there"),
    "points.plan.losses": Bilingual("期限前会到期的分数", "Points that expire before then"),
    "points.rule": Bilingual(
        "积分只按公布的规则表计算，与模型无关。", "Points follow the published rules alone; no model has a part in it."
    ),
    "records": Bilingual("与我有关", "About me"),
    "records.title": Bilingual("与我有关的全部内容", "Everything held and made about me"),
    "records.results": Bilingual("最近一次夜间评估", "The last night's results"),
    "records.results.none": Bilingual("没有评估结果。", "There is no result."),
    "records.chance": Bilingual("可能性{chance}", "chance {chance}"),
    "records.cases": Bilingual("有关我的预警", "Warnings about me"),
    "records.cases.none": Bilingual("没有有关您的预警。", "There is no warning about you."),
    "records.contest": Bilingual("提出异议", "Contest"),
    "records.contest.why": Bilingual("请说明哪里不对（必填）", "Say what is wrong (needed)"),
    "records.data": Bilingual("保存了哪些记录", "Records that are held"),
    "records.data.name": Bilingual("记录", "Record"),
    "records.data.rows": Bilingual("条数", "Rows"),
    "records.data.used": Bilingual("是否用于估算", "Used for estimates"),
    "records.data.kept": Bilingual("保存多久", "How long it is kept"),
    "records.data.basis": Bilingual("依据", "Why"),
    "records.data.audit": Bilingual("仅供审计", "audits only"),
    "records.data.serving": Bilingual(
        "在职期间，离职后{many}个月", "while serving, and {many} {many:month|months} after"
    ),
    "records.data.months": Bilingual("{many}个月", "{many} {many:month|months}"),
    "records.yes": Bilingual("是", "yes"),
    "records.no.routing": Bilingual(
        "否，不用于对您的任何估算；类别与日期只用于转办与办理期限，所写文字对您无任何影响",
        "no, in no estimate about you: kinds and days serve to route concerns and keep deadlines, and what was written "
        "counts for nothing",
    ),
    "records.history": Bilingual("处理过程与您所写", "What was done, and what you wrote"),
    "records.history.state": Bilingual("之后：{state}", "then: {state}"),
    "records.no": Bilingual("否", "no"),
    "records.features": Bilingual("估算看了什么", "What estimates looked at"),
    "records.features.none": Bilingual("没有可显示的内容。", "There is nothing to show."),
    "records.choice": Bilingual("是否由系统评估", "Being assessed by the system"),
    "records.choice.out": Bilingual("拒绝仅由系统作出的评估", "Opt out"),
    "records.choice.in": Bilingual("恢复由系统评估", "Opt in again"),
    "records.choice.since": Bilingual("您自{day}起已拒绝。", "You opted out on {day}."),
}
