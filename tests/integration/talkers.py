"""A home with voice satellites that take their time, are engaged, fail, or hear answers: real entities, real pipelines.

    upstairs        Bedroom: assist_satellite.bedroom
    ground floor    Kitchen: assist_satellite.kitchen, and assist_satellite.old, which only listens
                    Living room: assist_satellite.sofa, assist_satellite.tv
    nowhere         assist_satellite.porch

What somebody answers is decided by a speech-to-text engine, `ear`: it "hears" what the talker was told to reply. Speech
is synthesized by `voice`, which speaks English and Chinese.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, override
from urllib.parse import parse_qs, urlparse

from homeassistant.components import stt, tts
from homeassistant.components.assist_pipeline import PipelineEvent, async_update_pipeline
from homeassistant.components.assist_pipeline.pipeline import async_get_pipeline
from homeassistant.components.assist_satellite import (
    AssistSatelliteAnnouncement,
    AssistSatelliteConfiguration,
    AssistSatelliteEntity,
    AssistSatelliteEntityFeature,
)
from homeassistant.components.assist_satellite.entity import AssistSatelliteState
from homeassistant.config_entries import ConfigEntry, ConfigFlow
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
)
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    MockPlatform,
    mock_integration,
    mock_platform,
)

DOMAIN = "talkers"
ANNOUNCE = AssistSatelliteEntityFeature.ANNOUNCE
BOTH = ANNOUNCE | AssistSatelliteEntityFeature.START_CONVERSATION
LANGUAGES = ["en-US", "zh-CN"]


class TalkersFlow(ConfigFlow, domain=DOMAIN):
    """Without one there is no entry; nobody goes through it."""


class Ear(stt.SpeechToTextEntity):
    """Hears what the talker that is listened to was told to reply; reads all of the audio first, as engines do."""

    _attr_name = "Ear"
    _attr_unique_id = "ear"

    def __init__(self) -> None:
        """Hear nothing."""
        self.hears: str | None = None

    supported_languages = LANGUAGES
    supported_formats = [stt.AudioFormats.WAV]  # noqa: RUF012 - as Home Assistant has it
    supported_codecs = [stt.AudioCodecs.PCM]  # noqa: RUF012
    supported_bit_rates = [stt.AudioBitRates.BITRATE_16]  # noqa: RUF012
    supported_sample_rates = [stt.AudioSampleRates.SAMPLERATE_16000]  # noqa: RUF012
    supported_channels = [stt.AudioChannels.CHANNEL_MONO]  # noqa: RUF012

    @override
    async def async_process_audio_stream(
        self, metadata: stt.SpeechMetadata, stream: AsyncIterable[bytes]
    ) -> stt.SpeechResult:
        async for _ in stream:
            pass
        return stt.SpeechResult(self.hears, stt.SpeechResultState.SUCCESS)


class Voice(tts.TextToSpeechEntity):
    """Speaks."""

    _attr_name = "Voice"
    _attr_unique_id = "voice"
    _attr_default_language = "en-US"
    _attr_supported_languages = LANGUAGES
    _attr_supported_options = [tts.ATTR_VOICE]  # noqa: RUF012 - as Home Assistant has it

    @override
    async def async_get_tts_audio(self, message: str, language: str, options: dict[str, Any]) -> tts.TtsAudioType:
        return "mp3", bytes(64)


class Talker(AssistSatelliteEntity):
    """A satellite. What it does is decided by a test."""

    _attr_has_entity_name = True
    _attr_name = None
    _attr_should_poll = False

    def __init__(self, name: str, area_id: str | None, features: AssistSatelliteEntityFeature = BOTH) -> None:
        """Stand in an area."""
        self.area_id = area_id
        self._attr_unique_id = name.lower()
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, self._attr_unique_id)}, name=name)
        self._attr_supported_features = features
        self.spoken: list[str] = []
        """What was announced to the end."""
        self.announcements: list[AssistSatelliteAnnouncement] = []
        self.asked: list[str] = []
        self.may_end = asyncio.Event()
        """Until it is set, an announcement lasts."""
        self.may_end.set()
        self.begun = asyncio.Event()
        """Set when an announcement or a question begins."""
        self.fails: Exception | None = None
        self.ear = Ear()
        self.reply: str | None = None
        """What somebody answers; None: nobody speaks, and the satellite waits for ever."""
        self._answering: asyncio.Task[None] | None = None

    @override
    def async_get_configuration(self) -> AssistSatelliteConfiguration:
        return AssistSatelliteConfiguration(available_wake_words=[], active_wake_words=[], max_active_wake_words=0)

    @override
    async def async_set_configuration(self, config: AssistSatelliteConfiguration) -> None:
        raise NotImplementedError

    @override
    def on_pipeline_event(self, event: PipelineEvent) -> None:
        """Show nothing."""

    @override
    async def async_announce(self, announcement: AssistSatelliteAnnouncement) -> None:
        self.announcements.append(announcement)
        self.begun.set()
        await self.may_end.wait()
        if self.fails is not None:
            raise self.fails
        self.spoken.append(announcement.message)

    @override
    async def async_start_conversation(self, start_announcement: AssistSatelliteAnnouncement) -> None:
        self.asked.append(start_announcement.message)
        self.begun.set()
        if self.fails is not None:
            raise self.fails
        if self.reply is not None:
            self.hear(self.reply)

    def hear(self, reply: str) -> None:
        """Begin to listen: somebody answers."""
        self.ear.hears = reply
        self._answering = self.hass.async_create_task(self.async_accept_pipeline_from_satellite(_audio()))

    def become(self, state: AssistSatelliteState) -> None:
        """Be engaged in a conversation, or no more."""
        self._set_state(state)

    def leave(self) -> None:
        """Lose the connection."""
        self._attr_available = False
        self.async_write_ha_state()

    def come_back(self) -> None:
        """Have it again."""
        self._attr_available = True
        self.async_write_ha_state()

    def spoke_in(self) -> str | None:
        """Return the language of the latest announcement, if it is not the assistant's own."""
        query = parse_qs(urlparse(self.announcements[-1].original_media_id).query)
        return query.get("language", [None])[0]


