"""Whether Home Assistant can be reached, and knows this server's token."""

from __future__ import annotations

from ..home.demo import DemoHome
from ..home.home_assistant import HomeAssistantHome, HomeState
from .finding import Finding, Verdict, Words
from .seen import Seen

_SUBJECT = Words("Home Assistant", "Home Assistant")
_KNOWN = Words("{entities} entities in {areas} areas are known", "已知 {areas} 个区域中的 {entities} 个实体")
_DEMO = Words("the demo house: {entities} entities in {areas} areas", "演示住宅：{areas} 个区域，{entities} 个实体")
_DEMO_REMEDY = Words(
    "For your own names: --home http://homeassistant.local:8123 and a token in SOTTO_HOME_TOKEN.",
    "要使用您自己的设备名称：--home http://homeassistant.local:8123，并在 SOTTO_HOME_TOKEN 中给出令牌。",
)
_NOTHING_EXPOSED = Words("nothing is exposed to Assist", "没有向 Assist 公开任何实体")
_EXPOSE = Words(
    "In Home Assistant: Settings, Voice assistants, Expose.", "在 Home Assistant 中：设置 → 语音助手 → 公开。"
)
_CONNECTING = Words("is being connected to", "正在连接")
_REFUSED_REMEDY = Words(
    "Create a long-lived access token in your Home Assistant profile, and set SOTTO_HOME_TOKEN.",
    "请在 Home Assistant 个人资料中创建长期访问令牌，并设置 SOTTO_HOME_TOKEN。",
)


def look(seen: Seen) -> Finding:
    """Look at the house that the server follows."""
    home, house = seen.home, seen.home.snapshot
    counts = {"entities": len(house.entities), "areas": len(house.areas)}
    if isinstance(home, DemoHome):
        own = seen.settings.home.source != "demo"
        remedy = Words() if own else _DEMO_REMEDY
        return Finding("home_assistant", Verdict.OK if own else Verdict.NOTE, _SUBJECT, _DEMO.filled(**counts), remedy)
    if isinstance(home, HomeAssistantHome) and home.error is not None:
        error = home.error
        remedy = _REFUSED_REMEDY if home.state is HomeState.REFUSED else Words(error.remedy, error.remedy)
        return Finding("home_assistant", Verdict.PROBLEM, _SUBJECT, Words(error.message, error.message), remedy)
    if isinstance(home, HomeAssistantHome) and home.state is not HomeState.CONNECTED:
        return Finding("home_assistant", Verdict.NOTE, _SUBJECT, _CONNECTING)
    if not house.entities:
        return Finding("home_assistant", Verdict.NOTE, _SUBJECT, _NOTHING_EXPOSED, _EXPOSE)
    return Finding("home_assistant", Verdict.OK, _SUBJECT, _KNOWN.filled(**counts))
