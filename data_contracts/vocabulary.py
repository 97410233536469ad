"""The words of the domain as enums, each with its Chinese and English label; the contracts say the same (tested)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Bilingual:
    """A text for people, Chinese first.

    >>> Bilingual("预警", "warning").zh
    '预警'
    """

    zh: str
    en: str

    @classmethod
    def joined(cls, told: Iterable[Bilingual], between: tuple[str, str] = ("；", "; ")) -> Bilingual:
        """Several texts one after another; empty of none.

        >>> Bilingual.joined([Bilingual("甲", "a"), Bilingual("乙", "b")])
        Bilingual(zh='甲；乙', en='a; b')
        """
        each = list(told)
        return cls(between[0].join(one.zh for one in each), between[1].join(one.en for one in each))


class Word(StrEnum):
    """An enum of codes with labels; a member compares equal to its code.

    >>> Grade.POOR == "poor", Grade.POOR.zh, Grade("fair").en
    (True, '较差', 'fair')
    """

    zh: str
    en: str

    def __new__(cls, code: str, zh: str = "", en: str = "") -> Word:
        """Make a member of its code and its two labels (the defaults serve only the look-up by code)."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.zh = zh
        member.en = en
        return member

    @property
    def label(self) -> Bilingual:
        """Both labels together."""
        return Bilingual(self.zh, self.en)


class Track(Word):
    """The track the officer serves on."""

    ENFORCEMENT = "enforcement", "执法勤务", "law enforcement"
    TECHNICAL = "technical", "警务技术", "police technology"
    GENERAL = "general", "综合管理", "general administration"


class UnitLevel(Word):
    """Level of the unit in the tree."""

    BUREAU = "bureau", "市局", "bureau"
    SUB_BUREAU = "sub_bureau", "分局", "sub-bureau"
    STATION = "station", "派出所", "station"
    COMMUNITY = "community", "社区", "community"


class Education(Word):
    """Highest level of education."""

    SECONDARY = "secondary", "高中及以下", "secondary or less"
    COLLEGE = "college", "大专", "college"
    BACHELOR = "bachelor", "本科", "bachelor"
    MASTER = "master", "硕士", "master"
    DOCTORATE = "doctorate", "博士", "doctorate"


class LeaveKind(Word):
    """How the officer left; used for outcomes only."""

    RETIRED = "retired", "退休", "retired"
    RESIGNED = "resigned", "辞职", "resigned"
    TRANSFERRED_OUT = "transferred_out", "调出", "transferred out"
    DISMISSED = "dismissed", "辞退开除", "dismissed"
    DECEASED = "deceased", "去世", "deceased"
    OTHER = "other", "其他", "other"


class Occasion(Word):
    """Why the posting came about."""

    ENTRY = "entry", "入警", "entry"
    ROTATION = "rotation", "轮岗", "rotation"
    PROMOTION = "promotion", "晋升", "promotion"
    REQUEST = "request", "本人申请", "own request"
    SECONDMENT = "secondment", "挂职借调", "secondment"
    UNKNOWN = "unknown", "不详", "unknown"


class PromotionKind(Word):
    """Entry, step or roster line."""

    ENTRY = "entry", "入警定级", "entry"
    STEP = "step", "晋升", "step"
    ROSTER = "roster", "名册确认", "roster"


class AppraisalKind(Word):
    """One of the three kinds."""

    PERFORMANCE = "performance", "工作绩效", "performance"
    CASE_QUALITY = "case_quality", "执法质量", "case quality"
    SUPERVISION = "supervision", "督察监察", "supervision"


class AppraisalGrade(Word):
    """Grade given."""

    EXCELLENT = "excellent", "优秀", "excellent"
    COMPETENT = "competent", "称职", "competent"
    BASIC = "basic", "基本称职", "basically competent"
    NOT_COMPETENT = "not_competent", "不称职", "not competent"


class HonourLevel(Word):
    """Level of the award."""

    COMMENDATION = "commendation", "嘉奖", "commendation"
    THIRD_CLASS = "third_class", "三等功", "third-class merit"
    SECOND_CLASS = "second_class", "二等功", "second-class merit"
    FIRST_CLASS = "first_class", "一等功", "first-class merit"
    TITLE = "title", "荣誉称号", "honorary title"
    OTHER = "other", "其他", "other"


