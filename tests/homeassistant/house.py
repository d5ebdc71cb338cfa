"""The furniture of the test house: floors, areas, names and what is exposed, made as a user makes them."""

from __future__ import annotations

from typing import Any

from homeassistant_api import WebsocketClient

EXPOSED = (
    "cover.kitchen_window",
    "light.bed_light",
    "light.ceiling_lights",
    "light.kitchen_lights",
    "light.living_room_rgbww_lights",
    "sensor.outside_temperature_battery",
    "switch.old_pump",
)
"""Of the demo integration, but for the pump, which has no unique id. Nothing else is exposed at the start."""


class Furnisher:
    """Changes a Home Assistant over its WebSocket API."""

    def __init__(self, admin: WebsocketClient) -> None:
        self._admin = admin

    def call(self, command: str, **fields: Any) -> Any:
        """Send a command and return its result."""
        return self._admin.recv_result(self._admin.send(command, **fields)).result

    def expose(self, *entity_ids: str, exposed: bool = True) -> None:
        """Expose entities to Assist, or no longer."""
        self.call(
            "homeassistant/expose_entity",
            assistants=["conversation"],
            entity_ids=list(entity_ids),
            should_expose=exposed,
        )

    def update(self, entity_id: str, **fields: Any) -> None:
        """Change an entity's entry: name, aliases, area_id."""
        self.call("config/entity_registry/update", entity_id=entity_id, **fields)

    def act(self, domain: str, service: str, entity_id: str = "", **data: Any) -> None:
        """Call an action, on an entity or on none."""
        target = {"entity_id": entity_id} if entity_id else {}
        self.call("call_service", domain=domain, service=service, target=target, service_data=data)

    def state(self, entity_id: str) -> str:
        """Return an entity's state; nothing where there is no such entity."""
        return str(self._state(entity_id).get("state", ""))

    def attributes(self, entity_id: str) -> dict[str, Any]:
        """Return an entity's attributes."""
        return dict(self._state(entity_id).get("attributes", {}))

    def _state(self, entity_id: str) -> dict[str, Any]:
        states = self.call("get_states")
        return next((state for state in states if state["entity_id"] == entity_id), {})

    def furnish(self) -> None:
        """Lay out the house, from what the demo integration and the onboarding brought."""
        upstairs = self.call("config/floor_registry/create", name="Upstairs", aliases=["first floor"], level=1)
        self.call("config/area_registry/update", area_id="bedroom", floor_id=upstairs["floor_id"])
        self.call("config/area_registry/update", area_id="kitchen", aliases=["galley", "cook room"])
        self.call("homeassistant/expose_new_entities/set", assistant="conversation", expose_new=False)
        exposed = self.call("homeassistant/expose_entity/list")["exposed_entities"]
        self.expose(*exposed, exposed=False)
        self.expose(*EXPOSED)
        self.update("light.bed_light", name="Bed lamp", area_id="bedroom", aliases=[None, "night lamp"])
        bed, kitchen = (self._device_of(entity_id) for entity_id in ("light.bed_light", "light.kitchen_lights"))
        self.call("config/device_registry/update", device_id=kitchen, area_id="kitchen")
        self.call("config/device_registry/update", device_id=bed, area_id="living_room")
        self.update("light.ceiling_lights", name="Big light", aliases=["ceiling", None])

        # This is the one that the recordings speak of.
        self.update("light.living_room_rgbww_lights", name="Living room light", aliases=[None, "living room lamp"])

        # A place of its own takes the device's name out of the entity's: it is called Battery here.
        self.update("sensor.outside_temperature_battery", area_id="kitchen")

    def _device_of(self, entity_id: str) -> str:
        return str(self.call("config/entity_registry/get", entity_id=entity_id)["device_id"])
