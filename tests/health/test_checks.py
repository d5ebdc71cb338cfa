"""What is noticed of what may go wrong, and what is said to help."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from wyoming_servers.health import (
    checks,
    clock,
    discovery,
    disk,
    documents,
    gpu,
    home_assistant,
    memory,
    microphone,
    models,
    ports,
    servers,
)
from wyoming_servers.health.finding import Finding, Verdict, Words
from wyoming_servers.health.seen import Seen
from wyoming_servers.home.demo import DemoHome
from wyoming_servers.home.failures import HomeRefusedError
from wyoming_servers.home.home_assistant import HomeAssistantHome, HomeState
from wyoming_servers.home.model import HomeSnapshot
from wyoming_servers.settings import build

NOW_S = 1_795_000_000.0
"""In November 2026."""


@pytest.fixture
def seen(tmp_path: Path) -> Seen:
    return Seen(
        settings=build({"data_dir": tmp_path / "data"}), home=DemoHome(), root=tmp_path / "root", now=lambda: NOW_S
    )


def having(seen: Seen, **status: Any) -> Seen:
    return replace(seen, status=status)


def put(seen: Seen, path: str, text: str = "") -> None:
    where = seen.root / path
    where.parent.mkdir(parents=True, exist_ok=True)
    where.write_text(text)


def one(found: Finding | list[Finding] | None) -> Finding:
    assert found
    if isinstance(found, list):
        (found,) = found
    return found


def test_a_healthy_server_has_nothing_wrong(seen: Seen) -> None:
    found = checks.look(having(seen, documents=3, memory={"free_mb": 4000, "total_mb": 8000, "notes": []}))
    assert {each.verdict for each in found} == {Verdict.OK, Verdict.NOTE}  # the demo house, and nobody asked yet
    assert {each.id for each in found if each.verdict is Verdict.NOTE} == {"home_assistant", "discovery"}


def test_what_is_wrong_is_told_first(seen: Seen) -> None:
    wrong = replace(seen, now=lambda: 0.0)
    gravity = [each.verdict for each in checks.look(wrong)]
    assert gravity == sorted(gravity, key=[Verdict.PROBLEM, Verdict.NOTE, Verdict.OK].index)
    assert gravity[0] is Verdict.PROBLEM


def test_a_check_that_breaks_hides_no_other(seen: Seen) -> None:
    def broken(_: Seen) -> Finding:
        raise RuntimeError("secret words")

    module: Any = SimpleNamespace(look=broken, __file__="/x/broken.py")
    found = checks.look(seen, [module, clock])
    assert {each.id for each in found} == {"broken", "clock"}
    assert "secret" not in str(found)


@pytest.mark.parametrize("check", checks.CHECKS)
def test_everything_is_said_in_both_languages_with_the_same_values(check: Any) -> None:
    said = [each for each in vars(check).values() if isinstance(each, Words)]
    said += list(vars(check).get("_STAGES", {}).values())
    assert said
    for words in said:
        fields = [sorted(re.findall(r"{(\w+)", text)) for text in (words.en, words.zh)]
        assert fields[0] == fields[1], words
        assert all((words.en, words.zh)), words


def test_it_is_told_in_the_readers_language(seen: Seen) -> None:
    found = clock.look(seen)
    assert found.told("zh-Hans")["subject"] == "时钟"
    assert found.told("de")["subject"] == "Clock"
    assert found.told("en") == {
        "id": "clock",
        "verdict": "ok",
        "subject": "Clock",
        "detail": "2026-11-18 11:06 UTC",
        "remedy": "",
    }


def test_a_clock_of_1970_is_a_problem_with_a_remedy(seen: Seen) -> None:
    found = clock.look(replace(seen, now=lambda: 86_400.0))
    assert found.verdict is Verdict.PROBLEM
    assert "1970-01-02" in found.detail.en
    assert "timedatectl" in found.remedy.en


@pytest.mark.parametrize(
    ("free", "verdict"), [(2 * 1024**3, Verdict.OK), (500 * 1024**2, Verdict.NOTE), (1024**2, Verdict.PROBLEM)]
)
def test_a_disk_that_fills_is_noticed(seen: Seen, monkeypatch: pytest.MonkeyPatch, free: int, verdict: Verdict) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free))
    found = disk.look(seen)
    assert found.verdict is verdict
    assert bool(found.remedy.en) is (verdict is not Verdict.OK)


def test_a_disk_that_cannot_be_asked_is_a_problem(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_: object) -> object:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("shutil.disk_usage", gone)
    assert "Input/output error" in disk.look(seen).detail.en


def test_an_engine_that_failed_is_told_with_its_reason(seen: Seen) -> None:
    stt = {"stage": "stt", "engine": "whisper", "model": "base", "state": "failed", "device": ""}
    error = {"code": "engine-unavailable", "message": "model.bin is cut off.", "remedy": "Fetch it again."}
    found = one(servers.look(having(seen, servers=[{**stt, "error": error}])))
    assert (found.verdict, found.detail.en) == (
        Verdict.PROBLEM,
        "whisper base cannot be used: model.bin is cut off.",
    )
    assert found.remedy.en == "Fetch it again."


def test_engines_that_load_work_or_are_elsewhere_are_told_apart(seen: Seen) -> None:
    told = [
        {"stage": "wake", "engine": "openwakeword", "model": "", "state": "ready", "device": "cpu"},
        {"stage": "stt", "engine": "whisper", "model": "base", "state": "loading", "device": ""},
        {"stage": "tts", "engine": "", "model": "", "state": "ready", "device": "", "remote": "tcp://box:10200"},
    ]
    model = {"engine": "llama_cpp", "model": "qwen3", "state": "failed", "detail": "it was killed"}
    found = servers.look(having(seen, servers=told, model=model))
    assert [each.verdict for each in found] == [Verdict.OK, Verdict.NOTE, Verdict.OK, Verdict.PROBLEM]
    assert [each.detail.en for each in found] == [
        "openwakeword, cpu",
        "whisper base is being loaded",
        "tcp://box:10200",
        "llama_cpp qwen3 cannot be used: it was killed",
    ]


def test_memory_that_runs_out_is_a_problem_and_a_step_down_is_noted(seen: Seen) -> None:
    assert memory.look(seen) is None
    full = {"free_mb": 0, "total_mb": 2048, "short": False, "notes": []}
    assert one(memory.look(having(seen, memory=full))).verdict is Verdict.OK  # a model that just fits
    for notes in ([], ["older"]):
        low = one(memory.look(having(seen, memory={**full, "short": True, "notes": notes})))
        assert low.verdict is Verdict.PROBLEM
    note = "qwen3-8b does not fit; qwen3-1.7b is used"
    stepped = one(memory.look(having(seen, memory={"free_mb": 900, "total_mb": 2048, "notes": ["older", note]})))
    assert stepped.verdict is Verdict.NOTE
    assert note in stepped.detail.en
    assert stepped.remedy.zh


def test_a_machine_without_a_gpu_is_fine(seen: Seen) -> None:
    assert one(gpu.look(seen)).verdict is Verdict.OK


def test_a_build_that_silently_fell_back_to_the_cpu_is_caught(seen: Seen) -> None:
    put(seen, "proc/device-tree/compatible", "nvidia,p3768-0000+p3767-0003\0nvidia,tegra234\0")
    put(seen, "dev/nvmap")
    model = {"engine": "llama_cpp", "model": "qwen3", "state": "ready", "detail": "cpu, 6 threads"}
    found = one(gpu.look(having(seen, model=model)))
    assert found.verdict is Verdict.PROBLEM
    assert "Jetson Orin (sm_87)" in found.detail.en
    assert "GGML_CUDA" in found.remedy.en
    assert one(gpu.look(seen)).detail.en == "Jetson Orin (sm_87) is here"  # no server runs
    used = one(gpu.look(having(seen, model={**model, "detail": "CUDA0: Orin"})))
    assert (used.verdict, used.detail.en) == (Verdict.OK, "Jetson Orin (sm_87) is used by llama_cpp")


def test_a_container_without_the_gpus_driver_is_told_how_to_get_it(seen: Seen) -> None:
    put(seen, "proc/device-tree/compatible", "nvidia,tegra264\0")
    found = one(gpu.look(seen))
    assert found.verdict is Verdict.PROBLEM
    assert "Thor" in found.detail.en
    assert "runtime: nvidia" in found.remedy.en


def test_downloads_are_told_while_they_run_and_when_they_fail(seen: Seen) -> None:
    assert models.look(seen) == []
    base = {"id": "whisper-base", "title": "Whisper base", "total_bytes": 200}
    loading: Mapping[str, Any] = {**base, "state": "downloading", "done_bytes": 50}
    failed: Mapping[str, Any] = {**base, "state": "failed", "error": {"message": "No space.", "remedy": "Free some."}}
    found = models.look(replace(seen, models=(loading, failed)))
    assert [each.verdict for each in found] == [Verdict.PROBLEM, Verdict.NOTE]
    assert found[0].detail.en == "Whisper base could not be fetched: No space."
    assert found[1].detail.en == "Whisper base is being fetched: 25 %"
    done: Mapping[str, Any] = {**base, "state": "installed"}
    assert one(models.look(replace(seen, models=(done,)))).verdict is Verdict.OK


def test_a_better_model_with_terms_of_its_own_is_offered_with_what_they_are(seen: Seen) -> None:
    offered: Mapping[str, Any] = {
        "id": "sensevoice-small", "title": "SenseVoice small", "state": "absent", "offered": True,
        "licence": "its makers' own", "terms": "https://example.org/licence",
    }  # fmt: skip
    found = one(models.look(replace(seen, models=(offered,))))
    assert found.verdict is Verdict.NOTE
    for words in (found.remedy.en, found.remedy.zh):
        assert "https://example.org/licence" in words
        assert "sotto models fetch sensevoice-small" in words


def test_a_home_assistant_that_refuses_the_token_is_a_problem(seen: Seen) -> None:
    home = HomeAssistantHome("http://127.0.0.1:1", "token")
    connecting = home_assistant.look(replace(seen, home=home))
    assert connecting.verdict is Verdict.NOTE
    home.state, home.error = HomeState.REFUSED, HomeRefusedError("It refuses the access token.", remedy="Make another.")
    refused = home_assistant.look(replace(seen, home=home))
    assert (refused.verdict, refused.detail.en) == (Verdict.PROBLEM, "It refuses the access token.")
    assert "SOTTO_HOME_TOKEN" in refused.remedy.en


def test_a_house_that_exposes_nothing_is_noted(seen: Seen) -> None:
    home = HomeAssistantHome("http://127.0.0.1:1", "token")
    home.state = HomeState.CONNECTED
    found = home_assistant.look(replace(seen, home=home))
    assert found.verdict is Verdict.NOTE
    assert "Expose" in found.remedy.en


def test_a_house_of_ones_own_is_no_demo(seen: Seen, tmp_path: Path) -> None:
    own = replace(seen, settings=build({"home": str(tmp_path / "house.yaml")}), home=DemoHome(HomeSnapshot()))
    assert home_assistant.look(own).verdict is Verdict.OK
    assert home_assistant.look(seen).verdict is Verdict.NOTE


def test_discovery_tells_when_somebody_asked_last(seen: Seen) -> None:
    assert discovery.look(replace(seen, asked_s=12.3)).detail.en == "a client asked what there is 12 s ago"
    gone = discovery.look(replace(seen, asked_s=1200.0))
    assert (gone.verdict, gone.detail.en) == (Verdict.NOTE, "no client has asked for 20 minutes")
    alone = discovery.look(replace(seen, settings=build({"uri": "tcp://127.0.0.1:10600"})))
    assert "--uri" in alone.remedy.en


def test_a_token_that_others_can_read_is_noted(seen: Seen) -> None:
    assert ports.look(seen).verdict is Verdict.OK
    token = seen.settings.server.data_dir / "token"
    token.parent.mkdir()
    token.write_text("abc")
    token.chmod(0o644)
    assert ports.look(seen).verdict is Verdict.NOTE
    token.chmod(0o600)
    assert ports.look(seen).verdict is Verdict.OK


def test_documents_that_cannot_be_read_are_named(seen: Seen) -> None:
    assert documents.look(seen) is None
    found = one(documents.look(replace(seen, unreadable=("scan.pdf",))))
    assert found.verdict is Verdict.NOTE
    assert "scan.pdf" in found.detail.en


@pytest.mark.parametrize(
    ("heard", "verdict", "word"),
    [
        ({"turns": 5, "level_dbfs": -26.0, "clipped": 0.0}, Verdict.OK, ""),
        ({"turns": 5, "level_dbfs": -60.0, "clipped": 0.0}, Verdict.NOTE, "Raise"),
        ({"turns": 5, "level_dbfs": -5.0, "clipped": 0.02}, Verdict.NOTE, "Lower"),
    ],
)
def test_a_microphone_that_is_too_quiet_or_too_loud_is_noted(
    seen: Seen, heard: dict[str, float], verdict: Verdict, word: str
) -> None:
    found = one(microphone.look(having(seen, microphone=heard)))
    assert found.verdict is verdict
    assert word in found.remedy.en


def test_a_microphone_is_not_judged_by_one_whisper(seen: Seen) -> None:
    assert microphone.look(having(seen, microphone={"turns": 1, "level_dbfs": -70.0, "clipped": 0.0})) is None
    assert microphone.look(having(seen, microphone=None)) is None
