"""Numbers within bounds as grammar expressions. Pure logic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from .gbnf import Rules, either, joined

INTEGER = '("-"? ("0" | [1-9] [0-9]{0,14}))'
NUMBER = f'{INTEGER} ("." [0-9]{{1,6}})?'
DIGITS = 15
"""Digits that an integer without a bound may have."""
DECIMALS = 3
"""Decimals that a number with bounds may have."""
LISTED = 1_000
"""Multiples up to this many are listed one by one; more are not told from other numbers."""


def integer(rules: Rules, schema: Mapping[str, Any]) -> str:
    """Return the expression of the integers that a schema allows."""
    low, high = bounds(schema, Decimal(1))
    if low is None and high is None and "multipleOf" not in schema:
        return INTEGER
    least = _floor(low, ROUND_CEILING, -(10**DIGITS))
    most = _floor(high, ROUND_FLOOR, 10**DIGITS)
    step = schema.get("multipleOf")
    if step and (most - least) / step <= LISTED:
        return rules.one_of(multiples(least, most, Decimal(str(step))))
    return either(_integers(least, most))


def number(rules: Rules, schema: Mapping[str, Any]) -> str:
    """Return the expression of the numbers that a schema allows, with few decimals."""
    low, high = bounds(schema, Decimal(1).scaleb(-DECIMALS))
    if low is None and high is None:
        return NUMBER
    least = Decimal(-(10**DIGITS)) if low is None else low
    most = Decimal(10**DIGITS) if high is None else high
    step = schema.get("multipleOf")
    if step and (most - least) / Decimal(str(step)) <= LISTED:
        return rules.one_of(multiples(least, most, Decimal(str(step))))
    return either([*_negatives(least, most), *_decimals(max(least, Decimal(0)), most)])


def bounds(schema: Mapping[str, Any], unit: Decimal) -> tuple[Decimal | None, Decimal | None]:
    """Return the least and the greatest number that a schema allows; an exclusive bound moves by a unit."""
    low = _bound(schema, "minimum", "exclusiveMinimum", unit)
    high = _bound(schema, "maximum", "exclusiveMaximum", -unit)
    return low, high


def _bound(schema: Mapping[str, Any], inclusive: str, exclusive: str, unit: Decimal) -> Decimal | None:
    bound, beyond = schema.get(inclusive), schema.get(exclusive)
    found = [] if bound is None else [Decimal(str(bound))]
    if beyond is True and found:  # OpenAPI 3.0 and drafts before 6
        found = [_next(found[0], unit)]
    elif beyond is not None and not isinstance(beyond, bool):
        found.append(_next(Decimal(str(beyond)), unit))
    return (max(found) if unit > 0 else min(found)) if found else None


def _next(bound: Decimal, unit: Decimal) -> Decimal:
    """Return the first multiple of the unit beyond a bound."""
    size = abs(unit)
    nearest = (bound / size).to_integral_value(ROUND_FLOOR if unit > 0 else ROUND_CEILING) * size
    return nearest + unit


def _floor(bound: Decimal | None, rounding: str, otherwise: int) -> int:
    return otherwise if bound is None else int(bound.to_integral_value(rounding))


def multiples(low: Decimal | int, high: Decimal | int, step: Decimal) -> Iterator[str]:
    """Yield the multiples of a step within bounds."""
    first = (Decimal(low) / step).to_integral_value(ROUND_CEILING)
    for count in range(int(first), int((Decimal(high) / step).to_integral_value(ROUND_FLOOR)) + 1):
        yield f"{(count * step).normalize():f}"


def _integers(low: int, high: int) -> Iterator[str]:
    if low < 0:
        yield joined('"-"', either(magnitudes(max(1, -high), -low)))
    if high >= 0:
        yield from magnitudes(max(0, low), high)


def magnitudes(low: int, high: int) -> Iterator[str]:
    """Yield the expressions of the integers from `low` >= 0 to `high`, one for each number of digits."""
    for length in range(len(str(low)), len(str(high)) + 1):
        least = max(low, 10 ** (length - 1) if length > 1 else 0)
        yield digits(str(least), str(min(high, 10**length - 1)))


def digits(low: str, high: str) -> str:
    """Return the expression of the digit strings between two of the same length."""
    if not low:
        return ""
    if set(low) == {"0"} and set(high) == {"9"}:
        return "[0-9]" if len(low) == 1 else f"[0-9]{{{len(low)}}}"
    if low[0] == high[0]:
        return joined(f'"{low[0]}"', digits(low[1:], high[1:]))
    rest = len(low) - 1
    nines, zeros = "9" * rest, "0" * rest
    first, last = int(low[0]), int(high[0])
    cases = []
    if low[1:] != zeros:
        cases.append(joined(f'"{first}"', digits(low[1:], nines)))
        first += 1
    if high[1:] != nines:
        last -= 1
    if first <= last:
        cases.append(joined(f"[{first}-{last}]", digits(zeros, nines)))
    if high[1:] != nines:
        cases.append(joined(f'"{high[0]}"', digits(zeros, high[1:])))
    return either(cases)


def _negatives(low: Decimal, high: Decimal) -> Iterator[str]:
    if low < 0:
        within = either(_decimals(max(-high, Decimal(0)), -low))
        yield joined('"-"', within)


def _decimals(low: Decimal, high: Decimal) -> Iterator[str]:
    """Yield the expressions of the numbers from `low` >= 0 to `high`."""
    if high < low:
        return
    floor, ceiling = int(low), int(high)
    first = floor + (low > floor)
    if first < ceiling:
        yield joined(either(magnitudes(first, ceiling - 1)), f'("." [0-9]{{1,{DECIMALS}}})?')
    if high == ceiling >= first:
        yield joined(f'"{ceiling}"', f'("." "0"{{1,{DECIMALS}}})?')
    for whole in sorted({floor, ceiling}):
        if not first <= whole < ceiling and high > whole:
            yield from _edge(whole, low, high)


def _edge(whole: int, low: Decimal, high: Decimal) -> Iterator[str]:
    """Yield the numbers with this integer part of which not all decimals are within the bounds."""
    if low <= whole:
        yield f'"{whole}"'
    for length in range(1, DECIMALS + 1):
        size = 10**length
        least = max(0, int(((low - whole) * size).to_integral_value(ROUND_CEILING)))
        most = min(size - 1, int(((high - whole) * size).to_integral_value(ROUND_FLOOR)))
        if least <= most:
            yield joined(f'"{whole}."', digits(f"{least:0{length}}", f"{most:0{length}}"))
