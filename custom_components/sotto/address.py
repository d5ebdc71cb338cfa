"""From what people type, and what the network announces, to the URL of a server. Pure logic."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
import re

from yarl import URL

from .const import DEFAULT_PORT

_END = re.compile(r"(/v1|/)*$")


def completed(typed: str) -> str:
    """Return the URL that somebody meant: a host alone gets `http` and the port. Raises ValueError.

    An https URL keeps its own port: a proxy is there, since the server itself has no TLS. The `/v1` that OpenAI's
    clients want is left out.
    """
    text = typed.strip()
    try:
        url = URL(text if "://" in text else f"http://{_bracketed(text)}")
    except IndexError:  # yarl's, for brackets with nothing in them
        raise ValueError("There is nothing in the brackets.") from None
    if url.scheme not in {"http", "https"} or not url.host or any(each.isspace() for each in text + url.host):
        raise ValueError("This is no address of a web server.")
    if url.user is not None or url.query_string or url.fragment:
        raise ValueError("An address has no user and no query.")
    url.host.encode("idna")  # raises UnicodeError, a ValueError, for what no name server can be asked
    port = DEFAULT_PORT if url.explicit_port is None and url.scheme == "http" else url.explicit_port
    path = _END.sub("", url.raw_path)
    # Not str(url), which leaves out the port 80 that somebody wrote.
    return f"{url.scheme}://{_bracketed(url.host)}{'' if port is None else f':{port}'}{path}"


def url_of(host: IPv4Address | IPv6Address | str, port: int) -> str:
    """Return the URL of a host's port; IPv6 addresses in brackets."""
    return f"http://{_bracketed(str(host))}:{port}"


def is_encrypted(url: str) -> bool:
    """Whether what is said to this URL can be read by nobody between."""
    return URL(url).scheme == "https"


def _bracketed(host: str) -> str:
    try:
        return f"[{host}]" if ip_address(host).version == 6 else host
    except ValueError:
        return host
