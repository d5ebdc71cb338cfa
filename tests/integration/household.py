"""A small house in Home Assistant: floors, areas with aliases, things to act on, and satellites to speak to.

Its entities are real ones: an action changes their state. What they are told is in their state alone, but for the
satellites, which keep what they announced.

    upstairs (楼上)      Bedroom (卧室): Bed lamp ("night lamp", 台灯), Bedroom satellite, which has timers
    ground floor        Kitchen (厨房, "galley"): Kitchen light, Kettle, Kitchen satellite
                        Living room (客厅): Ceiling light, Blinds, Thermostat
                        Hall: Front door (a lock), Alarm
                        Garage: Garage door
    nowhere             Outside temperature, Boiler (not exposed to Assist)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, override

from homeassistant.components import intent as timers
from homeassistant.components.alarm_control_panel import (
    AlarmControlPanelEntity,
    AlarmControlPanelEntityFeature,
    AlarmControlPanelState,
)
from homeassistant.components.assist_pipeline import PipelineEvent
from homeassistant.components.assist_satellite import (
    AssistSatelliteAnnouncement,
    AssistSatelliteConfiguration,
    AssistSatelliteEntity,
    AssistSatelliteEntityFeature,
)
from homeassistant.components.climate import ClimateEntity, ClimateEntityFeature, HVACMode
from homeassistant.components.cover import CoverDeviceClass, CoverEntity, CoverEntityFeature
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.light import ATTR_BRIGHTNESS, ColorMode, LightEntity
from homeassistant.components.lock import LockEntity
from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorStateClass
from homeassistant.components.switch import SwitchEntity
from homeassistant.config_entries import ConfigEntry, ConfigFlow
from homeassistant.const import ATTR_TEMPERATURE, Platform, UnitOfTemperature
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    llm,
)
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    MockPlatform,
    mock_integration,
    mock_platform,
)

DOMAIN = "household"


class HouseholdFlow(ConfigFlow, domain=DOMAIN):
    """Without one there is no entry; nobody goes through it."""


class Thing(Entity):
    """Something in a room. Its name is its device's."""

    _attr_has_entity_name = True
    _attr_name: str | None = None
    _attr_should_poll = False
    platform_name: Platform

    def place(self, name: str, area_id: str | None) -> None:
        """Give it a name, and a device in an area."""
        self.area_id = area_id
        self._attr_unique_id = name.lower().replace(" ", "_")
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, self._attr_unique_id)}, name=name)

    def become(self, **attributes: Any) -> None:
        """Take on other values, as when a device tells of them."""
        for name, value in attributes.items():
            setattr(self, f"_attr_{name}", value)
        self.async_write_ha_state()


class Light(Thing, LightEntity):
    """A light that can be dimmed."""

    platform_name = Platform.LIGHT
    _attr_color_mode = ColorMode.BRIGHTNESS
    _attr_supported_color_modes = {ColorMode.BRIGHTNESS}  # noqa: RUF012 - as Home Assistant has it
    _attr_is_on = False
    _attr_brightness = 255

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        self.become(is_on=True, brightness=kwargs.get(ATTR_BRIGHTNESS, self._attr_brightness))

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        self.become(is_on=False)


