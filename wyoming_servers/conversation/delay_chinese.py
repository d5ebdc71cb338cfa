"""How delays and conditions are said in Chinese. Pure logic."""

from __future__ import annotations

import re

from .amounts import CHINESE_LENGTH, CHINESE_NUMBER
from .delay_kind import LaterKind

MASK = "\ue000"
"""Stands for every character of a name of the home."""

_MAKES = "把|将|將|请|請|帮|幫|给我"
_DOES = (
    "打[开開]|[开開]启|[开開]啟|[关關][闭閉掉上]|[关關]|[开開](?![着著门門始会會车車学學饭飯了])|[调調]|[设設]|播放|[暂暫]停|[启啟][动動]|"
    "提醒|通知|告[诉訴]|叫(?=我|醒)|拉[上下开開起]|[锁鎖]"
)
_BEGINS_COMMAND = f"{_MAKES}|{_DOES}"
ACTS = re.compile(
    f"{_DOES}|[开開]|拉|放|播|停|[运運]行|[执執]行|激活|亮|暗|升|降|[扫掃]|拖地|加[热熱]|[静靜]音|[换換]|切|熄|[说說]|[发發]|[烧燒]|煮|[浇澆]|喂"
)
"""Where something is done."""
VERB = re.compile(f"{_MAKES}|{ACTS.pattern}")
"""Where a command may be."""
_NOT_OF_A_PLACE = "(?![院门門面排备備视視台座天方窗花卧臥厨廚厅廳阳陽])"
_GO_ON = "(?:[,、 ]|再|就|便|则|則|然后|然後)*"
_AFTER = rf"(?:之后|之後|以后|以後|过后|過後|[后後]{_NOT_OF_A_PLACE})"
_ABOUT = "(?:大概|大约|大約|差不多|约|約)?"

_WEEK = "(?:周|週|星期|礼拜|禮拜)"
_DAY = (
    f"(?:明天|大?[后後]天|明[早晚]|今晚|今夜|当晚|當晚|下?{_WEEK}[一二三四五六日天末]|下(?:个|個)?(?:{_WEEK}|月)|"
    f"每(?:天|日|晚|早|周.?|週.?|(?:个|個)?(?:星期|礼拜|月).?|(?:个|個)?小[时時]|隔?{CHINESE_LENGTH})|工作日)"
)
_PART = "(?:早上|早晨|清晨|上午|中午|正午|下午|傍晚|晚上|夜里|夜裡|夜间|半夜|午夜|凌晨|深夜)(?![好安茶模灯燈])"
_MINUTES = f"(?:[钟鐘整半]|{CHINESE_NUMBER}分|[一三]刻|(?:十|[二三四五]十)[一二三四五六七八九]?(?!点))"
_TIME = rf"(?:{CHINESE_NUMBER}[点點]{_MINUTES}?|\d{{1,2}}:\d\d)"
_SURE_TIME = (
    rf"(?:{CHINESE_NUMBER}[点點]{_MINUTES}|\d{{1,2}}:\d\d|(?<![有调調大小高低亮暗快慢早晚多少一])"
    rf"(?:十[一二]?|[二两兩三四五六七八九]|\d{{1,2}})[点點](?![儿兒亮火\d]))"
)
_UNTIL = "(?:等到|直到|到了|到|在|等)?"
_TIME_GOES_ON = f"(?:的[时時]候|[时時]|左右|之前|以前|前|{_AFTER})?{_GO_ON}"

_IF = (
    "如果|要是|假如|假使|倘若|若是|若|只要|万一|萬一|除非|一旦|每当|每當|每次|等到|等|直到|直至|"
    "(?<![适應应相])[当當](?![前然作成天地晚])"
)
_IF_ENDS = f"(?:的话|的話|的[时時]候|[时時]候|(?<!小)[时時]|{_AFTER})?"
_HAPPENED = (
    "完|好|了|回家|到家|回来|回來|到|下班|上班|放学|放學|出门|出門|出去|离开|離開|睡觉|睡覺|睡着|睡|起床|吃饭|吃飯|饭|飯|结束|結束|"
    "日落|日出|天黑|天亮|停|走|开始|開始"
)
_ABOUT_TO_HAPPEN = "睡觉|睡覺|睡|出门|出門|回家|到家|吃饭|吃飯|下班|起床|离开|離開"
_NO_EVENT = "下就|直|定|[点點個个些会會分秒刻半楼樓层層号號起样樣]"
_CLAUSE = "(?:^|(?<=[,。;]))[^,。;]"

_VAGUE = (
    rf"(?:过|過|待|等)(?:一)?(?:[会會][儿兒]?|下[儿兒]?|[阵陣]子?)(?:{_AFTER})?{_GO_ON}|一[会會][儿兒]?(?:{_AFTER}|再|就){_GO_ON}|"
    rf"稍[后後晚]|晚[点點][儿兒]?(?=再|把|[关關开開])|晚些[时時]候|回[头頭]再|"
    rf"(?:过|過|等)?[几幾](?:秒|分|分[钟鐘]|[个個]?小[时時]|天)(?:{_AFTER}|再){_GO_ON}|"
    rf"[过過][几幾](?:分[钟鐘]|[个個]?小[时時]|天){_GO_ON}"
)


