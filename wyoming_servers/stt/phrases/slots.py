"""What fills a template's slots: the words of a small set, or the values of a large one.

A large set (numbers, colours, things to buy) stays a slot in a `Pattern` and is filled only where it is
needed: for the few patterns that resemble what was heard, and by sampling for the language model.
"""

from __future__ import annotations

from dataclasses import dataclass

CHOICES: dict[str, tuple[str, ...]] = {
    "on_off": ("on", "off"),
    "open_close": ("open", "close"),
    "open_closed": ("open", "closed"),
    "lock_unlock": ("lock", "unlock"),
    "locked_unlocked": ("locked", "unlocked"),
    "up_down": ("up", "down"),
    "fan_mode": ("auto", "low", "medium", "high"),
}
"""Small sets, whose members are equally likely."""


@dataclass(frozen=True, slots=True)
class Value:
    """A member of a large set, and how likely it is among the others. The shares of a set add up to 1."""

    text: str
    share: float


def _shares(weights: dict[str, float]) -> tuple[Value, ...]:
    total = sum(weights.values())
    return tuple(Value(text, weight / total) for text, weight in weights.items())


def _popularity(number: int) -> float:
    """People like round numbers: multiples of ten, then of five, then small ones."""
    if number % 10 == 0:
        return 8.0
    if number % 5 == 0:
        return 5.0
    return 3.0 if number < 10 else 1.0


def _numbers(first: int, last: int, template: str = "{}") -> dict[str, float]:
    return {template.format(number): _popularity(number) for number in range(first, last + 1)}


def _units(last: int, unit: str) -> dict[str, float]:
    """Return `1 minute`, `2 minutes` and so on."""
    return {f"1 {unit}": _popularity(1)} | _numbers(2, last, f"{{}} {unit}s")


_PERCENT = _numbers(0, 100, "{} percent") | {text: weight / 8 for text, weight in _numbers(0, 100).items()}
_DEGREES = _numbers(5, 95, "{} degrees") | {text: weight / 8 for text, weight in _numbers(5, 95).items()}
_COLORS = "white black red orange yellow green blue purple brown pink turquoise".split()  # noqa: SIM905 - one per line otherwise
_TIMER_NAMES = "pizza pasta rice tea coffee egg bread cake cookie chicken oven laundry workout".split()  # noqa: SIM905 - as above
_ITEMS = (  # noqa: SIM905 - as above
    "apples|apple juice|avocados|bacon|baking powder|bananas|batteries|beans|beef|beer|berries|bleach|bread|broccoli|"
    "butter|cabbage|cake|candles|candy|carrots|cat food|celery|cereal|cheese|chicken|chips|chocolate|coconut milk|"
    "coffee|coffee filters|conditioner|cookies|corn|crackers|cream|cream cheese|cucumbers|deodorant|dish soap|dog food|"
    "eggs|fish|flour|flowers|fruit|garbage bags|garlic|ginger|grapes|ham|honey|hummus|ice|ice cream|jam|juice|ketchup|"
    "laundry detergent|lemons|lettuce|light bulbs|limes|mayonnaise|meat|milk|mushrooms|mustard|napkins|noodles|nuts|"
    "oatmeal|oil|olive oil|olives|onions|oranges|orange juice|pancake mix|paper towels|pasta|peaches|peanut butter|"
    "pears|peas|pepper|peppers|pickles|pizza|pork|potatoes|rice|salad|salmon|salsa|salt|sausage|shampoo|shrimp|soap|"
    "soda|soup|sour cream|soy sauce|spaghetti|spinach|sponges|steak|strawberries|sugar|tea|tissues|toilet paper|tofu|"
    "tomato sauce|tomatoes|toothpaste|tortillas|trash bags|tuna|turkey|vegetables|vinegar|vitamins|water|watermelon|"
    "whipped cream|wine|yeast|yogurt|zucchini"
).split("|")

VALUES: dict[str, tuple[Value, ...]] = {
    "percent": _shares(_PERCENT),
    "degrees": _shares(_DEGREES),
    "hours": _shares(_units(24, "hour")),
    "minutes": _shares(_units(60, "minute") | {"90 minutes": 3.0}),
    "seconds": _shares(_units(60, "second") | {"90 seconds": 3.0}),
    "hour": _shares(_numbers(1, 24, "{} hour")),
    "minute": _shares(_numbers(1, 60, "{} minute")),
    "second": _shares(_numbers(1, 60, "{} second")),
    "half_hours": _shares(_numbers(1, 5, "{} and a half")),
    "timer_name": _shares(dict.fromkeys(_TIMER_NAMES, 1.0)),
    "color": _shares(dict.fromkeys(_COLORS, 1.0)),
    "item": _shares(dict.fromkeys(_ITEMS, 1.0)),
}
"""Large sets."""
