"""CSV: every row a section, with the names of the columns. Pure logic."""

from __future__ import annotations

import csv
import io

from ..document import Reading
from .errors import broken
from .limits import Limits
from .names import stem
from .outline import Outline
from .tables import add_table

_SAMPLE_CHARACTERS = 8192
_DELIMITERS = ",;\t|"


def read(text: str, name: str, limits: Limits) -> Reading:
    """Read a list; raises UnreadableError if its quotes cannot be made out."""
    outline = Outline(limits)
    csv.field_size_limit(limits.characters)
    rows = csv.reader(io.StringIO(text, newline=""), _dialect(text[:_SAMPLE_CHARACTERS]))
    try:
        add_table(outline, rows, is_list=True)
    except csv.Error as err:
        raise broken("a list in CSV") from err
    return outline.finish(stem(name))


def _dialect(sample: str) -> type[csv.Dialect]:
    try:
        return csv.Sniffer().sniff(sample, _DELIMITERS)
    except csv.Error:
        return csv.excel
