"""Everything that can go wrong with documents has a status of its own at the HTTP door."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module

import pytest

from wyoming_servers.conversation import knowledge
from wyoming_servers.conversation.knowledge.reading.errors import Unreadable, UnreadableError
from wyoming_servers.errors import BadRequestError, SottoError
from wyoming_servers.http.errors import status_of

UNFORESEEN = 500


def of_knowledge() -> list[type[SottoError]]:
    for module in pkgutil.walk_packages(knowledge.__path__, f"{knowledge.__name__}."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    ours = f"{knowledge.__name__}."
    return [each for each in every(SottoError) if each.__module__.startswith(ours)]


def every(kind: type[SottoError]) -> Iterator[type[SottoError]]:
    for each in kind.__subclasses__():
        yield each
        yield from every(each)


@pytest.mark.parametrize("kind", of_knowledge())
def test_every_error_of_documents_has_a_status(kind: type[SottoError]) -> None:
    if kind is not UnreadableError:  # its codes are below
        error = kind("It went wrong.")
        assert "code" in vars(kind), "it needs a code of its own"
        status = status_of(error)
        assert status != UNFORESEEN
        assert (400 <= status < 500) == isinstance(error, BadRequestError)


@pytest.mark.parametrize("code", Unreadable)
def test_every_reason_why_a_document_is_unreadable_has_the_status_of_what_is_wrong_with_it(code: Unreadable) -> None:
    status = {Unreadable.TOO_LARGE: 413, Unreadable.UNKNOWN_TYPE: 415}.get(code, 422)
    assert status_of(UnreadableError(code, "It went wrong.")) == status
