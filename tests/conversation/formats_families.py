"""The formats and the odd homes that the tests of formats go through."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from wyoming_servers.conversation.engine import BrokenCall, ChatRequest, TextDelta, Tool, ToolCall
from wyoming_servers.conversation.formats.format import Format, Part
from wyoming_servers.conversation.formats.gemma3 import Gemma3
from wyoming_servers.conversation.formats.gemma4 import Gemma4
from wyoming_servers.conversation.formats.hermes import Hermes
from wyoming_servers.conversation.formats.llama3 import Llama3
from wyoming_servers.conversation.formats.mistral import Dialect, Mistral
from wyoming_servers.conversation.formats.qwen_xml import QwenXml
from wyoming_servers.home.model import Area, Entity, Floor, HomeSnapshot

FAMILIES: Mapping[str, Format] = {
    "Hermes": Hermes(),
    "Qwen 3": Hermes(thinks=True),
    "Qwen 3.5": QwenXml(thinks=True),
    "Llama 3": Llama3(),
    "Mistral Nemo": Mistral(Dialect(system_prompt=False, arguments=False, call_ids=True)),
    "Mistral Small": Mistral(Dialect(system_prompt=True, arguments=True, call_ids=True)),
    "Ministral": Mistral(Dialect(system_prompt=True, arguments=True, call_ids=False), thinks=True),
    "Gemma 3": Gemma3(),
    "Gemma 4": Gemma4(),
}

CALLS: Mapping[str, str] = {
    "Hermes": '<tool_call>\n{"name": "TurnOn", "arguments": {"area": "客厅", "level": 5}}\n</tool_call>',
    "Qwen 3": '<tool_call>\n{"name": "TurnOn", "arguments": {"area": "客厅", "level": 5}}\n</tool_call>',
    "Qwen 3.5": "<tool_call>\n<function=TurnOn>\n<parameter=area>\n客厅\n</parameter>\n"
    "<parameter=level>\n5\n</parameter>\n</function>\n</tool_call>",
    "Llama 3": '{"name": "TurnOn", "parameters": {"area": "客厅", "level": 5}}',
    "Mistral Nemo": '[TOOL_CALLS][{"name": "TurnOn", "arguments": {"area": "客厅", "level": 5}, "id": "abcdefghi"}]',
    "Mistral Small": '[TOOL_CALLS]TurnOn[CALL_ID]abcdefghi[ARGS]{"area": "客厅", "level": 5}',
    "Ministral": '[TOOL_CALLS]TurnOn[ARGS]{"area": "客厅", "level": 5}',
    "Gemma 3": '{"name": "TurnOn", "parameters": {"area": "客厅", "level": 5}}',
    "Gemma 4": '<|tool_call>call:TurnOn{area:<|"|>客厅<|"|>,level:5}<tool_call|>',
}
"""The same call as each family writes it."""

TURN_ON = Tool(
    "TurnOn",
    "Turn on.",
    {"type": "object", "properties": {"area": {"type": "string"}, "level": {"type": "integer"}}},
)
THE_CALL = ToolCall("TurnOn", {"area": "客厅", "level": 5})
THOUGHTS: Mapping[str, str] = {
    **dict.fromkeys(FAMILIES, "<think>\nHm {.\n</think>\n\n"),
    **dict.fromkeys(("Mistral Nemo", "Mistral Small", "Ministral"), "[THINK]Hm {.[/THINK]"),
    "Gemma 4": "<|channel>thought\nHm {.<channel|>",
}
ODD = (
    '"',
    "\\",
    "/",
    "🛋",
    "\N{RIGHT SINGLE QUOTATION MARK}",
    "<",
    ">",
    "|",
    "{",
    "}",
    "&",
    "#",
    "é",
    "\\n",
    "💡",
    "<|im_end|>",
    "</tool_call>",
    "`",
    "'",
)


def parse(family: str, request: ChatRequest, pieces: list[str]) -> list[Part]:
    """Return what a reply is that is fed piece by piece; speech in one piece."""
    parser = FAMILIES[family].parser(request)
    return joined([*(part for piece in pieces for part in parser.feed(piece)), *parser.finish()])


def joined(parts: list[Part]) -> list[Part]:
    """Return the parts with neighbouring speech put together."""
    found: list[Part] = []
    for part in parts:
        if isinstance(part, TextDelta) and found and isinstance(last := found[-1], TextDelta):
            found[-1] = TextDelta(last.text + part.text)
        else:
            found.append(part)
    return found


def spoken(parts: list[Part]) -> str:
    return "".join(part.text for part in parts if isinstance(part, TextDelta))


def broken(parts: list[Part]) -> list[str]:
    return [part.text for part in parts if isinstance(part, BrokenCall)]


_ENGLISH = ("Living", "Room", "Lamp", "Left", "Kitchen", "Ceiling", "Light", "TV", "Fan", "Old", "Über", "Main", "Café")
_CHINESE = "客厅卧室厨房书房阳台灯空调窗帘风扇电视主次大小门廊花园车库浴室"
_DOMAINS = ("light", "switch", "cover", "fan", "media_player", "climate", "sensor", "todo", "vacuum", "lock", "script")
_CLASSES = (None, None, "window", "tv", "blind", "garage")


def random_name(random: Random) -> str:
    """Return a name, English or Chinese, often with something odd in it."""
    words = [random.choice(_ENGLISH) for _ in range(random.randint(1, 3))]
    name = " ".join(words) if random.random() < 0.5 else "".join(random.choices(_CHINESE, k=random.randint(2, 6)))
    at = random.randint(0, len(name))
    return name[:at] + (random.choice(ODD) if random.random() < 0.5 else "") + name[at:]


def random_home(random: Random, size: int) -> HomeSnapshot:
    """Return a home with so many entities."""
    floors = tuple(Floor(f"floor_{index}", random_name(random)) for index in range(random.randint(0, 3)))
    areas = tuple(
        Area(
            f"area_{index}",
            random_name(random),
            (random_name(random),),
            random.choice(floors).floor_id if floors else None,
        )
        for index in range(random.randint(1, max(2, size // 10)))
    )
    entities = tuple(
        Entity(
            f"{random.choice(_DOMAINS)}.thing_{index}",
            random_name(random),
            (random_name(random),) if random.random() < 0.3 else (),
            random.choice(areas).area_id,
            random.choice(_CLASSES),
        )
        for index in range(size)
    )
    return HomeSnapshot(floors=floors, areas=areas, entities=entities)