class ComplaintCategory(Word):
    """Kind of complaint."""

    USE_OF_FORCE = "use_of_force", "使用武力", "use of force"
    SEARCH_ARREST_RIGHTS = "search_arrest_rights", "搜查拘捕与权利", "search, arrest and rights"
    OPERATIONS = "operations", "勤务违规", "operations"
    NEGLECT_UNBECOMING = "neglect_unbecoming", "失职与不当", "neglect or conduct unbecoming"
    VERBAL_ABUSE = "verbal_abuse", "言语不当", "verbal abuse"
    LOCKUP = "lockup", "看押管理", "lock-up"
    OFF_DUTY_CONDUCT = "off_duty_conduct", "非工作时间行为", "conduct off duty"
    CIVIL_SUIT = "civil_suit", "民事诉讼", "civil suit"
    CRIME = "crime", "涉嫌犯罪", "crime"
    TRAFFIC = "traffic", "交通违法", "traffic"
    SUBSTANCE = "substance", "饮酒与药物", "alcohol or drugs"
    OTHER = "other", "其他", "other"


class ComplaintFinding(Word):
    """What was found; unknown while there is no closing date."""

    SUSTAINED = "sustained", "查实", "sustained"
    NOT_SUSTAINED = "not_sustained", "证据不足", "not sustained"
    UNFOUNDED = "unfounded", "不属实", "unfounded"
    EXONERATED = "exonerated", "属实但合规", "exonerated"
    NO_AFFIDAVIT = "no_affidavit", "投诉人未具结", "no affidavit"


class ComplainantType(Word):
    """Who complained."""

    CIVILIAN = "civilian", "群众", "civilian"
    OFFICER = "officer", "民警", "officer"
    UNKNOWN = "unknown", "不详", "unknown"


class Lighting(Word):
    """Light at the scene."""

    DAYLIGHT = "daylight", "白天", "daylight"
    DUSK = "dusk", "黄昏或黎明", "dusk or dawn"
    NIGHT = "night", "夜间", "night"
    ARTIFICIAL_GOOD = "artificial_good", "灯光良好", "good artificial light"
    ARTIFICIAL_POOR = "artificial_poor", "灯光不足", "poor artificial light"
    UNKNOWN = "unknown", "不详", "unknown"


class RaisedBy(Word):
    """Who raised it."""

    OFFICER = "officer", "民警", "officer"
    FAMILY = "family", "家属", "family"
    COMMUNITY = "community", "社区", "community"


class Channel(Word):
    """Channel it came by."""

    ONLINE = "online", "网上", "online"
    HOTLINE = "hotline", "热线", "hotline"
    VISIT = "visit", "走访", "visit"


class GoalKind(Word):
    """Kind of goal."""

    POST = "post", "岗位", "post"
    JOB_FAMILY = "job_family", "职位类别", "job family"
    RANK_STEP = "rank_step", "职级", "rank step"
    TALENT_FIELD = "talent_field", "专业方向", "talent field"


class TalentField(Word):
    """One of the six fields of the talent pool."""

    STANDARD_ENFORCEMENT = "standard_enforcement", "规范执法", "standard law enforcement"
    PRACTICAL_TRAINING = "practical_training", "实战训练", "practical training"
    FIRE_SUPERVISION = "fire_supervision", "消防监督", "fire supervision"
    TRAFFIC = "traffic", "交通管理", "traffic"
    COUNTER_TERRORISM = "counter_terrorism", "反恐维稳", "counter-terrorism and stability"
    INTELLIGENCE_IT = "intelligence_it", "情报信息化", "intelligence and IT"


class ItemKind(Word):
    """Whether a post, a path or a course was suggested."""

    POST = "post", "岗位", "post"
    PATH = "path", "路径", "path"
    COURSE = "course", "课程", "course"


class FeedbackAction(Word):
    """What the officer did."""

    SHOWN = "shown", "已展示", "shown"
    OPENED = "opened", "已打开", "opened"
    SAVED = "saved", "已收藏", "saved"
    DECLINED = "declined", "不感兴趣", "declined"
    DONE = "done", "已完成", "done"


class Ladder(Word):
    """The ladders that policy describes; a source may bring its own beside them."""

    ENFORCEMENT = "enforcement", "执法勤务警员职级", "law enforcement ladder"
    TECHNICAL = "technical", "警务技术职级", "police technology ladder"
    GENERAL = "general", "综合管理职级", "general administration ladder"
    POLICE_RANK = "police_rank", "警衔", "police rank"


class Outcome(Word):
    """What a warning is about, in the months ahead."""

    CONDUCT = "conduct", "查实投诉", "sustained complaint"
    FORCE = "force", "使用武力投诉", "use-of-force complaint"
    STRAIN = "strain", "超负荷", "strain"
    DEPARTURE = "departure", "离队", "departure"
    STAGNATION = "stagnation", "停滞", "stagnation"
    ANY_COMPLAINT = "any_complaint", "任何投诉", "any complaint"


