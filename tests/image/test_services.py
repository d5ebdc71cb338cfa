"""The services of s6, without starting them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from . import s6_tree
from .s6_tree import ROOTFS, TREE, TreeError


def test_the_servers_start_after_their_data_and_are_told_of_after_that() -> None:
    assert [service.name for service in s6_tree.read()] == ["init-sotto", "sotto", "discovery"]


def test_all_of_it_is_started() -> None:
    assert s6_tree.started() == {service.name for service in s6_tree.read()}


def test_there_is_nothing_else() -> None:
    assert [path.name for path in ROOTFS.iterdir()] == ["etc"]
    assert [
        str(path.relative_to(ROOTFS)) for path in ROOTFS.rglob("*") if path.is_file() and TREE not in path.parents
    ] == []


@pytest.mark.parametrize(
    "service", [each for each in s6_tree.read() if each.type == "longrun"], ids=lambda each: each.name
)
def test_a_longrun_ends_in_one_command_as_the_service_user(service: s6_tree.Service) -> None:
    lines = (service.folder / "run").read_text().splitlines()
    assert lines[0] == "#!/command/execlineb -P"
    assert lines[-2:-1] == ["s6-setuidgid sotto"]
    assert lines[-1].startswith("/opt/sotto/bin/python3 -P -m addon ")
    assert int((service.folder / "timeout-kill").read_text()) < 10_000, "after which Docker kills all of it"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    copy = tmp_path / "s6-rc.d"
    shutil.copytree(TREE, copy)
    return copy


def test_a_cycle_is_found(tree: Path) -> None:
    (tree / "sotto" / "dependencies.d" / "discovery").touch()
    with pytest.raises(TreeError, match="cycle"):
        s6_tree.read(tree)


def test_a_dependency_that_is_nowhere_is_found(tree: Path) -> None:
    (tree / "sotto" / "dependencies.d" / "databse").touch()
    with pytest.raises(TreeError, match="nowhere"):
        s6_tree.read(tree)


def test_a_script_that_cannot_be_executed_is_found(tree: Path) -> None:
    os.chmod(tree / "sotto" / "finish", 0o644)  # noqa: PTH101
    with pytest.raises(TreeError, match="not executable"):
        s6_tree.read(tree)


def test_an_unknown_type_is_found(tree: Path) -> None:
    (tree / "sotto" / "type").write_text("daemon\n")
    with pytest.raises(TreeError, match="no type daemon"):
        s6_tree.read(tree)
