"""The server's model, and what its last answer cost. Nothing that was spoken, nothing that has a name in the home."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import MAX_LENGTH_STATE_STATE, PERCENTAGE, EntityCategory, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .client import Figures, Status
from .coordinator import SottoConfigEntry
from .entity import SottoServerEntity

PARALLEL_UPDATES = 0

NO_MODEL = "none"
MODEL_STATES = ("loading", "ready", "asleep", "failed", NO_MODEL)


@dataclass(frozen=True, kw_only=True)
class SottoSensorDescription(SensorEntityDescription):
    """A sensor, and how its value is read from what the server tells."""

    value: Callable[[Status], str | float | None]
    """None is told as unknown."""


def model_state_of(status: Status) -> str | None:
    """Return one of MODEL_STATES; None for one that only a later version knows."""
    state = NO_MODEL if status.model is None else status.model.state
    return state if state in MODEL_STATES else None


def _model_name(status: Status) -> str | None:
    return status.model.name[:MAX_LENGTH_STATE_STATE] if status.model else None


def _place(status: Status) -> str | None:
    """Return where the model computes; only of one that is ready is the detail that."""
    model = status.model
    return model.detail[:MAX_LENGTH_STATE_STATE] or None if model and model.state == "ready" else None


def _of_latest(figure: Callable[[Figures], float | None]) -> Callable[[Status], float | None]:
    """Return a figure of the last answer; unknown before the first one."""
    return lambda status: figure(status.latest) if status.latest else None


SENSORS = (
    SottoSensorDescription(
        key="model_state",
        device_class=SensorDeviceClass.ENUM,
        entity_category=EntityCategory.DIAGNOSTIC,
        options=list(MODEL_STATES),
        value=model_state_of,
    ),
    SottoSensorDescription(
        key="model",
        entity_category=EntityCategory.DIAGNOSTIC,
        value=_model_name,
    ),
    SottoSensorDescription(
        key="place",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value=_place,
    ),
    SottoSensorDescription(
        key="documents",
        entity_category=EntityCategory.DIAGNOSTIC,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value=lambda status: status.documents,
    ),
    SottoSensorDescription(
        key="first_token",
        device_class=SensorDeviceClass.DURATION,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=2,
        value=_of_latest(lambda figures: figures.first_token_s),
    ),
    SottoSensorDescription(
        key="speed",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        native_unit_of_measurement="tokens/s",
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        value=_of_latest(lambda figures: figures.tokens_per_s),
    ),
    SottoSensorDescription(
        key="reused",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value=_of_latest(lambda figures: figures.reused_percent),
    ),
    SottoSensorDescription(
        key="requests",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        native_unit_of_measurement="requests",
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value=lambda status: status.running + status.waiting,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: SottoConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Make the sensors of the server."""
    async_add_entities(SottoSensor(entry, description) for description in SENSORS)


class SottoSensor(SottoServerEntity, SensorEntity):
    """One thing that the server tells of itself."""

    entity_description: SottoSensorDescription

    def __init__(self, entry: SottoConfigEntry, description: SottoSensorDescription) -> None:
        """Take on what the description says."""
        super().__init__(entry, description.key)
        self.entity_description = description

    @property
    @override
    def native_value(self) -> str | float | None:
        """What the server told last."""
        return self.entity_description.value(self.coordinator.data)
