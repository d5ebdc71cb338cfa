"""Which format a file has: by its content, and for what is text by its name."""

from __future__ import annotations

import re

from . import archive
from .errors import Unreadable, UnreadableError, encrypted
from .limits import Format
from .names import suffix

READABLE = "PDF, DOCX, HTML, Markdown, plain text or CSV"
HEAD_BYTES = 1024
"""A PDF may have so much before its mark (ISO 32000-1, Annex H.3.4.1)."""
_PDF = re.compile(rb"%PDF-\d")
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
"""The stream in which Office keeps a document with a password (MS-OFFCRYPTO 2.3.4.4)."""
_HTML = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)
_HTML_WITHIN = 4096
_FEW_CONTROLS = 3
_OTHERS = {
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"RIFF": "a picture or a recording",
    b"II*\0": "a picture",
    b"MM\0*": "a picture",
    b"{\\rtf": "an RTF document",
    b"\x1f\x8b": "a packed file",
    b"7z\xbc\xaf": "a packed file",
    b"Rar!": "a packed file",
    b"\x7fELF": "a program",
    b"MZ": "a program",
    b"%!PS": "a PostScript document",
}
_BY_SUFFIX = {
    "md": Format.MARKDOWN,
    "markdown": Format.MARKDOWN,
    "csv": Format.CSV,
    "tsv": Format.CSV,
    "html": Format.HTML,
    "htm": Format.HTML,
    "xhtml": Format.HTML,
}


def container_of(head: bytes) -> Format | None:
    """Return what a file that begins so may be: PDF, DOCX for any package of Office, None for text.

    Raises UnreadableError for what is certainly none of them. `head` has HEAD_BYTES.
    """
    if _PDF.search(head):
        return Format.PDF
    if head.startswith((*_ZIP, _OLE)):
        return Format.DOCX
    for magic, what in _OTHERS.items():
        if head.startswith(magic):
            raise unknown(what)
    return None


def require_docx(data: bytes) -> None:
    """Raise UnreadableError for a package of Office that is no DOCX, or has a password."""
    if not data.startswith(_OLE):
        _require_docx_in(archive.names(data))
    elif _ENCRYPTED_PACKAGE in data:
        raise encrypted()
    else:
        raise unknown("a document of an old Office (DOC, XLS or PPT)")


def format_of_text(text: str, name: str) -> Format:
    """Return which kind of text this is."""
    if _HTML.match(text[:_HTML_WITHIN]):
        return Format.HTML
    return _BY_SUFFIX.get(suffix(name), Format.PLAIN)


def unknown(what: str) -> UnreadableError:
    """Return the error of a file of another format."""
    return UnreadableError(
        Unreadable.UNKNOWN_TYPE, f"The file is {what}, which is not read.", remedy=f"Save it as {READABLE}."
    )


def _require_docx_in(names: frozenset[str]) -> None:
    if "[Content_Types].xml" in names:
        if any(name.startswith(("xl/", "ppt/")) for name in names):
            raise unknown("a spreadsheet or slides of Office")
    elif "mimetype" in names:
        raise unknown("an OpenDocument file or an e-book")
    else:
        raise unknown("a packed file")


def may_declare(data: bytes, name: str) -> bool:
    """Whether a text may say in its first lines how it is encoded."""
    return b"<" in data[:HEAD_BYTES].lstrip()[:4] or suffix(name) in {"html", "htm", "xhtml"}


def is_binary(text: str) -> bool:
    """Whether what was decoded is no writing: too many of its first characters are controls."""
    sample = text[:_HTML_WITHIN]
    controls = sum(character < " " and character not in "\t\n\r\f\x1b" for character in sample)
    return controls > max(_FEW_CONTROLS, len(sample) / 100)
