"""The table of intents that the demo house knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...errors import HomeError
from . import asking, lists, machines, media, setting, switching, timers
from .request import Request, Result

HANDLERS: Mapping[str, Callable[[Request], Result]] = {
    "HassTurnOn": switching.turn_on,
    "HassTurnOff": switching.turn_off,
    "HassToggle": switching.toggle,
    "HassLightSet": setting.set_light,
    "HassSetPosition": setting.set_position,
    "HassStopMoving": setting.stop_moving,
    "HassFanSetSpeed": setting.set_fan_speed,
    "HassClimateSetTemperature": setting.set_temperature,
    "HassClimateSetFanMode": setting.set_fan_mode,
    "HassClimateGetTemperature": asking.get_temperature,
    "HassHumidifierSetpoint": setting.set_humidity,
    "HassHumidifierMode": setting.set_humidifier_mode,
    "HassGetState": asking.get_state,
    "HassGetWeather": asking.get_weather,
    "HassGetCurrentTime": asking.get_time,
    "HassGetCurrentDate": asking.get_date,
    "HassMediaPause": media.pause,
    "HassMediaUnpause": media.unpause,
    "HassMediaNext": media.skip(1),
    "HassMediaPrevious": media.skip(-1),
    "HassMediaPlayerMute": media.mute(True),
    "HassMediaPlayerUnmute": media.mute(False),
    "HassMediaSearchAndPlay": media.search_and_play,
    "HassSetVolume": media.set_volume,
    "HassSetVolumeRelative": media.set_volume_relative,
    "HassVacuumStart": machines.become("cleaning"),
    "HassVacuumReturnToBase": machines.become("returning"),
    "HassVacuumCleanArea": machines.clean_area,
    "HassLawnMowerStartMowing": machines.become("mowing"),
    "HassLawnMowerDock": machines.become("returning"),
    "HassListAddItem": lists.add_item,
    "HassListCompleteItem": lists.complete_item,
    "HassListRemoveItem": lists.remove_item,
    "HassShoppingListAddItem": lists.add_item,
    "HassShoppingListCompleteItem": lists.complete_item,
    "HassStartTimer": timers.start,
    "HassCancelTimer": timers.cancel,
    "HassCancelAllTimers": timers.cancel_all,
    "HassIncreaseTimer": timers.shift(1),
    "HassDecreaseTimer": timers.shift(-1),
    "HassPauseTimer": timers.pause,
    "HassUnpauseTimer": timers.unpause,
    "HassTimerStatus": timers.status,
    "HassBroadcast": machines.broadcast,
    "HassNevermind": machines.nothing,
    "HassRespond": machines.nothing,
}


def handle(request: Request) -> Result:
    """Return what an intent comes to; raises HomeError for one that the house does not know or cannot do."""
    handler = HANDLERS.get(request.intent)
    if handler is None:
        raise HomeError(f"This house does not know {request.intent}.", remedy="Home Assistant may.")
    return handler(request)
