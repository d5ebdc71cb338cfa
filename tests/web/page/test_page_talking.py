"""Trying it, typed and spoken, until the turn's waterfall is there; and turns that appear as they happen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.homeassistant.sound import read_wav, silence, write_wav
from tests.web.page.browser import INSECURE_HOST, PHONE, Visit, Visitor, visit
from tests.web.page.sotto import IngressProcess

COMMANDS = {"en": "living_room_light_en.wav"}
PLAYED = """(audio) => new Promise((done) => {
  const look = () => audio.currentTime > 0 && done();
  audio.addEventListener("timeupdate", look);
  look();
})"""
"""Returns once some of it was heard."""
FAKE_MICROPHONE = (
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
)


@pytest.fixture
def spoken(shared: Path, tmp_path: Path) -> Visit:
    """A visitor whose microphone hears a command after a moment, and then nothing."""
    recording = shared / "audio" / "commands" / COMMANDS["en"]
    if not recording.is_file():
        pytest.skip(f"needs the recording {recording}")
    path = tmp_path / "microphone.wav"
    write_wav(path, silence(1.0) + read_wav(recording) + silence(20.0))
    return Visit(
        flags=(*FAKE_MICROPHONE, f"--use-file-for-fake-audio-capture={path}%noloop"), permissions=("microphone",)
    )


async def _type(visitor: Visitor, text: str) -> None:
    await visitor.page.locator(".composer input").fill(text)
    await visitor.page.keyboard.press("Enter")


@pytest.mark.parametrize(
    ("locale", "text", "answer"),
    [
        ("en-US", "turn on the living room light", "Turned on the light"),
        ("zh-CN", "打开客厅的灯", "已打开"),
    ],
)
async def test_a_typed_sentence_is_answered_and_its_waterfall_appears(
    chromium: str, ingress: IngressProcess, locale: str, text: str, answer: str
) -> None:
    async with visit(chromium, ingress.url, Visit(locale)) as visitor:
        await visitor.show("try")
        await _type(visitor, text)
        await expect(visitor.page.locator(".bubble.mine").last).to_have_text(text)
        reply = visitor.page.locator(".bubble.theirs").last
        await expect(reply).to_contain_text(answer)
        await expect(reply.locator(".intents")).to_contain_text("HassTurnOn")
        await expect(reply.locator(".wf-row .stage-conversation")).to_be_visible()
        await visitor.keep(f"typed-{locale}")
        await visitor.show("turns")
        first = visitor.page.locator(".turn").first
        await expect(first).to_contain_text(text)
        await expect(first.locator(".waterfall")).to_be_visible()
        assert visitor.complaints == []


async def test_a_spoken_sentence_is_heard_answered_aloud_and_its_waterfall_appears(
    chromium: str, ingress: IngressProcess, spoken: Visit
) -> None:
    async with visit(chromium, ingress.url, spoken) as visitor:
        await visitor.show("try")
        await visitor.page.get_by_role("button", name="Speak").click()
        await expect(visitor.page.get_by_role("button", name="Stop listening")).to_be_visible()
        await expect(visitor.page.locator(".bubble.mine").last).to_contain_text("living room", ignore_case=True)
        await expect(visitor.page.get_by_role("button", name="Speak")).to_be_visible()
        reply = visitor.page.locator(".bubble.theirs").last
        for stage in ("speech", "stt", "conversation"):
            await expect(reply.locator(f".wf-row .stage-{stage}").first).to_be_visible()
        await visitor.page.locator(".bubble audio").evaluate(PLAYED)
        await visitor.keep("spoken")
        assert visitor.complaints == []


async def test_a_turn_appears_where_somebody_looks_on(chromium: str, ingress: IngressProcess) -> None:
    async with visit(chromium, ingress.url, Visit(size=PHONE)) as visitor:
        await visitor.show("turns")
        body = json.dumps({"text": "turn off the kitchen light", "language": "en"})
        ingress.ask("api/try/text", body.encode())
        await expect(visitor.page.locator(".turn").first).to_contain_text("turn off the kitchen light")


async def test_what_nobody_can_understand_is_said_so(chromium: str, ingress: IngressProcess) -> None:
    async with visit(chromium, ingress.url) as visitor:
        await visitor.show("try")
        await _type(visitor, "colourless green ideas sleep furiously")
        await expect(visitor.page.locator(".bubble.theirs p").first).not_to_have_text("One moment…")
        await visitor.show("turns")
        await expect(visitor.page.locator(".turn .chip").first).to_have_text("Not understood")


async def test_a_microphone_that_is_refused_is_explained(chromium: str, ingress: IngressProcess) -> None:
    how = Visit(flags=("--use-fake-device-for-media-stream", "--deny-permission-prompts"))
    async with visit(chromium, ingress.url, how) as visitor:
        await visitor.show("try")
        await visitor.page.get_by_role("button", name="Speak").click()
        await expect(visitor.page.get_by_role("alert")).to_contain_text("Allow the microphone for this page")
        await expect(visitor.page.get_by_role("button", name="Speak")).to_be_enabled()


async def test_where_browsers_do_not_let_a_page_listen_it_says_so(chromium: str, ingress: IngressProcess) -> None:
    async with visit(chromium, ingress.url) as visitor:
        await visitor.show("try", at=ingress.url.replace("127.0.0.1", INSECURE_HOST))
        await expect(visitor.text("only over HTTPS, or on the machine itself")).to_be_visible()
        await expect(visitor.page.get_by_role("button", name="Speak")).to_be_disabled()
        await _type(visitor, "turn on the kitchen light")
        await expect(visitor.page.locator(".bubble.theirs").last).to_contain_text("Turned on")