class Switch(Thing, SwitchEntity):
    """A plug."""

    platform_name = Platform.SWITCH
    _attr_is_on = False

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        self.become(is_on=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        self.become(is_on=False)


class Lock(Thing, LockEntity):
    """A door's lock."""

    platform_name = Platform.LOCK
    _attr_is_locked = True

    @override
    async def async_lock(self, **kwargs: Any) -> None:
        self.become(is_locked=True)

    @override
    async def async_unlock(self, **kwargs: Any) -> None:
        self.become(is_locked=False)


class Cover(Thing, CoverEntity):
    """A cover that is closed."""

    platform_name = Platform.COVER
    _attr_supported_features = CoverEntityFeature.OPEN | CoverEntityFeature.CLOSE
    _attr_is_closed = True

    def __init__(self, device_class: CoverDeviceClass) -> None:
        self._attr_device_class = device_class

    @override
    async def async_open_cover(self, **kwargs: Any) -> None:
        self.become(is_closed=False)

    @override
    async def async_close_cover(self, **kwargs: Any) -> None:
        self.become(is_closed=True)


class Alarm(Thing, AlarmControlPanelEntity):
    """An alarm panel that is armed, and asks for no code."""

    platform_name = Platform.ALARM_CONTROL_PANEL
    _attr_alarm_state = AlarmControlPanelState.ARMED_AWAY
    _attr_code_arm_required = False
    _attr_supported_features = AlarmControlPanelEntityFeature.ARM_AWAY | AlarmControlPanelEntityFeature.ARM_HOME

    @override
    async def async_alarm_disarm(self, code: str | None = None) -> None:
        self.become(alarm_state=AlarmControlPanelState.DISARMED)

    @override
    async def async_alarm_arm_away(self, code: str | None = None) -> None:
        self.become(alarm_state=AlarmControlPanelState.ARMED_AWAY)

    @override
    async def async_alarm_arm_home(self, code: str | None = None) -> None:
        self.become(alarm_state=AlarmControlPanelState.ARMED_HOME)


class Thermostat(Thing, ClimateEntity):
    """A thermostat that heats."""

    platform_name = Platform.CLIMATE
    _attr_hvac_mode = HVACMode.HEAT
    _attr_hvac_modes = [HVACMode.HEAT, HVACMode.OFF]  # noqa: RUF012 - as Home Assistant has it
    _attr_supported_features = ClimateEntityFeature.TARGET_TEMPERATURE
    _attr_temperature_unit = UnitOfTemperature.CELSIUS
    _attr_target_temperature = 21.0
    _attr_current_temperature = 19.5

    @override
    async def async_set_temperature(self, **kwargs: Any) -> None:
        self.become(target_temperature=kwargs[ATTR_TEMPERATURE])

    @override
    async def async_set_hvac_mode(self, hvac_mode: HVACMode) -> None:
        self.become(hvac_mode=hvac_mode)


class Temperature(Thing, SensorEntity):
    """A thermometer."""

    platform_name = Platform.SENSOR
    _attr_device_class = SensorDeviceClass.TEMPERATURE
    _attr_native_unit_of_measurement = UnitOfTemperature.CELSIUS
    _attr_native_value = 4.5
    _attr_state_class = SensorStateClass.MEASUREMENT
    _attr_suggested_display_precision = 1


class Satellite(Thing, AssistSatelliteEntity):
    """A satellite that announces at once, and begins conversations."""

    platform_name = Platform.ASSIST_SATELLITE
    _attr_supported_features = AssistSatelliteEntityFeature.ANNOUNCE | AssistSatelliteEntityFeature.START_CONVERSATION

    def __init__(self) -> None:
        self.announced: list[AssistSatelliteAnnouncement] = []
        self.began: list[AssistSatelliteAnnouncement] = []
        """With what it has begun conversations."""

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
        self.announced.append(announcement)

    @override
    async def async_start_conversation(self, start_announcement: AssistSatelliteAnnouncement) -> None:
        self.began.append(start_announcement)


@dataclass
class House:
    """What stands in it, by entity id."""

    hass: HomeAssistant
    things: dict[str, Thing] = field(default_factory=dict)

    def state(self, entity_id: str) -> str:
        """Return the state of an entity, of the house or any other."""
        state = self.hass.states.get(entity_id)
        assert state is not None, f"there is no {entity_id}"
        return state.state

    def satellite(self, entity_id: str = "assist_satellite.kitchen_satellite") -> Satellite:
        """Return a satellite."""
        thing = self.things[entity_id]
        assert isinstance(thing, Satellite)
        return thing

    def device(self, entity_id: str = "assist_satellite.kitchen_satellite") -> str:
        """Return the id of an entity's device, such as the satellite that was spoken to."""
        entry = er.async_get(self.hass).async_get(entity_id)
        assert entry is not None
        assert entry.device_id is not None
        return entry.device_id

    def expose(self, entity_id: str, *, exposed: bool = True) -> None:
        """Expose something to Assist, or no longer."""
        async_expose_entity(self.hass, "conversation", entity_id, exposed)

    def context(self, entity_id: str | None = None, language: str = "en") -> llm.LLMContext:
        """Return the context of something said to a satellite, or typed."""
        device = None if entity_id is None else self.device(entity_id)
        return llm.LLMContext("sotto", None, language, "conversation", device)


def _rooms(hass: HomeAssistant) -> Mapping[str, str]:
    """Make floors and areas; return the ids of these by their names."""
    floors, areas = fr.async_get(hass), ar.async_get(hass)
    ground = floors.async_create("Ground floor", aliases={"downstairs"}, level=0).floor_id
    up = floors.async_create("Upstairs", aliases={"楼上"}, level=1).floor_id
    made = (
        areas.async_create("Bedroom", aliases={"卧室"}, floor_id=up),
        areas.async_create("Kitchen", aliases={"galley", "厨房"}, floor_id=ground),
        areas.async_create("Living room", aliases={"客厅"}, floor_id=ground),
        areas.async_create("Hall", floor_id=ground),
        areas.async_create("Garage", floor_id=ground),
    )
    return {area.name: area.id for area in made}


def _things(rooms: Mapping[str, str]) -> Iterator[Thing]:
    placed: tuple[tuple[str, str | None, Thing], ...] = (
        ("Bed lamp", "Bedroom", Light()),
        ("Kitchen light", "Kitchen", Light()),
        ("Kettle", "Kitchen", Switch()),
        ("Ceiling light", "Living room", Light()),
        ("Blinds", "Living room", Cover(CoverDeviceClass.BLIND)),
        ("Thermostat", "Living room", Thermostat()),
        ("Front door", "Hall", Lock()),
        ("Alarm", "Hall", Alarm()),
        ("Garage door", "Garage", Cover(CoverDeviceClass.GARAGE)),
        ("Outside temperature", None, Temperature()),
        ("Boiler", None, Switch()),
        ("Kitchen satellite", "Kitchen", Satellite()),
        ("Bedroom satellite", "Bedroom", Satellite()),
    )
    for name, room, thing in placed:
        thing.place(name, rooms[room] if room else None)
        yield thing


async def furnish(hass: HomeAssistant) -> House:
    """Build the house; what is exposed is all but the boiler and the satellites."""
    house = House(hass)
    things = list(_things(_rooms(hass)))
    platforms = {thing.platform_name for thing in things}

    async def set_up(hass: HomeAssistant, entry: ConfigEntry) -> bool:
        await hass.config_entries.async_forward_entry_setups(entry, platforms)
        return True

    async def unload(hass: HomeAssistant, entry: ConfigEntry) -> bool:
        return await hass.config_entries.async_unload_platforms(entry, platforms)

    mock_integration(hass, MockModule(DOMAIN, async_setup_entry=set_up, async_unload_entry=unload), built_in=False)
    mock_platform(hass, f"{DOMAIN}.config_flow")
    for platform in platforms:
        mock_platform(
            hass, f"{DOMAIN}.{platform}", _platform([thing for thing in things if thing.platform_name == platform])
        )
    entry = MockConfigEntry(domain=DOMAIN, title="Household")
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    for thing in things:
        _settle(house, thing)
    timers.async_register_timer_handler(hass, house.device("assist_satellite.bedroom_satellite"), lambda *_: None)
    return house


def _platform(things: list[Thing]) -> MockPlatform:
    async def set_up(hass: HomeAssistant, entry: ConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
        add(things)

    return MockPlatform(async_setup_entry=set_up)  # type: ignore[arg-type] # it is called so


def _settle(house: House, thing: Thing) -> None:
    """Put a thing into its room, with what else it is called, and expose it."""
    house.things[thing.entity_id] = thing
    devices, entities = dr.async_get(house.hass), er.async_get(house.hass)
    devices.async_update_device(house.device(thing.entity_id), area_id=thing.area_id)
    if thing.entity_id == "light.bed_lamp":
        entities.async_update_entity(thing.entity_id, aliases=[er.COMPUTED_NAME, "night lamp", "台灯"])
    unseen = isinstance(thing, Satellite) or thing.entity_id == "switch.boiler"
    house.expose(thing.entity_id, exposed=not unseen)
