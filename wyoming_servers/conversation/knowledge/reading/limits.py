"""How much of a document is read before it is refused. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MIB = 2**20


class Format(StrEnum):
    """What a file consists of."""

    PDF = "PDF"
    DOCX = "DOCX"
    HTML = "HTML"
    MARKDOWN = "Markdown"
    PLAIN = "plain text"
    CSV = "CSV"


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that is read. What a file says of itself is checked before anything is unpacked."""

    characters: int = 10_000_000
    """Of text: 3,000 pages of a book, some 15,000 passages."""
    pages: int = 5000
    pdf_bytes: int = 256 * MIB
    """A manual is mostly pictures, which are not looked at."""
    docx_bytes: int = 64 * MIB
    unpacked_bytes: int = 256 * MIB
    """Of all that is in a DOCX."""
    unpacked_ratio: int = 200
    """Text of a real DOCX shrinks to a tenth or a twentieth, and the emptiest of tables to a hundredth."""
    html_bytes: int = 16 * MIB
    """Of dense markup 8 MB take 700 MB of memory, as a tree."""
    text_bytes: int = 40 * MIB
    """Of Markdown, CSV and plain text: the characters at four bytes each."""
    memory_bytes: int = 1024 * MIB
    """Of the process that reads."""
    seconds: float = 300.0

    def bytes_of(self, kind: Format) -> int:
        """Return the most bytes that a file of this format may have."""
        match kind:
            case Format.PDF:
                return self.pdf_bytes
            case Format.DOCX:
                return self.docx_bytes
            case Format.HTML:
                return self.html_bytes
            case Format.MARKDOWN | Format.PLAIN | Format.CSV:
                return self.text_bytes
