"""What the app asks of the Supervisor, and through it of Home Assistant.

https://developers.home-assistant.io/docs/api/supervisor/endpoints says what there is. The token of the environment
is good until the app is started anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from wyoming_servers.errors import SottoError

from .environment import TOKEN_VARIABLE, address_in

CONNECT_WITHIN_S = 3.0
ANSWER_WITHIN_S = 5.0
_REFUSALS = frozenset({401, 403})


class SupervisorError(SottoError):
    """The Supervisor, or Home Assistant behind it, does not do what it was asked."""

    code = "supervisor-failed"


class SupervisorAbsentError(SupervisorError):
    """Nothing answers, or not in time."""

    code = "supervisor-absent"


class TokenRefusedError(SupervisorError):
    """It answers, but not to this app."""

    code = "supervisor-refused"


class Supervisor:
    """A client of the Supervisor. All methods raise SupervisorError."""

    def __init__(self, session: aiohttp.ClientSession, address: str, token: str) -> None:
        self._session = session
        self._address = address
        self._token = token

    async def home_config(self) -> Mapping[str, Any]:
        """Return what Home Assistant says of itself, such as its `language`."""
        async with self._requested("GET", "/core/api/config") as response:
            return _object(await response.json(), self._address)

    async def announce(self, service: str, config: Mapping[str, Any]) -> None:
        """Have an integration of Home Assistant offer to be set up with this.

        The Supervisor keeps one message for each service of an app, tells Home Assistant of it when it is new or
        changed, and again whenever that starts.
        """
        async with self._requested("POST", "/discovery", json={"service": service, "config": dict(config)}):
            pass

    async def has_integration(self, domain: str) -> bool:
        """Return whether Home Assistant knows an integration, set up or not."""
        path = "/core/websocket"
        async with self._calling(path), asyncio.timeout(ANSWER_WITHIN_S), self._session.ws_connect(path) as socket:
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": self._token})
            if (await socket.receive_json()).get("type") != "auth_ok":
                raise _refused(path)
            await socket.send_json({"id": 1, "type": "manifest/get", "integration": domain})
            return bool((await socket.receive_json()).get("success"))

    @asynccontextmanager
    async def _requested(self, method: str, path: str, **more: Any) -> AsyncIterator[aiohttp.ClientResponse]:
        async with self._calling(path), self._session.request(method, path, **more) as response:
            if response.status in _REFUSALS:
                raise _refused(path)
            if not response.ok:
                raise _failed(path, response.status, await _reason(response))
            yield response

    @asynccontextmanager
    async def _calling(self, path: str) -> AsyncIterator[None]:
        """Turn what goes wrong on the way into errors of ours."""
        try:
            yield
        except TimeoutError:
            raise SupervisorAbsentError(f"The Supervisor at {self._address} does not answer {path} in time.") from None
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError) as err:
            raise SupervisorAbsentError(
                f"The Supervisor at {self._address} cannot be reached: {type(err).__name__}."
            ) from None
        except aiohttp.WSServerHandshakeError as err:
            raise _failed(path, err.status, err.message) from None
        except (aiohttp.ClientError, ValueError, TypeError) as err:
            raise SupervisorError(
                f"What answers {path} at {self._address} is no Supervisor: {type(err).__name__}."
            ) from None


@asynccontextmanager
async def connected(environment: Mapping[str, str]) -> AsyncIterator[Supervisor]:
    """Make a client of the Supervisor that the environment names; raises KeyError where there is none."""
    address = address_in(environment)
    timeout = aiohttp.ClientTimeout(total=ANSWER_WITHIN_S, sock_connect=CONNECT_WITHIN_S)
    token = environment[TOKEN_VARIABLE]
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(address, headers=headers, timeout=timeout) as session:
        yield Supervisor(session, address, token)


def _refused(path: str) -> TokenRefusedError:
    return TokenRefusedError(
        f"The Supervisor refuses the app's token for {path}.",
        remedy="Restart the app from Home Assistant: every start brings a new token.",
    )


def _failed(path: str, status: int, reason: str) -> SupervisorError:
    return SupervisorError(
        f"The Supervisor answers {path} with {status}: {reason}.",
        remedy="Its log says more: Settings → System → Logs → Supervisor.",
    )


async def _reason(response: aiohttp.ClientResponse) -> str:
    try:
        return str(_object(await response.json(), "").get("message") or response.reason)
    except (aiohttp.ClientError, ValueError, SupervisorError):
        return str(response.reason)


def _object(answer: Any, address: str) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise SupervisorError(f"What answers at {address} is no Supervisor.")
    return answer
