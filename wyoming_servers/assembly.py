"""From settings to running services: which stages, in this process or elsewhere, on which home."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from .conversation.server import ConversationService
from .errors import SettingsError
from .front.remote import RemoteService
from .home.demo import DemoHome
from .home.home_assistant import HomeAssistantHome
from .home.model import Home
from .home.service import HomeService
from .home.yaml_home import read_home
from .protocol.service import Service, Stage
from .settings import Settings
from .stt.server import SttService
from .tts.server import TtsService
from .wake.server import WakeService

STAGES = (Stage.WAKE, Stage.STT, Stage.CONVERSATION, Stage.TTS)
"""What runs when nothing else is asked for."""


def make_home(settings: Settings) -> Home:
    """Return the home that the settings name; raises SettingsError or HomeError if it cannot be one."""
    source = settings.home.source
    if source == "demo":
        return DemoHome()
    if urlsplit(source).scheme in {"http", "https", "ws", "wss"}:
        if not settings.home.token:
            raise SettingsError(
                f"--home is {source}, and there is no token.",
                remedy="Create a long-lived access token in your Home Assistant profile, and set SOTTO_HOME_TOKEN.",
            )
        return HomeAssistantHome(source, settings.home.token)
    return DemoHome(read_home(Path(source).expanduser()))


def make_services(settings: Settings, home: Home, stages: Iterable[Stage] = STAGES) -> dict[Stage, Service]:
    """Return the services of these stages, and the demo house's own where there is a demo house."""
    wanted = set(stages)
    services: dict[Stage, Service] = {
        stage: RemoteService(stage, uri)
        for stage in STAGES
        if stage in wanted and (uri := _remote_uri(settings, stage))
    }
    local = wanted - services.keys()
    conversation = ConversationService(settings, home) if Stage.CONVERSATION in local else None
    if Stage.WAKE in local:
        services[Stage.WAKE] = WakeService(settings)
    if Stage.STT in local:
        services[Stage.STT] = SttService(settings, home, is_command=conversation.is_command if conversation else None)
    if conversation is not None:
        services[Stage.CONVERSATION] = conversation
    if Stage.TTS in local:
        services[Stage.TTS] = TtsService(settings)
    if Stage.CONVERSATION in wanted and isinstance(home, DemoHome):
        services[Stage.HOME] = HomeService(home)
    return services


def _remote_uri(settings: Settings, stage: Stage) -> str | None:
    engine: str = getattr(settings, stage).engine
    return engine if "://" in engine else None
