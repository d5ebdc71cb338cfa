"""Why a house cannot be followed, and what to do about each."""

from __future__ import annotations

from typing import Self

from ..errors import HomeError

_REMEDY = (  # a remedy, no token
    "Make a long-lived access token on an administrator's profile page in Home Assistant, "
    "and give it as SOTTO_HOME_TOKEN."
)


class HomeUnreachableError(HomeError):
    """Home Assistant does not answer, or the connection broke; it is tried again soon."""

    code = "home-unreachable"

    @classmethod
    def lost(cls) -> Self:
        """The connection that there was is gone."""
        return cls("The connection to Home Assistant was lost.")


class HomeRefusedError(HomeError):
    """Home Assistant answers, but not to this token; only the user can change that."""

    code = "home-refused"

    @classmethod
    def token(cls) -> Self:
        """The token is wrong, or was revoked."""
        return cls("Home Assistant refuses the access token.", remedy=_REMEDY)

    @classmethod
    def rights(cls) -> Self:
        """The token's user is no administrator."""
        return cls("The access token belongs to a user who may not read what is exposed.", remedy=_REMEDY)


class HomeSupportMissingError(HomeError):
    """The package that speaks with Home Assistant is not installed."""

    code = "home-support-missing"
