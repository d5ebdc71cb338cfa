"""The services of rootfs/, read as s6-rc-compile reads them: what it would refuse is refused here.

https://skarnet.org/software/s6-rc/s6-rc-compile.html; `base` and `user` are s6-overlay's.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ROOTFS = Path(__file__).parents[2] / "rootfs"
TREE = ROOTFS / "etc/s6-overlay/s6-rc.d"
OF_THE_OVERLAY = {"base", "user"}


class TreeError(ValueError):
    """s6-rc-compile would not take it."""


@dataclass(frozen=True)
class Service:
    name: str
    type: str
    dependencies: frozenset[str]
    folder: Path

    def __post_init__(self) -> None:
        needed = {"oneshot": ["up"], "longrun": ["run"]}.get(self.type)
        if needed is None:
            raise TreeError(f"{self.name}: no type {self.type}")
        for name in needed:
            if not (self.folder / name).is_file():
                raise TreeError(f"{self.name}: no {name}")
        for name in ("run", "finish"):
            script = self.folder / name
            if script.exists() and not os.access(script, os.X_OK):
                raise TreeError(f"{self.name}: {name} is not executable")
            if script.exists() and not script.read_text().startswith("#!/command/"):
                raise TreeError(f"{self.name}: {name} does not begin with #!/command/")


def read(tree: Path = TREE) -> list[Service]:
    """Return the services, each after those that it depends on."""
    services = {}
    for folder in sorted(path for path in tree.iterdir() if path.name not in OF_THE_OVERLAY):
        kind = (folder / "type").read_text().strip()
        services[folder.name] = Service(folder.name, kind, frozenset(_names(folder / "dependencies.d")), folder)
    return _ordered(services)


def started(tree: Path = TREE) -> set[str]:
    """Return what the bundle `user` has, which is what is started."""
    return _names(tree / "user" / "contents.d")


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def _ordered(services: dict[str, Service]) -> list[Service]:
    ordered: list[Service] = []
    waiting = dict(services)
    while waiting:
        done = {service.name for service in ordered} | OF_THE_OVERLAY
        ready = [service for service in waiting.values() if service.dependencies <= done]
        if not ready:
            raise TreeError(f"a cycle, or a dependency that is nowhere: {', '.join(waiting)}")
        ordered += ready
        for service in ready:
            del waiting[service.name]
    return ordered