def _phrase(kind: LaterKind, *pattern: str) -> tuple[LaterKind, re.Pattern[str]]:
    return kind, re.compile("".join(pattern))


PHRASES = (
    _phrase(LaterKind.DURATION, rf"在?再?[过過等隔]?{_ABOUT}(?P<length>{CHINESE_LENGTH}){_AFTER}{_GO_ON}"),
    _phrase(LaterKind.DURATION, rf"再?[过過等隔](?:上|[个個])?{_ABOUT}(?P<length>{CHINESE_LENGTH}){_GO_ON}"),
    _phrase(LaterKind.CLOCK, _VAGUE),
    _phrase(
        LaterKind.CONDITION,
        rf"(?:{_IF})(?!(?:今天|明天)?{_PART}?{_SURE_TIME})[^,。;]{{2,30}}?{_IF_ENDS}",
        rf"(?:,|(?=\s*(?:再|就|便|则|則|{_BEGINS_COMMAND}))|[。!?]*$){_GO_ON}",
    ),
    _phrase(LaterKind.CLOCK, rf"{_UNTIL}{_DAY}的?(?:{_PART})?的?(?:{_TIME})?{_TIME_GOES_ON}"),
    _phrase(LaterKind.CLOCK, rf"{_UNTIL}(?:今天)?{_PART}的?(?:{_TIME})?{_TIME_GOES_ON}"),
    _phrase(LaterKind.CLOCK, rf"{_UNTIL}(?:今天)?{_SURE_TIME}{_TIME_GOES_ON}"),
    _phrase(LaterKind.CLOCK, rf"(?:等到|直到|到了|到|在)(?:今天)?{_TIME}{_TIME_GOES_ON}"),
    _phrase(LaterKind.CONDITION, rf"(?<![第十百\d])一(?!{_NO_EVENT})[^,。;\s]{{1,12}}?就{_GO_ON}"),
    _phrase(LaterKind.CONDITION, rf"{_CLAUSE}{{1,20}}?(?:的[时時]候|的话|的話){_GO_ON}"),
    _phrase(LaterKind.CONDITION, rf"{_CLAUSE}{{1,20}}?(?<!从今)(?:之[后後前]|以[后後前]){_GO_ON}"),
    _phrase(LaterKind.CONDITION, rf"{_CLAUSE}{{0,16}}?(?:{_HAPPENED})[后後]{_NOT_OF_A_PLACE}{_GO_ON}"),
    _phrase(LaterKind.CONDITION, rf"{_CLAUSE}{{0,16}}?(?:{_ABOUT_TO_HAPPEN})前{_NOT_OF_A_PLACE}{_GO_ON}"),
    _phrase(
        LaterKind.FOR,
        rf"(?<![每过過等隔])(?P<length>{CHINESE_LENGTH})",
        rf"(?![钟鐘]|{CHINESE_NUMBER}|之?[后後前]|以[后後前]|[过過][后後]|[的内內]|[倒计計定闹鬧提])",
    ),
    _phrase(LaterKind.FOR, rf"(?<![过過待等])一[会會][儿兒]?(?!{_AFTER}|再|就)"),
)
"""In the order in which they count."""


def is_value(phrase: str, rest: str) -> bool:
    """Whether a phrase is what something is set to: in Chinese none is."""
    del phrase, rest
    return False


QUESTION = re.compile(
    "什么|什麼|几[点點度个個]|幾[点點度个個]|多少|哪|[谁誰]|怎么|怎麼|为何|為何|[吗嗎]|是不是|有没有|有沒有|[开開]没[开開]|呢[?]?$"
)
STATEMENT = re.compile(
    "^(?:我|我们|我們|咱们|他|她|它|他们|他們)(?:先|就|会|會|在|去|回|出|要出|要走|要去|到|来|來|走|睡|吃|下班|上班|马上|馬上|准备|準備|已经|快|刚|剛)"
)
TIMERS = re.compile(
    "定[时時](?!.*(?:[开開](?!始)|[关關]))|计时|計時|定时器|定時器|闹钟|鬧鐘|提醒|叫醒|叫我起床|番茄钟|秒表"
)
LISTS = re.compile("清单|清單|列表|日历|日曆|日程|购物|購物|待办|待辦|天气|天氣|预报|預報|会议|會議|约会|約會")
SEEKING = re.compile("快进|快進|快退|前进|前進|后退|後退|倒退|跳过|跳過|跳到")
PRONOUN = re.compile("它|再次|重新")
CONJUNCTION = re.compile("[,、]?(?:然后|然後|并且|並且|接着|再)|[,、]")
LOOSE_ENDS = re.compile("^(?:[\\s,、;。.!?]|然后|然後|并且|再|就)+|(?:[\\s,、;。.!?]|然后|然後|并且|并|在)+$")
