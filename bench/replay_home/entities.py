"""Devices that do at once what they are told, and can be put back as they were."""

from typing import Any

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.climate import ClimateEntity, ClimateEntityFeature, HVACMode
from homeassistant.components.cover import CoverEntity, CoverEntityFeature
from homeassistant.components.fan import FanEntity, FanEntityFeature
from homeassistant.components.light import ColorMode, LightEntity
from homeassistant.components.lock import LockEntity
from homeassistant.components.media_player import MediaPlayerEntity, MediaPlayerEntityFeature
from homeassistant.components.sensor import SensorEntity
from homeassistant.components.switch import SwitchEntity
from homeassistant.components.todo import TodoItem, TodoListEntity, TodoListEntityFeature
from homeassistant.components.vacuum import StateVacuumEntity, VacuumActivity, VacuumEntityFeature
from homeassistant.components.valve import ValveEntity, ValveEntityFeature
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback, async_get_current_platform

_TRUE = {"on", "open", "True", "true", True}


class Thing(Entity):
    """Something of an inventory: `restore` puts it as the inventory or a task has it."""

    _attr_should_poll = False

    def __init__(self, entry: Any) -> None:
        self.entity_id = entry.id
        self._attr_unique_id = entry.id
        self._attr_name = entry.name
        self._features: list[str] = []
        self._given = {"state": entry.state, **(entry.attributes or {})}
        device_class = str(self._given.get("device_class") or "").rpartition(".")[2].lower()
        if device_class:
            self._attr_device_class = device_class
        self.put(self._given)

    def features(self, kind: Any, default: Any = 0) -> Any:
        """Return the supported features that the inventory lists by name."""
        found = kind(default)
        for name in self._given.get("supported_features") or ():
            found |= getattr(kind, name.rpartition(".")[2], kind(0))
        return found

    def restore(self, state: dict[str, Any]) -> None:
        """Put it as it is in the inventory, but for what is given."""
        self.put({**self._given, **state})
        self.async_write_ha_state()

    def put(self, state: dict[str, Any]) -> None:
        """Take on a state and attributes."""
        raise NotImplementedError

    def change(self, **attributes: Any) -> None:
        """Change attributes and tell."""
        for name, value in attributes.items():
            setattr(self, f"_attr_{name}", value)
        self.async_write_ha_state()


class Sensor(Thing, SensorEntity):
    def put(self, state: dict[str, Any]) -> None:
        self._attr_native_value = state["state"] if state["state"] is not None else state.get("native_value", 0)
        self._attr_native_unit_of_measurement = state.get("native_unit_of_measurement")


class BinarySensor(Thing, BinarySensorEntity):
    def put(self, state: dict[str, Any]) -> None:
        self._attr_is_on = state["state"] in _TRUE


class Switch(Thing, SwitchEntity):
    def put(self, state: dict[str, Any]) -> None:
        self._attr_is_on = state["state"] in _TRUE

    async def async_turn_on(self, **kwargs: Any) -> None:
        self.change(is_on=True)

    async def async_turn_off(self, **kwargs: Any) -> None:
        self.change(is_on=False)


class Light(Thing, LightEntity):
    """A light with a brightness is on, as in synthetic-home's own integration."""

    def put(self, state: dict[str, Any]) -> None:
        modes = state.get("supported_color_modes") or [ColorMode.ONOFF]
        self._attr_supported_color_modes = set(modes)
        self._attr_color_mode = modes[0]
        self._attr_brightness = state.get("brightness")
        self._attr_rgbw_color = tuple(map(int, state["rgbw_color"])) if "rgbw_color" in state else None
        self._attr_is_on = state["state"] in _TRUE or bool(self._attr_brightness)

    async def async_turn_on(self, **kwargs: Any) -> None:
        told = {name: kwargs[name] for name in ("brightness", "rgbw_color") if name in kwargs}
        self.change(is_on=True, **told)

    async def async_turn_off(self, **kwargs: Any) -> None:
        self.change(is_on=False)


class Lock(Thing, LockEntity):
    def put(self, state: dict[str, Any]) -> None:
        self._attr_is_locked = state["state"] == "locked"

    async def async_lock(self, **kwargs: Any) -> None:
        self.change(is_locked=True)

    async def async_unlock(self, **kwargs: Any) -> None:
        self.change(is_locked=False)


class Cover(Thing, CoverEntity):
    def put(self, state: dict[str, Any]) -> None:
        self._attr_supported_features = self.features(CoverEntityFeature) | CoverEntityFeature.STOP
        is_open = state["state"] in _TRUE
        self._attr_is_closed = not is_open
        if CoverEntityFeature.SET_POSITION in self._attr_supported_features:
            self._attr_current_cover_position = 100 if is_open else 0

    def _move(self, position: int) -> None:
        has_position = CoverEntityFeature.SET_POSITION in self._attr_supported_features
        self.change(is_closed=position == 0, **({"current_cover_position": position} if has_position else {}))

    async def async_open_cover(self, **kwargs: Any) -> None:
        self._move(100)

    async def async_close_cover(self, **kwargs: Any) -> None:
        self._move(0)

    async def async_set_cover_position(self, **kwargs: Any) -> None:
        self._move(kwargs["position"])

    async def async_stop_cover(self, **kwargs: Any) -> None:
        """It never moves for long."""