class Labels(Word):
    """What training saw of the findings."""

    MATURE = "mature", "当时已知", "known at training time"
    EVENTUAL = "eventual", "最终结果", "known in the end"


class Grade(Word):
    """The four grades of a warning, worst first."""

    POOR = "poor", "较差", "poor"
    FAIR = "fair", "一般", "fair"
    GOOD = "good", "良好", "good"
    EXCELLENT = "excellent", "最佳", "excellent"

    @property
    def severity(self) -> int:
        """0 for the worst; the overall grade of an officer is the one of least severity number.

        >>> min([Grade.GOOD, Grade.POOR], key=lambda grade: grade.severity)
        <Grade.POOR: 'poor'>
        """
        return list(Grade).index(self)


class SupportKind(Word):
    """Kinds of support action."""

    TALK = "talk", "谈心谈话", "talk"
    COUNSELLING = "counselling", "心理疏导", "counselling"
    TRAINING = "training", "培训", "training"
    ROTATION = "rotation", "轮岗", "rotation"
    LEAVE = "leave", "休假", "leave"
    COMMENDATION = "commendation", "表扬", "commendation"
    REMEDY = "remedy", "整改帮扶", "remedy"


class NotScored(Word):
    """Why an officer has no score; too little history is never a low risk."""

    SHORT_HISTORY = "short_history", "履历太短，不足以评估", "too little history to say anything"
    STALE_FEATURES = "stale_features", "数据过旧，暂不评估", "features are too old to score"
    NOT_SERVING = "not_serving", "当日不在队", "not serving on that day"
    UNKNOWN_OFFICER = "unknown_officer", "查无此人", "no such officer"
    NO_MODEL = "no_model", "暂无可用模型", "no model is ready"
    NOT_OFFERED = "not_offered", "政策未启用此结局", "policy does not offer this outcome"


class Refusal(Word):
    """Why a row may not enter."""

    MISSING = "missing", "必填项为空", "a required value is empty"
    NOT_A_DATE = (
        "not_a_date",
        "不是日期或有歧义，请写成 2026-03-15，或在映射中声明格式",
        "not a date that can be read one way; write 2026-03-15 or declare its format in the mapping",
    )
    NOT_AS_DECLARED = (
        "not_as_declared",
        "与映射中声明的日期格式或代码表不符",
        "not in the date format or code list that the mapping declares",
    )
    YEAR_ALONE = "year_alone", "只有年份，不是一天", "a year alone is not a day"
    NUMBER_IS_NO_DAY = (
        "number_is_no_day",
        "按映射声明的读法，这个数字不是可信的日期（电子表格的日期序号应在1930年至2100年之间）",
        "read as the mapping declares, this number is no likely day (a spreadsheet's number must fall in 1930 to 2100)",
    )
    NOT_A_NUMBER = "not_a_number", "不是数字", "not a number"
    NOT_WHOLE = "not_whole", "不是整数", "not a whole number"
    NOT_TRUE_OR_FALSE = "not_true_or_false", "不是 true 或 false", "neither true nor false"
    NOT_IN_LIST = "not_in_list", "不在允许的取值内", "not one of the allowed values"
    BELOW_MINIMUM = "below_minimum", "小于最小值", "below the minimum"
    ABOVE_MAXIMUM = "above_maximum", "大于最大值", "above the maximum"
    TOO_LONG = "too_long", "文字过长", "text too long"
    WRONG_ORDER = "wrong_order", "早于其开始日期", "before the date it must follow"
    IN_FUTURE = "in_future", "知悉日期晚于今天", "known on a day that has not come yet"
    LONG_BEFORE_JOINING = "long_before_joining", "早于入警日期二十年以上", "more than twenty years before joining"
    UNKNOWN_REFERENCE = "unknown_reference", "所引用的记录不存在", "refers to a row that was not delivered"
    ERASED = (
        "erased",
        "该民警已依规删除，旧数据不再收入",
        "this officer was erased; an old export does not bring them back",
    )
    CONFLICT = (
        "conflict",
        "同一主键同一知悉日期内容不同",
        "another row has this key and known_on; give a correction a later one",
    )


class ValueClass(Word):
    """What sort of value a refused cell held; the value itself is never told."""

    EMPTY = "empty", "空", "empty"
    WHOLE_NUMBER = "whole_number", "整数", "a whole number"
    NUMBER = "number", "小数", "a number"
    DATE = "date", "日期", "a date"
    TRUE_OR_FALSE = "true_or_false", "是或否", "true or false"
    SHORT_TEXT = "short_text", "短文字", "a short text"
    LONG_TEXT = "long_text", "长文字", "a long text"
