"""What Home Assistant's own checks, and those of HACS, ask of an integration's manifest, quality scale and pictures.

These are the checks of Home Assistant's script/hassfest that apply to an integration outside of its repository, which
cannot be installed. What is said in translations is in test_translations.py.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path
import struct
from typing import Any

from awesomeversion import AwesomeVersion
from homeassistant import components
from homeassistant.const import Platform
from homeassistant.requirements import DISCOVERY_INTEGRATIONS
from homeassistant.util.yaml import load_yaml_dict
import pytest

from tests.integration.package import FOLDER, ROOT, modules, names_in, read_json, read_yaml, tree_of
from wyoming_servers import __version__

COMPONENTS = Path(components.__path__[0])
REQUIRED = {
    "codeowners",
    "config_flow",
    "documentation",
    "domain",
    "integration_type",
    "iot_class",
    "issue_tracker",
    "name",
    "quality_scale",
    "requirements",
    "version",
    "zeroconf",
}
OPTIONAL = {"after_dependencies", "dependencies", "loggers", "single_config_entry"}
USABLE = {
    *(platform.value for platform in Platform),
    *{
        "automation",
        "conversation",
        "frontend",
        "group",
        "homeassistant",
        "media_source",
        "onboarding",
        "person",
        "script",
    },
    *{"persistent_notification", "sun", "system_health", "timer", "webhook", "websocket_api", "zone"},
}
"""What may be imported without being a dependency; from hassfest's dependencies.py."""
HACS_KEYS = {
    "name",
    "content_in_root",
    "country",
    "filename",
    "hacs",
    "hide_default_branch",
    "homeassistant",
    "zip_release",
}

MANIFEST = read_json("manifest.json")


def test_the_manifest_has_what_it_needs_in_the_order_that_is_asked_for() -> None:
    assert set(MANIFEST) >= REQUIRED
    assert set(MANIFEST) <= REQUIRED | OPTIONAL
    assert list(MANIFEST) == ["domain", "name", *sorted(set(MANIFEST) - {"domain", "name"})]


def test_the_manifest_says_what_the_integration_is() -> None:
    assert MANIFEST["domain"] == FOLDER.name
    assert MANIFEST["config_flow"] is True
    assert MANIFEST["integration_type"] in {"device", "hub", "service"}
    assert MANIFEST["iot_class"] == "local_push"
    assert MANIFEST["codeowners"]
    assert all(owner.startswith("@") for owner in MANIFEST["codeowners"])
    assert all(MANIFEST[key].startswith("https://") for key in ("documentation", "issue_tracker"))
    assert not (COMPONENTS / MANIFEST["domain"]).exists(), "Home Assistant has one of that name"


def test_the_manifest_has_the_version_of_the_servers() -> None:
    assert AwesomeVersion(MANIFEST["version"]).valid
    assert MANIFEST["version"] == __version__


def test_announcements_are_listened_to_as_home_assistant_writes_them() -> None:
    assert MANIFEST["zeroconf"]
    for each in MANIFEST["zeroconf"]:
        kind = each if isinstance(each, str) else each["type"]
        assert kind.endswith("._tcp.local.")
        assert kind == kind.lower()


def referenced() -> dict[str, set[str]]:
    """Return which integrations each module imports."""
    found: dict[str, set[str]] = {}
    for path in modules():
        names = found.setdefault(path.name, set())
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ImportFrom) and node.module == "homeassistant.components":
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("homeassistant.components."):
                names.add((node.module or "").split(".")[2])
    return found


def test_what_is_imported_of_other_integrations_is_a_dependency() -> None:
    before, after = set(MANIFEST.get("dependencies", ())), set(MANIFEST.get("after_dependencies", ()))
    assert not before & after
    assert all((COMPONENTS / each).is_dir() for each in before | after)
    discovered = {name for name, keys in DISCOVERY_INTEGRATIONS.items() if any(key in MANIFEST for key in keys)}
    own = {path.stem for path in modules() if (COMPONENTS / path.stem).is_dir()}  # it is loaded by these
    for module, names in referenced().items():
        assert names <= before | after | USABLE | discovered | own, f"{module} imports more than the manifest says"


def rules() -> list[str]:
    """Return the rules of the scale, as an integration that has reached its top lists them."""
    best = load_yaml_dict(str(COMPONENTS / "anthropic" / "quality_scale.yaml"))
    return list(best["rules"])


def test_home_assistants_scale_is_the_one_that_was_read() -> None:
    assert len(rules()) == 20 + 10 + 21 + 3


@pytest.mark.parametrize("rule", rules())
def test_the_quality_scale_has_each_rule_with_its_reason(rule: str) -> None:
    said: Any = read_yaml("quality_scale.yaml")["rules"].get(rule)
    assert said is not None, "it is not in quality_scale.yaml"
    if said == "done":
        return
    assert said["status"] in {"done", "exempt", "todo"}
    assert set(said) <= {"status", "comment"}
    if said["status"] != "done":
        assert said["comment"].strip(), "it needs a comment"
    assert said["status"] != "todo", "the manifest says platinum already"


def test_the_quality_scale_has_no_other_rules() -> None:
    assert set(read_yaml("quality_scale.yaml")) == {"rules"}
    assert set(read_yaml("quality_scale.yaml")["rules"]) == set(rules())
    assert MANIFEST["quality_scale"] == "platinum"


def platforms() -> list[Path]:
    """Return the modules that make entities."""
    return [path for path in modules() if path.stem in {platform.value for platform in Platform}]


@pytest.mark.parametrize("path", platforms(), ids=lambda path: path.name)
def test_a_platform_says_how_much_it_does_at_once(path: Path) -> None:
    assert "PARALLEL_UPDATES" in names_in(path)
    assert "async_setup_entry" in names_in(path)


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("__init__", {"async_setup", "async_setup_entry", "async_unload_entry"}),
        ("config_flow", {"async_step_user", "async_step_zeroconf", "async_step_reauth", "async_step_reconfigure"}),
        ("diagnostics", {"async_get_config_entry_diagnostics"}),
    ],
)
def test_what_the_scale_asks_for_is_where_home_assistant_looks_for_it(module: str, names: set[str]) -> None:
    assert names <= names_in(FOLDER / f"{module}.py")


def test_hacs_finds_what_it_needs() -> None:
    hacs = json.loads((ROOT / "hacs.json").read_text())
    assert hacs["name"] == MANIFEST["name"]
    assert AwesomeVersion(hacs["homeassistant"]) >= AwesomeVersion("2026.10.0")
    assert set(hacs) <= HACS_KEYS
    assert [path.name for path in (ROOT / "custom_components").iterdir() if path.is_dir()] == ["sotto"]
    assert (ROOT / "README.md").exists()


def size_of(picture: Path) -> tuple[int, int]:
    """Return the width and height of a PNG file."""
    head = picture.read_bytes()[:24]
    assert head.startswith(b"\x89PNG\r\n\x1a\n"), f"{picture.name} is no PNG"
    width, height = struct.unpack(">II", head[16:])
    return width, height


@pytest.mark.parametrize(("name", "side"), [("icon.png", 256), ("icon@2x.png", 512)])
def test_the_icon_has_the_sizes_that_are_shown(name: str, side: int) -> None:
    assert size_of(FOLDER / "brand" / name) == (side, side)


@pytest.mark.parametrize(("name", "least"), [("logo.png", 128), ("logo@2x.png", 256)])
def test_the_logo_has_the_sizes_that_are_shown(name: str, least: int) -> None:
    assert least <= min(size_of(FOLDER / "brand" / name)) <= 2 * least