class Valve(Thing, ValveEntity):
    _attr_reports_position = True

    def put(self, state: dict[str, Any]) -> None:
        self._attr_supported_features = self.features(ValveEntityFeature)
        position = {"open": 100, "closed": 0}.get(str(state["state"]), 0)
        self._attr_current_valve_position = state.get("current_position") or position
        if state["state"] == "closed":
            self._attr_current_valve_position = 0

    async def async_set_valve_position(self, position: int) -> None:
        self.change(current_valve_position=position)

    async def async_open_valve(self) -> None:
        self.change(current_valve_position=100)

    async def async_close_valve(self) -> None:
        self.change(current_valve_position=0)


class Fan(Thing, FanEntity):
    def put(self, state: dict[str, Any]) -> None:
        self._attr_supported_features = self.features(
            FanEntityFeature, FanEntityFeature.TURN_ON | FanEntityFeature.TURN_OFF | FanEntityFeature.SET_SPEED
        )
        self._attr_percentage = state.get("percentage", 100 if state["state"] in _TRUE else 0)

    async def async_set_percentage(self, percentage: int) -> None:
        """Change the speed; one that is set to nothing while it runs goes on, as many do."""
        if percentage:
            self.change(percentage=percentage)

    async def async_turn_on(self, percentage: int | None = None, preset_mode: str | None = None, **kwargs: Any) -> None:
        self.change(percentage=percentage or 100)

    async def async_turn_off(self, **kwargs: Any) -> None:
        self.change(percentage=0)


class Vacuum(Thing, StateVacuumEntity):
    def put(self, state: dict[str, Any]) -> None:
        self._attr_supported_features = self.features(VacuumEntityFeature)
        told = str(state["state"])
        self._attr_activity = VacuumActivity(told) if told in list(VacuumActivity) else VacuumActivity.DOCKED

    async def async_start(self) -> None:
        self.change(activity=VacuumActivity.CLEANING)

    async def async_pause(self) -> None:
        self.change(activity=VacuumActivity.PAUSED)

    async def async_stop(self, **kwargs: Any) -> None:
        self.change(activity=VacuumActivity.IDLE)

    async def async_return_to_base(self, **kwargs: Any) -> None:
        self.change(activity=VacuumActivity.RETURNING)


class MediaPlayer(Thing, MediaPlayerEntity):
    def put(self, state: dict[str, Any]) -> None:
        self._attr_supported_features = self.features(MediaPlayerEntityFeature)
        self._attr_state = state["state"]
        self._attr_volume_level = state.get("volume_level", 0.5)
        self._attr_is_volume_muted = False
        self._attr_media_track = state.get("media_track", 0)

    async def async_turn_on(self) -> None:
        self.change(state="playing")

    async def async_turn_off(self) -> None:
        self.change(state="off")

    async def async_media_play(self) -> None:
        self.change(state="playing")

    async def async_media_pause(self) -> None:
        self.change(state="paused")

    async def async_media_stop(self) -> None:
        self.change(state="off")

    async def async_media_next_track(self) -> None:
        self.change(media_track=self._attr_media_track + 1)

    async def async_media_previous_track(self) -> None:
        self.change(media_track=self._attr_media_track - 1)

    async def async_set_volume_level(self, volume: float) -> None:
        self.change(volume_level=volume)

    async def async_mute_volume(self, mute: bool) -> None:
        self.change(is_volume_muted=mute)


class Climate(Thing, ClimateEntity):
    _attr_temperature_unit = "°C"
    _attr_hvac_modes = [HVACMode.OFF, HVACMode.COOL, HVACMode.HEAT, HVACMode.AUTO]

    def put(self, state: dict[str, Any]) -> None:
        self._attr_supported_features = (
            self.features(ClimateEntityFeature) & (ClimateEntityFeature.TURN_ON | ClimateEntityFeature.TURN_OFF)
            | ClimateEntityFeature.TARGET_TEMPERATURE
        )
        told = state["state"] or state.get("hvac_mode", "off")
        self._attr_hvac_mode = HVACMode(told)
        self._attr_current_temperature = state.get("current_temperature")
        self._attr_target_temperature = state.get("target_temperature")

    async def async_set_hvac_mode(self, hvac_mode: HVACMode) -> None:
        self.change(hvac_mode=hvac_mode)

    async def async_turn_on(self) -> None:
        self.change(hvac_mode=HVACMode.AUTO)

    async def async_turn_off(self) -> None:
        self.change(hvac_mode=HVACMode.OFF)

    async def async_set_temperature(self, **kwargs: Any) -> None:
        self.change(target_temperature=kwargs.get("temperature"))


class Todo(Thing, TodoListEntity):
    def put(self, state: dict[str, Any]) -> None:
        self._attr_supported_features = TodoListEntityFeature.CREATE_TODO_ITEM | TodoListEntityFeature.UPDATE_TODO_ITEM
        self._attr_todo_items = []

    async def async_create_todo_item(self, item: TodoItem) -> None:
        self.change(todo_items=[*self._attr_todo_items, item])

    async def async_update_todo_item(self, item: TodoItem) -> None:
        self.change(todo_items=[item if each.uid == item.uid else each for each in self._attr_todo_items])


KINDS = {
    "binary_sensor": BinarySensor,
    "climate": Climate,
    "cover": Cover,
    "fan": Fan,
    "light": Light,
    "lock": Lock,
    "media_player": MediaPlayer,
    "sensor": Sensor,
    "switch": Switch,
    "todo": Todo,
    "vacuum": Vacuum,
    "valve": Valve,
}


async def async_setup_entry(
    hass: HomeAssistant, entry: ConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the entities of one domain; every domain's module is this one by another name."""
    domain = async_get_current_platform().domain
    home = entry.runtime_data
    found = {each.id: KINDS[domain](each) for each in home.inventory.entities if each.id.startswith(f"{domain}.")}
    home.entities.update(found)
    async_add_entities(found.values())
