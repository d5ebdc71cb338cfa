"""The app's files as the Supervisor's own code reads them, and the community's linter: see script/check-app.

Runs on the Supervisor's Python with the Supervisor's packages, and is no test: neither is part of this project.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
BEST_RATING = 8


class _Complaints(logging.Handler):
    """What the Supervisor would write into its log."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


class _RefusedError(Exception):
    """The Supervisor would not show the app, or not start it: which file, and why."""


def main(supervisor: Path, linter: Path) -> int:
    """Print what is found, and return the number of complaints. What the Supervisor refuses ends its part."""
    complaints = _Complaints()
    logging.getLogger().addHandler(complaints)
    try:
        for line in _by_supervisor(supervisor):
            sys.stdout.write(f"{line}\n")
    except _RefusedError as refusal:
        complaints.lines.append(f"refuses {refusal}")
    said = _by_linter(linter)
    for line in (*(f"Supervisor: {line}" for line in complaints.lines), *(f"linter: {line}" for line in said)):
        sys.stdout.write(f"{line}\n")
    return len(complaints.lines) + len(said)


def _by_supervisor(checkout: Path) -> Iterator[str]:
    sys.path.insert(0, str(checkout))
    validate, options = import_module("supervisor.apps.validate"), import_module("supervisor.apps.options")
    config = _valid(validate.SCHEMA_APP_CONFIG, ROOT / "config.yaml")
    yield f"config.yaml: valid, {config['slug']} {config['version']} for {', '.join(config['arch'])}"
    lost = _read(ROOT / "config.yaml").keys() - config.keys()
    yield f"keys that it does not know: {', '.join(sorted(lost)) or 'none'}"
    of_user = options.AppOptions(None, config["schema"], config["name"], config["slug"])
    yield f"options: valid, {_taken(of_user, config['options'], 'the options of config.yaml')}"
    form = options.UiOptions(None)(config["schema"])
    yield f"form: {len(form)} fields, {sum(1 for field in form if field.get('optional'))} of them optional"
    for path in sorted((ROOT / "translations").iterdir()):
        translated = _valid(validate.SCHEMA_APP_TRANSLATIONS, path)
        yield f"{path.name}: valid, {len(translated['configuration'])} options, {len(translated['network'])} ports"
    of_store = import_module("supervisor.store.validate").SCHEMA_REPOSITORY_CONFIG
    repository = _valid(of_store, ROOT / "repository.yaml")
    yield f"repository.yaml: valid, {repository['name']}"
    rating = import_module("supervisor.apps.utils").rating_security(_model(config))
    yield f"security rating: {rating} of {BEST_RATING}"
    if rating < BEST_RATING:
        raise _RefusedError(f"the best security rating: it gives {rating}")


def _valid(schema: Callable[[Any], Any], path: Path) -> Any:
    return _taken(schema, _read(path), path.name)


def _taken(schema: Callable[[Any], Any], value: Any, name: str) -> Any:
    try:
        return schema(value)
    except Exception as reason:  # voluptuous.Invalid, which is installed nowhere but where this runs
        raise _RefusedError(f"{name}: {reason}") from reason


def _model(config: dict[str, Any]) -> SimpleNamespace:
    """Return what the rating asks of an app, as supervisor/apps/model.py makes it of the configuration."""
    return SimpleNamespace(
        data=config,
        apparmor=_apparmor(config),
        with_ingress=config["ingress"],
        host_network=config["host_network"],
        host_pid=config["host_pid"],
        host_uts=config["host_uts"],
        access_auth_api=config["auth_api"],
        access_docker_api=config["docker_api"],
        with_full_access=config["full_access"],
        with_kernel_modules=config["kernel_modules"],
        privileged=config.get("privileged", []),
        hassio_role=config["hassio_role"],
        signed=False,
    )


def _apparmor(config: dict[str, Any]) -> str:
    if not config["apparmor"]:
        return "disable"
    return "profile" if (ROOT / "apparmor.txt").is_file() else "default"


def _by_linter(checkout: Path) -> list[str]:
    """Return what the linter says of the app; its schemas lie beside it instead of in the root of an image."""
    program = checkout / "src" / "lint.py"
    text = program.read_text()
    for schema in ("config.schema.json", "build.schema.json"):
        text = text.replace(f'"/{schema}"', repr(str(program.with_name(schema))))
    os.environ.update(INPUT_PATH=str(ROOT), INPUT_COMMUNITY="false")
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
        exec(compile(text, str(program), "exec"), {"__name__": "__main__"})
    return output.getvalue().splitlines()


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
