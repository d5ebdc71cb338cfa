"""Documents of the scripted server are what the real door's are, and the integration gets along with those."""

from __future__ import annotations

from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
import pytest

from custom_components.sotto.client import RefusedError, SottoClient
from custom_components.sotto.document_errors import told
from custom_components.sotto.document_files import pieces_of_text
from custom_components.sotto.documents import Documents
from tests.integration.real_door import RealDoor
from tests.integration.scripted_server import ScriptedServer
from tests.integration.test_contract import Peer, endpoint, peers, real, shape_of

__all__ = ["endpoint", "peers", "real"]

TEXT = "# Guest notes\n\n## Internet\n\nThe wifi password for guests is plum-ladder-42.\n"


@pytest.fixture
async def documents(hass: HomeAssistant, real: RealDoor) -> Documents:
    return Documents(SottoClient(async_get_clientsession(hass), real.url, real.token))


async def test_they_keep_find_and_forget_alike(
    peers: tuple[Peer, Peer], documents: Documents, hass: HomeAssistant, server: ScriptedServer
) -> None:
    scripted = Documents(SottoClient(async_get_clientsession(hass), server.url, server.token))
    for each in (documents, scripted):
        await each.add("guest-notes.md", pieces_of_text(TEXT))
    for path in ("/api/documents", "/api/documents/search?q=wifi&limit=3", "/api/status"):
        real_answer, scripted_answer = [await peer.ask("GET", path) for peer in peers]
        assert real_answer.status == scripted_answer.status == 200
        assert shape_of(real_answer.body) == shape_of(scripted_answer.body), path
    for each in (documents, scripted):
        (document,) = await each.all()
        await each.remove(document.document_id)
        assert await each.all() == []
        with pytest.raises(RefusedError) as caught:
            await each.remove(document.document_id)
        assert told(caught.value)[0] == "no_such_document"


async def test_the_real_door_takes_finds_and_replaces_documents(documents: Documents) -> None:
    added = await documents.add("guest-notes.md", pieces_of_text(TEXT))
    assert (added.title, added.name, added.is_watched) == ("Guest notes", "guest-notes.md", False)
    (found,) = await documents.search("what is the wifi password", 3)
    assert (found.title, found.document_id) == ("Guest notes", added.document_id)
    assert "plum-ladder-42" in found.text
    await documents.add("guest-notes.md", pieces_of_text(TEXT.replace("plum", "pear")))
    assert len(await documents.all()) == 1
    assert "pear-ladder-42" in (await documents.search("wifi", 3))[0].text


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("lease.pdf", "%PDF-1.7 and nothing more", "document_broken"),
        ("empty.md", " \n", "document_empty"),
        ("picture.xyz", "\x00\x01\x02", "document_unknown_type"),
    ],
)
async def test_what_the_real_door_refuses_has_words(documents: Documents, name: str, content: str, key: str) -> None:
    with pytest.raises(RefusedError) as caught:
        await documents.add(name, pieces_of_text(content))
    assert told(caught.value)[0] == key
