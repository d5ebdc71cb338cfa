"""What else is in a home beside what a sentence is about: everyday rooms and things, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Thing = tuple[str, str | None, str]
"""Domain, device class and name; {area} is the room's name."""


@dataclass(frozen=True)
class Things:
    """Rooms, floors and what is in each room."""

    floors: Sequence[str]
    areas: Sequence[str]
    things: Sequence[Thing]


UNTOLD: Mapping[str, Sequence[str]] = {
    "en": ("Nanoleaf", "Hue Go", "Shelly 7"),
    "zh-CN": ("小米一号", "易来七", "绿米网关"),
}
"""Names that tell neither a room nor a kind: what is called so is found by its room and domain alone."""

DISTRACTORS: Mapping[str, Things] = {
    "en": Things(
        ("Basement", "Attic"),
        ("Pantry", "Guest Room", "Utility Room", "Workshop", "Conservatory", "Nursery", "Dining Room", "Landing"),
        (
            ("light", None, "{area} Light"),
            ("light", None, "{area} Wall Lamp"),
            ("light", None, "Reading Light"),
            ("switch", "outlet", "{area} Plug"),
            ("switch", None, "Air Purifier"),
            ("cover", "blind", "{area} Blinds"),
            ("cover", "curtain", "{area} Curtains"),
            ("fan", None, "{area} Fan"),
            ("climate", None, "{area} Thermostat"),
            ("sensor", "temperature", "{area} Temperature"),
            ("sensor", "humidity", "{area} Humidity"),
            ("sensor", "power", "{area} Power"),
            ("binary_sensor", "window", "{area} Window"),
            ("binary_sensor", "motion", "{area} Motion"),
            ("binary_sensor", "smoke", "{area} Smoke Detector"),
            ("media_player", "speaker", "{area} Speaker"),
            ("media_player", "tv", "{area} TV"),
            ("lock", None, "{area} Door"),
            ("vacuum", None, "{area} Robot"),
            ("todo", None, "{area} Tasks"),
        ),
    ),
    "zh-CN": Things(
        ("地下室层", "阁楼层"),
        ("储藏室", "客房", "工具间", "阳光房", "婴儿房", "餐厅", "走廊", "衣帽间"),
        (
            ("light", None, "{area}灯"),
            ("light", None, "{area}壁灯"),
            ("light", None, "阅读灯"),
            ("switch", "outlet", "{area}插座"),
            ("switch", None, "空气净化器"),
            ("cover", "blind", "{area}百叶窗"),
            ("cover", "curtain", "{area}纱帘"),
            ("fan", None, "{area}风扇"),
            ("climate", None, "{area}空调"),
            ("sensor", "temperature", "{area}温度"),
            ("sensor", "humidity", "{area}湿度"),
            ("sensor", "power", "{area}功率"),
            ("binary_sensor", "window", "{area}窗户"),
            ("binary_sensor", "motion", "{area}人体感应"),
            ("binary_sensor", "smoke", "{area}烟雾报警器"),
            ("media_player", "speaker", "{area}音箱"),
            ("media_player", "tv", "{area}电视"),
            ("lock", None, "{area}门锁"),
            ("vacuum", None, "{area}扫地机器人"),
            ("todo", None, "{area}清单"),
        ),
    ),
}