async def _audio() -> AsyncIterator[bytes]:
    """Return a second of silence."""
    for _ in range(50):
        yield bytes(640)


@dataclass
class Home:
    """The satellites, by the last part of their entity ids."""

    talkers: dict[str, Talker] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Talker:
        """Return one."""
        return self.talkers[name]

    @property
    def spoken(self) -> dict[str, list[str]]:
        """What was announced, by all that announced anything."""
        return {name: talker.spoken for name, talker in self.talkers.items() if talker.spoken}


def _placed(hass: HomeAssistant, ear: Ear) -> Iterator[Talker]:
    floors, areas = fr.async_get(hass), ar.async_get(hass)
    ground = floors.async_create("Ground floor", aliases={"downstairs"}).floor_id
    up = floors.async_create("Upstairs", aliases={"楼上"}).floor_id
    kitchen = areas.async_create("Kitchen", aliases={"厨房"}, floor_id=ground).id
    living_room = areas.async_create("Living room", floor_id=ground).id
    bedroom = areas.async_create("Bedroom", floor_id=up).id
    areas.async_create("Attic", floor_id=up)
    for talker in (
        Talker("Kitchen", kitchen),
        Talker("Old", kitchen, AssistSatelliteEntityFeature(0)),
        Talker("Sofa", living_room),
        Talker("TV", living_room, ANNOUNCE),
        Talker("Bedroom", bedroom),
        Talker("Porch", None),
    ):
        talker.ear = ear
        yield talker


async def move_in(hass: HomeAssistant) -> Home:
    """Set the satellites up, and an assistant that hears and speaks."""
    for component in ("media_source", "tts", "stt", "assist_pipeline"):
        assert await async_setup_component(hass, component, {})
    ear = Ear()
    talkers = list(_placed(hass, ear))
    entities: dict[Platform, list[Any]] = {
        Platform.STT: [ear],
        Platform.TTS: [Voice()],
        Platform.ASSIST_SATELLITE: talkers,
    }
    await add_integration(hass, DOMAIN, entities)
    for talker in talkers:
        dr.async_get(hass).async_update_device(device_of(hass, talker.entity_id), area_id=talker.area_id)
    await async_update_pipeline(
        hass,
        async_get_pipeline(hass),
        stt_engine="stt.ear",
        stt_language="en-US",
        tts_engine="tts.voice",
        tts_language="en-US",
    )
    return Home({talker.entity_id.removeprefix("assist_satellite."): talker for talker in talkers})


def device_of(hass: HomeAssistant, entity_id: str) -> str:
    """Return the id of a satellite's device."""
    entry = er.async_get(hass).async_get(entity_id)
    assert entry is not None
    assert entry.device_id is not None
    return entry.device_id


async def add_integration(hass: HomeAssistant, domain: str, entities: dict[Platform, list[Any]]) -> MockConfigEntry:
    """Set an integration up that has these entities."""

    async def setup(hass: HomeAssistant, entry: ConfigEntry) -> bool:
        await hass.config_entries.async_forward_entry_setups(entry, list(entities))
        return True

    async def unload(hass: HomeAssistant, entry: ConfigEntry) -> bool:
        return await hass.config_entries.async_unload_platforms(entry, list(entities))

    def adds(platform: Platform) -> Callable[..., Any]:
        async def add(hass: HomeAssistant, entry: ConfigEntry, add_entities: AddConfigEntryEntitiesCallback) -> None:
            made: list[Entity] = entities[platform]
            add_entities(made)

        return add

    module = MockModule(domain, async_setup_entry=setup, async_unload_entry=unload)
    mock_integration(hass, module, built_in=False)
    mock_platform(hass, f"{domain}.config_flow")
    for platform in entities:
        mock_platform(hass, f"{domain}.{platform}", MockPlatform(async_setup_entry=adds(platform)))
    entry = MockConfigEntry(domain=domain)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry
