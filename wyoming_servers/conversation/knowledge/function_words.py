"""Words that tell nothing of what a text is about, and numbers in letters, in English and Chinese. Pure logic."""

from __future__ import annotations


def _these(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _numbers(words: str, first: int, step: int = 1) -> dict[str, int]:
    return {word: first + step * index for index, word in enumerate(words.split())}


FUNCTION = _these(
    """
    a an the this that these those it its itself he him his she her hers they them their theirs we us our ours you
    your yours i me my mine myself yourself one ones am is are was were be been being isn aren wasn weren ain s t d
    m ll ve re do does did doing done don doesn didn has have had having hasn haven hadn can could may might must
    shall should will would cannot couldn shouldn won wouldn mustn cant dont doesnt didnt isnt arent wont im ive
    whats hows wheres and or but nor if then than so as of at by for from in into on onto to with without about
    above below over under between through during before after up down out off again there here when where why how
    what which who whom whose while because until both each any some such no not only own same too very just also
    per via let lets
    的 了 是 在 和 与 或 及 并 而 但 就 都 也 又 还 很 太 不 没 有 会 能 要 应 该 应该 可以 可 把 被 让 使 给 对
    从 到 向 于 以 为 之 其 此 我 你 您 他 她 它 我们 你们 他们 它们 咱们 自己 这 那 这个 那个 这些 那些 这里 那里
    这儿 那儿 一个 个 些 吗 呢 吧 啊 呀 哦 嘛 啦 着 过 得 地 所 所以 因为 如果 但是 或者 以及 而且 并且 然后 时 上
    下 里 中 内 后 前 什么 怎么 怎样 怎么样 怎么办 怎么回事 如何 为什么 为何 哪 哪里 哪儿 哪个 哪些 谁 几 几个
    多少 多 是否 是不是 有没有 能不能 可不可以 要不要 会不会
    """
)
"""Neither in an index nor in a question."""

ASKING = _these(
    """
    say says said tell tells told know knew think see look looking find found show give explain describe mean means
    meant need needs want wants like please thanks thank hey hi hello ok okay well um uh er hmm eh oh actually
    basically right question answer ask asking wondering wonder according information info anything something
    everything thing things again way much many long often get got go goes going gonna wanna sotto
    请 请问 请教 问 问一下 一下 想 想问 想知道 知道 不知道 告诉 告诉我 说 说说 讲 讲讲 看 看看 查 查查 查一下 帮
    帮我 帮忙 麻烦 关于 有关 谢谢 你好 您好 嗨 嗯 呃 额 哎 好 好的 那么 到底 究竟 大概 来着 写 写的 上面 里面
    东西 事 事情 需要
    """
)
"""How people ask, fillers and politeness; what a question is about is in its other words."""

LIGHT = _these(
    """
    put use make made take took bring come came keep let leave left give given turn turned try start stop begin
    happen happens work works feel become stay seem happened remember forget always never ever still yet again
    lately sometimes usually really quite rather almost already soon later now today hardly enough maybe just
    back away around together somewhere somebody someone anybody nobody everybody everyone people person place
    kind sort bit lot whole half different other new old good bad better best right wrong easy hard little big
    small fast quick quickly exactly even once instead long longer time times day way place side inside outside
    弄 搞 用 做 拿来 不够 接到 放在 不了 能用 需要 打算 准备 干 办 往 里加 去掉 进去 出来 起来 下来 回来 上来
    过来 过去 出去 进来 再 还 才 刚 一直 总是 老是 经常 有时 已经 马上 立刻 突然 可能 应该 必须 一定 最好 行 好
    坏 新 旧 大 小 多 少 快 慢 最 更 真 全部 全 完 成 变 变成 开始 继续 发现 出现 发生 一点 一些 一会儿 半天
    平时 最近 以前 以后 之前 之后 现在 人 家 家里 地方 样子 方法 办法 情况 时候 上 下 来 去 放 拿 给 让 股 沾 件
    只 条 张 块 把 种 次 回 遍 一次 一下
    """
)
"""In an index and in questions, but of little weight when it is judged whether a passage answers a question."""

ONES = _numbers("one two three four five six seven eight nine", 1)
TENS = _numbers("twenty thirty forty fifty sixty seventy eighty ninety", 20, 10)
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
NUMBERS = {**ONES, **_numbers(_TEENS, 10), **TENS}
"""English words of one number."""
del NUMBERS["one"]  # mostly a pronoun
