"""What is found of one thing that may go wrong, in the languages that its reader may have."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a finding is to be read."""

    OK = "ok"
    NOTE = "note"
    """Works without it; what it would add is said."""
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Words:
    """The same in English and in Simplified Chinese."""

    en: str = ""
    zh: str = ""

    def of(self, language: str) -> str:
        """Return the words in the language that comes nearest to this tag; English for all but Chinese."""
        return self.zh if language.lower().startswith("zh") else self.en

    def filled(self, **values: object) -> Words:
        """Return the words with values in the places that have their names in braces."""
        return Words(self.en.format(**values), self.zh.format(**values))

    def with_note(self, note: str) -> Words:
        """Return the words with a note after them, which is the same in each language."""
        return self.followed_by(Words(note, note))

    def followed_by(self, others: Words) -> Words:
        """Return the words with others after them."""
        return Words(f"{self.en}; {others.en}", f"{self.zh}；{others.zh}")


NOTHING = Words()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    id: str
    """The name of the file that looks at it."""
    verdict: Verdict
    subject: Words
    detail: Words
    remedy: Words = NOTHING

    def told(self, language: str) -> dict[str, str]:
        """Return it as `/api/health` tells it."""
        return {
            "id": self.id,
            "verdict": self.verdict.value,
            "subject": self.subject.of(language),
            "detail": self.detail.of(language),
            "remedy": self.remedy.of(language),
        }
