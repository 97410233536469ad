"""Words of every page, of signing in, and of a page that is not there."""

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
    "beijing_time": Bilingual("北京时间", "Beijing time"),
    "people": Bilingual("{many}人", "{many} {many:officer|officers}"),
    "grade": Bilingual("等级", "Grade"),
    "unsure": Bilingual("把握不足", "not sure"),
    "months": Bilingual("{many}个月", "{many} {many:month|months}"),
    "scroll": Bilingual("表格，可左右滚动", "Table; it scrolls sideways"),
    "more": Bilingual("更多", "More"),
    "back": Bilingual("返回", "Back"),
    "none": Bilingual("无", "None"),
    "notice": Bilingual("须知", "Please note"),
    "part.problem": Bilingual("这一部分没有显示出来。", "This part could not be shown."),
    "part.retry": Bilingual("重试", "Try again"),
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
NO_PAGE: Mapping[str, Bilingual] = {
    "no_page": Bilingual("此密钥不打开任何页面", "This key opens no page"),
    "no_page.lead": Bilingual(
        "您已登录，但此密钥或令牌只供程序调用接口，没有可看的页面。",
        "You are signed in, but this key or token is for programs that call the interface; no page belongs to it.",
    ),
    "no_page.scopes": Bilingual("它的权限：{scopes}", "What it may do: {scopes}"),
    "no_page.next": Bilingual(
        "需要查看页面时，请向管理员申请相应权限的密钥；民警本人请用自己的令牌登录。",
        "To look at pages, ask whoever gave you the key for one with the scopes of your work; officers sign in with a "
        "token of their own.",
    ),
}
