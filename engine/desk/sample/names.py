"""Fictional names of people and places, with the pinyin that makes a login."""

# ruff: noqa: E501, SIM905 (tables of words)

from __future__ import annotations

from collections.abc import Iterator
from random import Random

_SURNAMES = (
    "赵zhao 钱qian 孙sun 李li 周zhou 吴wu 郑zheng 王wang 冯feng 陈chen 蒋jiang 沈shen 韩han 杨yang 朱zhu 许xu 何he 吕lv "
    "张zhang 孔kong 曹cao 严yan 金jin 魏wei 陶tao 姜jiang 谢xie 邹zou 潘pan 葛ge 范fan 彭peng 鲁lu 马ma 方fang 任ren 袁yuan "
    "唐tang 薛xue 雷lei 贺he 汤tang 罗luo 郝hao 常chang 于yu 傅fu 齐qi 康kang 余yu 顾gu 孟meng 黄huang 萧xiao 尹yin 姚yao 邵shao "
    "汪wang 毛mao 戴dai 宋song 庞pang 熊xiong 纪ji 项xiang 祝zhu 董dong 梁liang 杜du 阮ruan 蓝lan 季ji 贾jia 江jiang 郭guo 林lin "
    "钟zhong 徐xu 邱qiu 骆luo 高gao 夏xia 蔡cai 田tian 樊fan 胡hu 霍huo 万wan 柯ke 卢lu 莫mo 房fang 丁ding 邓deng 洪hong 石shi "
    "崔cui 龚gong 程cheng 陆lu 左zuo 段duan 侯hou 武wu 刘liu 叶ye 白bai 蒲pu 乔qiao 聂nie 曾zeng 关guan 涂tu 秦qin 易yi 温wen 柳liu 卫wei"
)
_GIVEN = (
    "文wen 静jing 其qi 昌chang 砚yan 秋qiu 立li 群qun 若ruo 水shui 明ming 远yuan 亭ting 玉yu 以yi 宁ning 谷gu 长chang 风feng 小xiao "
    "满man 山shan 见jian 清qing 春chun 和he 一yi 川chuan 敬jing 蘅heng 予yu 安an 知zhi 行xing 意yi 宛wan 如ru 子zi 墨mo 凡fan 秉bing "
    "正zheng 家jia 书shu 禾he 夏xia 南nan 乔qiao 云yun 舒shu 维wei 岳yue 守shou 微wei 理li 含han 章zhang 故gu 审shen 言yan 之zhi "
    "青qing 松song 海hai 林lin 雨yu 晴qing 嘉jia 树shu 思si 齐qi 星xing 河he 听ting 澜lan 望wang 舟zhou 景jing 行xing 怀huai 瑾jin "
    "北bei 辰chen 朝chao 阳yang 慕mu 白bai 丹dan 枫feng 东dong 篱li 临lin 溪xi 可ke 欣xin 念nian 真zhen 月yue 照zhao 初chu 霁ji"
)


def _table(text: str) -> dict[str, str]:
    return {entry[0]: entry[1:] for entry in text.split()}


SURNAMES = _table(_SURNAMES)
GIVEN = _table(_GIVEN)
PLACES = tuple(
    "柳坪 石桥 清溪 双泉 榆树 平安 白杨 枫林 云台 梨沟 红叶 新安 临河 东岗 南塘 上坝 罗湾 沿河 青石 大榆 "
    "杏花 桃源 松岭 荷塘 梅庄 竹园 长岭 永丰 太平 和顺 万福 金沙 银杏 紫荆 前进 团结 向阳 胜利 光明 新华 "
    "龙泉 凤鸣 鹤岗 雁门 鹿苑 马岭 牛角 羊坡 虎头 兔窝 北斗 西山 中和 下河 后庄 前坪 小岭 高岗 平川 深谷".split(),
)
BRANDS = ("康怡", "惠众", "同春", "仁和", "百信", "济民", "福安", "恒康")
GOOD = tuple(
    "安和 永安 明德 仁爱 普济 广济 同德 惠民 康宁 益寿 平和 安康 长春 健安 德馨 怀仁 春晖 博爱 守正 存仁".split()
)


def login_of(name: str) -> str:
    """沈其昌 → shenqichang."""
    return "".join(
        (SURNAMES if place == 0 else GIVEN).get(char, SURNAMES.get(char, "x"))
        for place, char in enumerate(name)
    )


def people(random: Random, taken: set[str]) -> Iterator[str]:
    """Names without end, none of them twice."""
    surnames, given = list(SURNAMES), list(GIVEN)
    while True:
        name = random.choice(surnames) + random.choice(given) + random.choice(given)
        if name not in taken:
            taken.add(name)
            yield name


def place(random: Random) -> str:
    """A village or a street."""
    return random.choice(PLACES)
