"""The words for yes and no, and polite ones beside them, by language. Written in lower case and without punctuation.

The lists for the larger languages besides English and Chinese hold the bare words alone. What could mean something else
after a question is in none: "right", "fine", 行了 ("that will do"), 是吧 ("isn't it"), いいよ ("no need").
"""

# ruff: noqa: RUF001 - words of many scripts are meant

from __future__ import annotations


def _phrases(*rows: str) -> frozenset[str]:
    return frozenset(phrase.strip() for row in rows for phrase in row.split(","))


YES_ANYWHERE = _phrases("ok, okay, okey, yes")
POLITE_ANYWHERE = _phrases("please, thanks, thank you, sotto, um, uh, oh, ah, hmm")

YES = {
    "en": _phrases(
        "yes, yeah, yep, yup, yea, aye, sure, sure thing, of course, certainly, definitely, absolutely, exactly",
        "indeed, affirmative, correct, that's right, that is right, that's correct, that is correct, confirm",
        "confirmed, i confirm, i'm sure, i am sure, agreed, i agree, all right, alright, sounds good, go ahead",
        "go for it, go on, do it, do that, do so, please do, you may, you can, yes i do, yes i am, by all means",
        "let's do it, make it so, proceed",
    ),
    "zh": _phrases(
        "好, 好的, 好啊, 好呀, 好吧, 好哇, 行, 行啊, 行吧, 可以, 可以的, 可以啊, 可以吧, 是, 是的, 是啊, 对, 对的",
        "对啊, 對, 對的, 對啊, 嗯, 恩, 没问题, 沒問題, 没错, 沒錯, 当然, 當然, 当然可以, 當然可以, 同意, 我同意",
        "确认, 確認, 确定, 確定, 我确定, 我確定, 执行, 執行, 执行吧, 執行吧, 去吧, 做吧, 来吧, 來吧, 要, 要的",
        "需要, 肯定, 必须的, 必須的, 准了, 批准, 允许, 允許, 係, 係呀, 得",
    ),
    "de": _phrases("ja, jawohl, jo, klar, gerne, sicher, natürlich, mach das, mach es, bestätigt, genau"),
    "fr": _phrases("oui, ouais, d'accord, bien sûr, vas y, allez y, confirmé, je confirme"),
    "es": _phrases("sí, si, claro, vale, de acuerdo, adelante, por supuesto, hazlo, confirmado"),
    "it": _phrases("sì, si, certo, va bene, d'accordo, fallo, confermo, certamente"),
    "pt": _phrases("sim, claro, pode, está bem, confirmo, com certeza"),
    "nl": _phrases("ja, jawel, zeker, natuurlijk, prima, doe maar, akkoord"),
    "sv": _phrases("ja, jo, japp, visst, absolut, gör det"),
    "da": _phrases("ja, jo, gerne, selvfølgelig, gør det"),
    "nb": _phrases("ja, jo, gjerne, selvfølgelig, gjør det"),
    "fi": _phrases("kyllä, joo, juu, selvä"),
    "pl": _phrases("tak, jasne, oczywiście, pewnie, zgoda, potwierdzam"),
    "cs": _phrases("ano, jo, jasně, samozřejmě, souhlasím"),
    "ru": _phrases("да, ага, конечно, хорошо, давай, подтверждаю"),
    "uk": _phrases("так, звичайно, добре, давай"),
    "tr": _phrases("evet, tamam, tabii, olur"),
    "ja": _phrases("はい, ええ, うん, そうです, もちろん, お願い, お願いします"),
    "ko": _phrases("네, 예, 응, 그래, 그래요, 좋아, 좋아요"),
}
"""What alone is consent."""

NO = {
    "en": _phrases(
        "no, nope, nah, never, never mind, nevermind, cancel, cancel that, cancel it, stop, don't, do not, dont",
        "don't do it, don't do that, do not do it, do not do that, please don't, no way, not now, not yet",
        "no thanks, no thank you, leave it, forget it, forget about it, of course not, absolutely not",
        "certainly not, definitely not, better not, rather not, i don't, i do not, negative, abort",
    ),
    "zh": _phrases(
        "不, 不要, 不用, 不用了, 不要了, 不行, 不可以, 不可, 不是, 不对, 不對, 不好, 不必, 不必了, 不需要, 不了",
        "不同意, 不开, 不開, 别, 別, 别了, 別了, 别开, 別開, 别打开, 別打開, 不打开, 不打開, 算了, 算了吧, 取消",
        "停, 停下, 停止, 先不, 先不要, 先不用, 先别, 先別, 不行的, 唔好, 唔使, 唔要, 唔係, 没必要, 沒必要, 免了",
        "拒绝, 拒絕",
    ),
    "de": _phrases("nein, nö, nee, nicht, lass es, lieber nicht, auf keinen fall, abbrechen"),
    "fr": _phrases("non, surtout pas, pas maintenant, annule, laisse tomber"),
    "es": _phrases("no, mejor no, ahora no, cancela, déjalo"),
    "it": _phrases("no, meglio di no, annulla, lascia stare"),
    "pt": _phrases("não, agora não, cancela, deixa"),
    "nl": _phrases("nee, liever niet, niet doen, laat maar, annuleer"),
    "sv": _phrases("nej, inte nu, avbryt"),
    "da": _phrases("nej, ikke nu, annuller"),
    "nb": _phrases("nei, ikke nå, avbryt"),
    "fi": _phrases("ei, älä, peruuta"),
    "pl": _phrases("nie, anuluj, nie teraz"),
    "cs": _phrases("ne, zruš, teď ne"),
    "ru": _phrases("нет, не надо, отмена, не сейчас"),
    "uk": _phrases("ні, не треба, скасуй"),
    "tr": _phrases("hayır, iptal, şimdi değil"),
    "ja": _phrases("いいえ, いや, やめて, やめてください, だめ, キャンセル"),
    "ko": _phrases("아니, 아니요, 아니오, 취소, 하지 마"),
}
"""What alone is none."""

POLITE = {
    "en": _phrases("well, then, very much, kindly, for me, now, right now, i said, thank you very much"),
    "zh": _phrases(
        "请, 請, 谢谢, 謝謝, 谢谢你, 謝謝你, 麻烦你了, 麻煩你了, 麻烦了, 麻烦你, 麻煩你, 那, 那就, 啊, 呀, 哦, 噢",
        "喔, 呃, 帮我, 幫我",
    ),
    "de": _phrases("bitte, danke"),
    "fr": _phrases("s'il te plaît, s'il vous plaît, merci"),
    "es": _phrases("por favor, gracias"),
    "it": _phrases("per favore, grazie"),
    "pt": _phrases("por favor, obrigado, obrigada"),
    "nl": _phrases("alsjeblieft, graag, bedankt"),
    "sv": _phrases("tack"),
    "da": _phrases("tak"),
    "nb": _phrases("takk"),
    "pl": _phrases("proszę"),
    "ru": _phrases("пожалуйста"),
    "ja": _phrases("ください"),
}
"""What may stand beside these, and means neither."""
