"""From settings to running services: which stages, in this process or elsewhere, on which home."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .acceleration.image import read_image
from .acceleration.looking import Looking
from .arrivals import Arrivals
from .conversation.consulting import Consulting
from .conversation.knowledge.packages import missing as missing_for_documents
from .conversation.llama.model_choice import AUTO, models_in
from .conversation.server import ConversationService
from .errors import SettingsError
from .front.remote import RemoteService
from .home.demo import DemoHome
from .home.home_assistant import HomeAssistantHome
from .home.model import Home
from .home.service import HomeService
from .home.yaml_home import read_home
from .memory.governor import Governor
from .models.catalogue import Kind
from .models.in_use import InUse
from .protocol.service import Service, Stage
from .registry import KNOWLEDGE, LLM, find
from .settings import Settings
from .stt.sensevoice.model import SENSEVOICE
from .stt.sensevoice.model import folder_of as sensevoice_folder
from .stt.server import SttService
from .tts.server import TtsService
from .turns.log import TurnLog
from .wake.server import WakeService

if TYPE_CHECKING:  # they need packages that are not there without documents, a language model or the HTTP door
    from .conversation.engine import LanguageModel
    from .conversation.knowledge.library import Library
    from .conversation.mind import Mind
    from .http.door import HttpDoor
    from .models.store import ModelStore
    from .web.server import Site

_LOGGER = logging.getLogger(__name__)

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


def make_mind(settings: Settings, governor: Governor | None = None) -> Mind | None:
    """Return the language model that the settings name, or with `auto` those in the folder; None if there can be none.

    A folder may be empty: what comes into it is used. `governor` grants memory; by default there is one of its own.
    Raises EngineUnavailableError for one that is named and cannot
    be used.
    """
    name = settings.llm.engine
    if name == "auto":
        name = "openai" if settings.llm.url else "llama_cpp" if _can_read_gguf(settings) else "none"
    if name == "none":
        return None
    spec = find(LLM, name)
    model = spec.create(settings) if name != "llama_cpp" or spec.missing else _make_ladder(settings, governor)
    mind: Mind = import_module(f"{__package__}.conversation.mind").Mind(model)
    return mind


def _make_ladder(settings: Settings, governor: Governor | None) -> LanguageModel:
    ladder: LanguageModel = import_module(f"{__package__}.conversation.ladder").Ladder(settings, governor)
    return ladder


def _can_read_gguf(settings: Settings) -> bool:
    """Whether there is what a model file needs; says what is missing if there is one."""
    spec = find(LLM, "llama_cpp")
    if spec.missing and (settings.llm.model != AUTO or models_in(settings.folder(LLM))):
        _LOGGER.warning("There is a language model, but not the package %s. %s", ", ".join(spec.missing), spec.remedy)
    return not spec.missing


def make_library(settings: Settings, governor: Governor | None = None) -> Library | None:
    """Return the household's documents; None if the packages that they need are not installed.

    Raises SettingsError for a database that cannot be one, EngineUnavailableError for an embedder that is named and
    cannot be used.
    """
    if lacking := missing_for_documents():
        _LOGGER.info("Documents are off without the package %s: pip install 'sotto[knowledge]'", ", ".join(lacking))
        return None
    library: Library = import_module(f"{__package__}.conversation.knowledge.making").make_library(settings, governor)
    return library


def make_http_door(
    settings: Settings, home: Home, mind: Mind | None, library: Library | None = None, turns: TurnLog | None = None
) -> HttpDoor | None:
    """Return the HTTP door, which tells of `turns` too; None if none is wanted, or its packages are not installed."""
    if not (settings.http.uri or settings.web.uri):
        return None
    if missing := [name for name in ("aiohttp", "prometheus_client") if find_spec(name) is None]:
        _LOGGER.info(
            "HTTP and the web page are off without the package %s: pip install 'sotto[http]'", ", ".join(missing)
        )
        return None
    door: HttpDoor = import_module(f"{__package__}.http.door").HttpDoor(
        settings, mind, home, consulting=_make_consulting(settings, library), library=library, turns=turns
    )
    return door


def make_site(settings: Settings, door: HttpDoor | None) -> Site | None:
    """Return the web page, which asks the door; None if none is wanted, or there is no door to ask."""
    if door is None or not settings.web.uri:
        return None
    site: Site = import_module(f"{__package__}.web.server").Site(settings, door)
    return site


def add_page(
    door: HttpDoor,
    home: Home,
    services: Mapping[Stage, Service],
    mind: Mind | None,
    turns: TurnLog,
    uri: Callable[[], str],
) -> None:
    """Have the door answer what the page asks beside. To be called before it is opened; `uri()` is the Wyoming port."""
    door.tell("servers", import_module(f"{__package__}.web.servers").Servers(services, mind).objects)
    door.add_room(import_module(f"{__package__}.web.trying").Trying(uri, home, turns))


def make_looking(door: HttpDoor | None) -> Looking | None:
    """Return what holds this image against the machine, of which the door tells; None but in an image for CUDA.

    To be called before the door is opened. Raises EngineUnavailableError for an image that is not whole.
    """
    image = read_image()
    if image is None or not image.cuda:
        return None
    looking = Looking(image)
    if door is not None:
        door.tell("image", looking.told)
    return looking


def make_arrivals(settings: Settings, services: Mapping[Stage, Service], library: Library | None) -> Arrivals:
    """Return what tells services and documents of the models that come into their folders."""
    kinds = {Stage.STT: Kind.STT, Stage.TTS: Kind.TTS, Stage.CONVERSATION: Kind.LLM}
    watched = {
        str(kind): (settings.folder(kind), services[stage].reload) for stage, kind in kinds.items() if stage in services
    }
    if Stage.STT in services:
        watched[SENSEVOICE] = sensevoice_folder(settings), services[Stage.STT].reload
    if library is not None:
        watched[Kind.EMBEDDING] = settings.folder(KNOWLEDGE), library.reload
    return Arrivals(watched)


def make_models(settings: Settings, services: Iterable[Stage], used: InUse) -> ModelStore | None:
    """Return the models that can be fetched; None if the packages for that are not installed."""
    if find_spec("aiohttp") is None:
        return None
    making = import_module(f"{__package__}.models.making")
    store: ModelStore = making.make_store(settings, tuple(services), used.working)
    return store


def add_models(door: HttpDoor, store: ModelStore | None, used: InUse) -> Callable[[], list[dict[str, Any]]]:
    """Have the door tell of models and fetch them, and return what it tells. To be called before it is opened."""
    if store is None:
        return list
    models = import_module(f"{__package__}.http.models").Models(store, used.names)
    door.add_room(models)
    models.tell(door.events.publish)
    return lambda: models.objects()["models"]


def add_health(
    door: HttpDoor,
    settings: Settings,
    home: Home,
    services: Mapping[Stage, Service],
    asked_s: Callable[[], float | None],
    models: Callable[[], list[dict[str, Any]]],
    library: Library | None,
) -> None:
    """Have the door tell what is wrong. To be called before it is opened; `asked_s()`: see `Server.asked_s`."""
    if isinstance(ears := services.get(Stage.STT), SttService):
        door.tell("microphone", ears.loudnesses.report)
    health = import_module(f"{__package__}.http.health").Health
    door.add_room(health(settings, home, door.status_of, asked_s, models, library))


def make_services(
    settings: Settings,
    home: Home,
    stages: Iterable[Stage] = STAGES,
    mind: Mind | None = None,
    library: Library | None = None,
    governor: Governor | None = None,
) -> dict[Stage, Service]:
    """Return the services of these stages, and the demo house's own where there is a demo house."""
    wanted = set(stages)
    services: dict[Stage, Service] = {
        stage: RemoteService(stage, uri)
        for stage in STAGES
        if stage in wanted and (uri := _remote_uri(settings, stage))
    }
    local = wanted - services.keys()
    conversation = _make_conversation(settings, home, mind, library) if Stage.CONVERSATION in local else None
    if Stage.WAKE in local:
        services[Stage.WAKE] = WakeService(settings)
    if Stage.STT in local:
        services[Stage.STT] = SttService(
            settings,
            home,
            is_command=conversation.is_command if conversation else None,
            prepare=conversation.prepare if conversation else None,
            governor=governor,
        )
    if conversation is not None:
        services[Stage.CONVERSATION] = conversation
    if Stage.TTS in local:
        services[Stage.TTS] = TtsService(settings, governor=governor)
    if Stage.CONVERSATION in wanted and isinstance(home, DemoHome):
        services[Stage.HOME] = HomeService(home)
    return services


def _make_conversation(
    settings: Settings, home: Home, mind: Mind | None, library: Library | None
) -> ConversationService:
    consulting = _make_consulting(settings, library)
    if mind is None:
        return ConversationService(settings, home, consulting=consulting)
    thinking = import_module(f"{__package__}.conversation.thinking").Thinking(
        mind, home, settings.llm, ignores_chatter=settings.conversation.chatter == "ignore"
    )
    conversation = ConversationService(settings, home, thinking, consulting)
    mind.is_command = conversation.is_command
    return conversation


def _make_consulting(settings: Settings, library: Library | None) -> Consulting:
    return Consulting(library, settings.knowledge.wait_s)


def _remote_uri(settings: Settings, stage: Stage) -> str | None:
    engine: str = getattr(settings, stage).engine
    return engine if "://" in engine else None
