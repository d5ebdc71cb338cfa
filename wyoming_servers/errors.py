"""The one hierarchy of errors that Sotto raises, and what each means for the person who meets it.

An error has a stable code for programs, a message that names what was wrong with which value, and a
remedy. `protocol/connection.py` turns it into a Wyoming `error` event; nothing else does.
"""

from __future__ import annotations

import traceback


class SottoError(Exception):
    """Something went wrong that the user can be told about."""

    code = "internal-error"

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".rstrip()


def place_of(error: BaseException) -> str:
    """Return the file and line that raised, for the log: the message and the values are private."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "an unknown place"


class SettingsError(SottoError):
    """A setting is missing, unknown or out of range."""

    code = "bad-setting"


class BadRequestError(SottoError):
    """The client sent something that the protocol or the stage does not allow."""

    code = "bad-request"


class MalformedEventError(BadRequestError):
    """The bytes on the wire are not a Wyoming event; the connection cannot go on."""

    code = "malformed-event"


class LimitExceededError(BadRequestError):
    """A header, payload, text, utterance or connection is larger than the server allows."""

    code = "limit-exceeded"


class UnexpectedEventError(BadRequestError):
    """A well-formed event arrived where the protocol has no place for it."""

    code = "unexpected-event"


class UnknownModelError(BadRequestError):
    """The wake word, voice or model that was asked for does not exist here."""

    code = "unknown-model"


class EngineError(SottoError):
    """An engine failed while it worked."""

    code = "engine-failed"


class EngineUnavailableError(EngineError):
    """An engine cannot be used: its package or model is missing or unreadable."""

    code = "engine-unavailable"


class NoMemoryError(EngineUnavailableError):
    """A model is larger than the memory that is left."""

    code = "no-memory"


class EngineLoadingError(EngineError):
    """The engine is still loading; the same request will work shortly."""

    code = "engine-loading"


class OverloadedError(SottoError):
    """Too much work is waiting, or this job waited past its deadline."""

    code = "overloaded"


class RemoteError(SottoError):
    """Another server that a stage is forwarded to cannot be reached or broke off."""

    code = "remote-failed"


class HomeError(SottoError):
    """The home cannot be read or reached, or refused an intent."""

    code = "home-failed"
