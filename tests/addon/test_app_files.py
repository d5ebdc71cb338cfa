"""What the Supervisor and users read of the app says the same as the code, and keeps the Supervisor's rules.

`script/check-app` runs the Supervisor's own checks; these hold where there is no copy of it.
"""

from __future__ import annotations

import re
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from addon.environment import IN_THE_APP
from addon.options import LOG_LEVELS, OPTIONS, choose, may_be
from wyoming_servers import __version__
from wyoming_servers.models.catalogue import catalogue
from wyoming_servers.models.shelves import Shelves
from wyoming_servers.settings import HTTP_PORT, PORT, build, options

ROOT = Path(__file__).parents[2]
CONFIG: dict[str, Any] = yaml.safe_load((ROOT / "config.yaml").read_text())
DOCS = (ROOT / "DOCS.md").read_text()
TRANSLATIONS = {path.stem: yaml.safe_load(path.read_text()) for path in (ROOT / "translations").iterdir()}
STAGES = ("wake", "stt", "conversation", "tts")
NAMES = [option.name for option in OPTIONS]
PASSAGES = DOCS.partition("\n## 中文")
"""English, a heading, Chinese."""

DEFAULTS = {
    "apparmor": True,
    "boot": "auto",
    "ingress_port": 8099,
    "panel_admin": True,
    "panel_icon": "mdi:puzzle",
    "stage": "stable",
    "startup": "application",
    "timeout": 10,
}
"""Keys that the community's linter wants left out where they say what holds anyway."""


class TestTheOptions:
    def test_are_those_of_the_code_in_one_order(self) -> None:
        assert list(CONFIG["schema"]) == NAMES

    @pytest.mark.parametrize("language", ["en", "zh-Hans"])
    def test_are_translated_with_an_explanation(self, language: str) -> None:
        translated = TRANSLATIONS[language]["configuration"]
        assert list(translated) == NAMES
        assert all(each["name"] and each["description"] for each in translated.values())

    def test_are_called_in_english_as_errors_call_them(self) -> None:
        assert {name: each["name"] for name, each in TRANSLATIONS["en"]["configuration"].items()} == {
            option.name: option.title for option in OPTIONS
        }

    def test_are_documented_each_under_what_it_is_called(self) -> None:
        assert re.findall(r"^### (.+): `(\w+)`$", PASSAGES[0], re.MULTILINE) == [
            (option.title, option.name) for option in OPTIONS
        ]

    def test_are_documented_in_chinese_too(self) -> None:
        translated = TRANSLATIONS["zh-Hans"]["configuration"]
        assert re.findall(r"^\| (\S.*?) \| `(\w+)` \|", PASSAGES[2], re.MULTILINE) == [
            (translated[name]["name"], name) for name in NAMES
        ]

    def test_stand_for_settings_that_there_are(self) -> None:
        keys = {option.key for option in options()}
        assert {option.setting for option in OPTIONS if option.setting} <= keys
        assert IN_THE_APP.keys() <= keys

    def test_are_as_secret_as_their_settings(self) -> None:
        secret = {option.key for option in options() if option.secret}
        hidden = {name for name, kind in CONFIG["schema"].items() if str(kind).startswith("password")}
        assert hidden == {option.name for option in OPTIONS if option.setting in secret}

    def test_can_all_be_left_empty(self) -> None:
        assert all((kind[0] if isinstance(kind, list) else kind).endswith("?") for kind in CONFIG["schema"].values())
        assert build(choose({}).settings)

    def test_have_defaults_that_are_valid(self) -> None:
        assert set(CONFIG["options"]) <= set(CONFIG["schema"])
        assert build(choose(CONFIG["options"]).settings)
        assert tuple(CONFIG["options"]["documents"]) == IN_THE_APP["knowledge_folders"]


