"""Which Chinese characters sound alike, tones left aside: who types by sound writes the wrong one of them.

The 3,755 common characters of GB 2312 stand in that code in the order of their sound (rows 16 to 55), so that the first
character of each of the 396 sounds is all there is to know; a character of two sounds counts by the one it stands at.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cache

FIRSTS = (
    "啊埃鞍肮凹芭白斑邦苞杯奔崩逼鞭标鳖彬兵玻哺擦猜餐苍操厕层插拆搀昌超车郴撑吃充抽初揣川疮吹春戳疵聪凑粗"
    "蹿摧村磋搭呆耽当刀德蹬堤颠碉跌丁丢东兜都端堆墩掇蛾恩而发藩坊菲芬丰佛否夫噶该干冈篙哥给根耕工钩辜刮乖"
    "棺光瑰辊锅哈骸酣夯壕呵嘿痕哼轰喉呼花槐欢荒灰荤豁击嘉歼僵蕉揭巾荆炯揪鞠捐撅均喀开刊康考坷肯坑空抠枯夸"
    "块宽匡亏坤括垃莱蓝琅捞勒雷棱厘俩联粮撩列琳玲溜龙楼芦驴峦掠抡萝妈埋瞒芒猫么玫门萌眯棉苗蔑民明谬摸谋拇"
    "拿氖南囊挠呢馁嫩能妮蔫娘鸟捏您柠牛脓奴女暖虐挪哦欧啪拍攀乓抛呸喷砰坯篇飘撇拼乒坡扑期掐牵枪橇切钦青琼"
    "秋趋圈缺裙然瓤饶惹壬扔日戎揉茹软蕊闰若撒腮三桑搔瑟森僧莎筛珊墒梢奢砷声师收蔬刷摔栓霜谁吮说斯松搜嗽酸"
    "虽孙蓑塌胎坍汤掏特藤梯天挑贴厅通偷凸湍推吞拖挖歪豌汪威瘟嗡挝巫昔瞎掀相萧楔薪星兄休墟轩靴勋压焉殃邀椰"
    "一茵英哟拥幽淤鸳曰耘匝栽咱赃遭责贼怎增扎摘瞻樟招遮珍蒸芝中舟珠抓拽专桩椎谆捉兹鬃邹租钻嘴尊昨"
)
LOWEST, HIGHEST = b"\xb0\xa1", b"\xd7\xf9"  # the first and the last of the common characters
COMMON_PER_ROW = 94


@cache
def _starts() -> list[bytes]:
    return [one.encode("gb2312") for one in FIRSTS]


@cache
def sound(character: str) -> int | None:
    """The number of its sound; None for what is no common character.

    >>> sound("休") == sound("修") == sound("秀"), sound("休") == sound("学"), sound("a")
    (True, False, None)
    """
    try:
        code = character.encode("gb2312")
    except UnicodeEncodeError:
        return None
    if len(code) != len(LOWEST) or not LOWEST <= code <= HIGHEST:
        return None
    return bisect_right(_starts(), code) - 1


@cache
def alike() -> dict[str, str]:
    """For each common character, the others of its sound.

    >>> len(alike()), "修" in alike()["休"]
    (3755, True)
    """
    by_sound: dict[int, list[str]] = {}
    for high in range(LOWEST[0], HIGHEST[0] + 1):
        for low in range(COMMON_PER_ROW):
            code = bytes((high, 0xA1 + low))
            if code > HIGHEST:
                break
            character = code.decode("gb2312")
            by_sound.setdefault(bisect_right(_starts(), code) - 1, []).append(character)
    return {one: "".join(other for other in some if other != one) for some in by_sound.values() for one in some}