class TestTheForm:
    """The Supervisor refuses there what the app would refuse later, and nothing else."""

    @pytest.mark.parametrize("stage", STAGES)
    def test_takes_every_engine_of_a_stage_and_other_servers(self, stage: str) -> None:
        pattern = re.fullmatch(r"match\((.*)\)\?", CONFIG["schema"][stage])
        assert pattern
        for name in (*may_be(stage), "tcp://jetson.local:10600", "tcp://192.168.1.7:10300"):
            assert re.match(pattern[1], name), name
            assert choose({stage: name}).settings
        for wrong in ("wisper", "jetson.local", "tcp://jetson.local", "http://jetson.local:1"):
            assert not re.match(pattern[1], wrong), wrong

    def test_lists_what_the_settings_take(self) -> None:
        for name, kind in CONFIG["schema"].items():
            if (listed := re.fullmatch(r"list\((.+)\)\?", str(kind))) and name != "log_level":
                for value in listed[1].split("|"):
                    assert build(choose({name: value}).settings)

    def test_lists_all_log_levels(self) -> None:
        assert CONFIG["schema"]["log_level"] == f"list({'|'.join(LOG_LEVELS)})?"

    @pytest.mark.parametrize("name", ["wake_threshold", "tts_speed", "memory_limit_mb"])
    def test_has_the_ranges_of_the_settings(self, name: str) -> None:
        found = re.fullmatch(r"(float|int)\((.+),(.+)\)\?", CONFIG["schema"][name])
        assert found
        kind = {"float": float, "int": int}[found[1]]
        step = {"float": 0.01, "int": 1}[found[1]]
        least, most = kind(found[2]), kind(found[3])
        assert build(choose({name: least}).settings)
        assert build(choose({name: most}).settings)
        for outside in (least - step, most + step):
            with pytest.raises(Exception, match=name):
                choose({name: outside})

    @pytest.mark.parametrize("language", ["en", "zh-CN", "zh_TW", "sr-Latn", "es-419"])
    def test_takes_languages(self, language: str) -> None:
        pattern = re.fullmatch(r"match\((.*)\)\?", CONFIG["schema"]["language"])
        assert pattern
        assert re.match(pattern[1], language)


class TestTheRules:
    def test_no_other_file_is_called_as_the_configuration_of_an_app(self) -> None:
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        found = [
            path
            for path in map(Path, listed.stdout.splitlines())
            if path.name in {"config.yaml", "config.yml", "config.json"}
            and not [part for part in path.parts if part.startswith(".") or part == "rootfs"]
        ]
        assert found == [Path("config.yaml")]

    def test_the_version_is_the_servers(self) -> None:
        assert CONFIG["version"] == __version__
        assert f"\n## {__version__}\n" in (ROOT / "CHANGELOG.md").read_text()

    def test_nothing_is_said_that_holds_anyway(self) -> None:
        assert not [key for key, value in DEFAULTS.items() if CONFIG.get(key) == value]

    def test_the_rating_is_the_highest(self) -> None:
        """Ingress and a profile of its own raise it to 8; any of these keys would lower it."""
        lowering = {"full_access", "docker_api", "host_network", "host_pid", "host_uts", "privileged", "hassio_role"}
        assert not lowering & CONFIG.keys()
        assert CONFIG["ingress"] is True
        assert (ROOT / "apparmor.txt").is_file()

    def test_the_profile_has_the_one_name_that_the_supervisor_replaces(self) -> None:
        profile = (ROOT / "apparmor.txt").read_text()
        assert re.findall(r"^profile (\S+)", profile, re.MULTILINE) == [CONFIG["slug"]]

    def test_no_watchdog_and_no_build_file(self) -> None:
        """Docker's HEALTHCHECK and a Dockerfile that needs nothing else have taken their places."""
        assert "watchdog" not in CONFIG
        assert not list(ROOT.glob("build.*"))

    def test_ports_are_the_servers_and_closed_to_the_network(self) -> None:
        assert CONFIG["ports"] == {f"{PORT}/tcp": None, f"{HTTP_PORT}/tcp": None}
        assert all(each["network"].keys() == CONFIG["ports"].keys() for each in TRANSLATIONS.values())

    def test_ingress_leads_to_the_web_page_and_only_ingress_is_let_in(self) -> None:
        assert IN_THE_APP["web_uri"] == f"tcp://0.0.0.0:{CONFIG.get('ingress_port', 8099)}"
        assert IN_THE_APP["web_ingress"] is True

    def test_only_what_the_app_is_given_is_named_by_default(self) -> None:
        given = {f"/{each}" for each in CONFIG["map"]} | {"/data"}
        paths = [IN_THE_APP["data_dir"], IN_THE_APP["wake_dir"], *IN_THE_APP["knowledge_folders"]]
        assert not [path for path in paths if not path.startswith(tuple(given))]

    def test_models_that_can_be_fetched_again_are_in_no_backup(self) -> None:
        shelves = Shelves(build({"data_dir": "/data"}))
        folders = {shelves.folder(model.kind, model.engine).name for model in catalogue()}
        assert len(folders) >= 5
        assert {f"*/{name}" for name in folders} <= set(CONFIG["backup_exclude"])

    @pytest.mark.parametrize(("name", "size"), [("icon.png", (128, 128)), ("logo.png", (250, 100))])
    def test_pictures_have_the_size_that_the_store_shows(self, name: str, size: tuple[int, int]) -> None:
        assert struct.unpack(">II", (ROOT / name).read_bytes()[16:24]) == size

    def test_the_repository_says_who_it_is(self) -> None:
        assert yaml.safe_load((ROOT / "repository.yaml").read_text()).keys() == {"name", "url", "maintainer"}
