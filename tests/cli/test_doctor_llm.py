"""What `sotto doctor` says of the language model: files, memory, llama.cpp, and endpoints."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.cli.conftest import OtherProgram, RunSotto
from tests.conversation.scripted_endpoint import ScriptedEndpoint
from tests.stand_in_gguf import make_gguf
from wyoming_servers.cli import doctor_llm
from wyoming_servers.cli.doctor_llm import Build, look_at_llm
from wyoming_servers.cli.finding import Finding
from wyoming_servers.health.finding import Verdict
from wyoming_servers.registry import EngineSpec
from wyoming_servers.settings import Settings, build

Refusing = Callable[[int], Awaitable[str]]


@pytest.fixture
async def refusing() -> AsyncIterator[Refusing]:
    """Start a server that answers everything with a status; returns its URL."""
    async with AsyncExitStack() as stack:

        async def start(status: int) -> str:
            async def refuse(_: web.Request) -> web.Response:
                return web.json_response({"error": {"message": "s3cret is no key"}}, status=status)

            app = web.Application()
            app.router.add_route("*", "/{path:.*}", refuse)
            server = await stack.enter_async_context(TestServer(app))
            return str(server.make_url("/v1"))

        yield start


def only(findings: list[Finding], subject: str) -> Finding:
    (found,) = [finding for finding in findings if finding.subject == subject]
    return found


def settings_of(tmp_path: Path, **values: object) -> Settings:
    return build({"data_dir": tmp_path, **values})


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the models `nano` and `mid`; llama.cpp is not loaded for it."""
    folder = tmp_path_factory.mktemp("models")
    for size in ("nano", "mid"):
        make_gguf(size, folder / f"{size}.gguf")
    return folder


@pytest.fixture
async def with_nano(tmp_path: Path, models: Path) -> Path:
    """Return a data folder in which there is a model."""
    folder = tmp_path / "llm"
    await asyncio.to_thread(folder.mkdir)
    await asyncio.to_thread(shutil.copy, models / "nano.gguf", folder)
    return tmp_path


@pytest.fixture
def without_llama_cpp(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the package llama_cpp be missing."""
    missing = property(lambda spec: spec.modules if spec.name == "llama_cpp" else ())
    monkeypatch.setattr(EngineSpec, "missing", missing)
    monkeypatch.setattr(doctor_llm, "_missing", lambda: frozenset({"llama_cpp"}))


async def test_a_model_on_disk_is_chosen_and_its_size_is_held_against_the_memory(with_nano: Path) -> None:
    findings = await look_at_llm(settings_of(with_nano))
    assert only(findings, "GGUF models") == Finding(Verdict.OK, "GGUF models", f"nano in {with_nano / 'llm'}")
    chosen = only(findings, "language model")
    assert chosen.verdict is Verdict.OK
    assert chosen.detail.startswith("auto: llama_cpp, nano: 0.7 MiB, and 2.0 MiB for 8192 tokens; ")
    assert chosen.detail.endswith(" are available")


async def test_the_largest_of_several_models_is_chosen(with_nano: Path, models: Path) -> None:
    await asyncio.to_thread(shutil.copy, models / "mid.gguf", with_nano / "llm")
    findings = await look_at_llm(settings_of(with_nano))
    assert only(findings, "GGUF models").detail.startswith("mid, nano in ")
    assert "llama_cpp, mid: " in only(findings, "language model").detail


async def test_a_model_larger_than_the_memory_is_a_problem(with_nano: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_llm, "available_bytes", lambda: 1_000_000)
    chosen = only(await look_at_llm(settings_of(with_nano)), "language model")
    assert chosen.verdict is Verdict.PROBLEM
    assert "needs 2.7 MiB of memory" in chosen.detail
    assert "--llm-context" in chosen.remedy


async def test_what_a_start_would_choose_is_not_told_where_a_server_tells_of_its_model(with_nano: Path) -> None:
    findings = await look_at_llm(settings_of(with_nano), is_told=True)
    assert {each.subject for each in findings} == {"GGUF models", "llm: llama.cpp"}


@pytest.mark.parametrize(("layers", "verdict"), [(-1, Verdict.OK), (0, Verdict.PROBLEM)])
async def test_memory_of_the_gpu_counts_where_layers_go_there(
    with_nano: Path, monkeypatch: pytest.MonkeyPatch, layers: int, verdict: Verdict
) -> None:
    async def with_gpu() -> tuple[Build, Finding]:
        return Build(uses_gpu=True, free_gpu_bytes=2**33), Finding(Verdict.OK, "llm: llama.cpp", "")

    monkeypatch.setattr(doctor_llm, "available_bytes", lambda: 1_000_000)
    monkeypatch.setattr(doctor_llm, "_build", with_gpu)
    chosen = only(await look_at_llm(settings_of(with_nano, llm_gpu_layers=layers)), "language model")
    assert chosen.verdict is verdict


async def test_a_model_that_is_cut_off_is_a_problem(with_nano: Path) -> None:
    path = with_nano / "llm" / "nano.gguf"
    data = await asyncio.to_thread(path.read_bytes)
    await asyncio.to_thread(path.write_bytes, data[: len(data) // 2])
    chosen = only(await look_at_llm(settings_of(with_nano)), "language model")
    assert chosen.verdict is Verdict.PROBLEM
    assert "is cut off" in chosen.detail


async def test_a_model_that_is_not_there_is_a_problem_naming_those_that_are(with_nano: Path) -> None:
    chosen = only(await look_at_llm(settings_of(with_nano, llm="llama_cpp", llm_model="qwen")), "language model")
    assert chosen.verdict is Verdict.PROBLEM
    assert "There is no model qwen" in chosen.detail
    assert "nano" in chosen.remedy


async def test_without_model_and_endpoint_the_three_ways_to_have_one_are_told(tmp_path: Path) -> None:
    findings = await look_at_llm(settings_of(tmp_path))
    assert {only(findings, subject).verdict for subject in ("GGUF models", "language model")} == {Verdict.NOTE}
    remedy = only(findings, "language model").remedy
    assert all(part in remedy for part in ("script/setup --llama", str(tmp_path / "llm"), "--llm-url"))


async def test_a_model_that_is_not_wanted_is_none_of_the_doctors_business(with_nano: Path) -> None:
    chosen = only(await look_at_llm(settings_of(with_nano, llm="none")), "language model")
    assert (chosen.verdict, chosen.detail) == (Verdict.OK, "off, with --llm none")


@pytest.mark.usefixtures("without_llama_cpp")
async def test_a_model_without_llama_cpp_tells_how_to_install_it(with_nano: Path) -> None:
    findings = await look_at_llm(settings_of(with_nano))
    chosen = only(findings, "language model")
    assert chosen.verdict is Verdict.NOTE
    assert chosen.detail == "none: there is a GGUF, but not the package llama_cpp"
    assert "script/setup --llama" in chosen.remedy
    assert "llm: llama.cpp" not in {finding.subject for finding in findings}


async def test_what_every_model_needs_is_named_when_it_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_llm, "_ALWAYS_NEEDED", frozenset({"no_such_package"}))
    (finding,) = await look_at_llm(settings_of(tmp_path))
    assert finding.detail == "the package no_such_package is missing"
    assert "sotto[resolver]" in finding.remedy


async def test_llama_cpp_is_asked_what_it_was_built_for(tmp_path: Path) -> None:
    finding = only(await look_at_llm(settings_of(tmp_path)), "llm: llama.cpp")
    assert finding.detail.startswith("llama-cpp-python 0.")
    assert "built for the CPU" in finding.detail or "can use a GPU" in finding.detail


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise SystemExit('libgomp.so.1: cannot open shared object file')", "libgomp.so.1: cannot open"),
        ("import os; os.abort()", "it ended without a word"),
    ],
)
async def test_a_llama_cpp_that_cannot_be_loaded_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, said: str
) -> None:
    monkeypatch.setattr(doctor_llm, "_ASK_BUILD", code)
    finding = only(await look_at_llm(settings_of(tmp_path)), "llm: llama.cpp")
    assert finding.verdict is Verdict.PROBLEM
    assert said in finding.detail
    assert "script/setup --llama" in finding.remedy


async def test_a_llama_cpp_for_other_processors_is_told_with_how_to_compile_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_llm, "_ASK_BUILD", "import os, signal; os.kill(os.getpid(), signal.SIGILL)")
    finding = only(await look_at_llm(settings_of(tmp_path)), "llm: llama.cpp")
    assert finding.verdict is Verdict.PROBLEM
    assert "this processor lacks instructions" in finding.detail
    assert finding.remedy.startswith("Compile it on this machine")


async def test_the_kind_of_processor_that_it_computes_for_is_told_where_it_has_code_for_several(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_llm, "_GPU_DEVICES", ())
    monkeypatch.setattr(doctor_llm, "_ASK_BUILD", "print(0, 0, 'haswell')")
    finding = only(await look_at_llm(settings_of(tmp_path)), "llm: llama.cpp")
    assert finding.detail.endswith("built for the CPU (haswell)")


async def test_a_llama_cpp_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_llm, "_ASK_BUILD", "import threading; threading.Event().wait()")
    monkeypatch.setattr(doctor_llm, "_BUILD_WITHIN_S", 0.2)
    finding = only(await look_at_llm(settings_of(tmp_path)), "llm: llama.cpp")
    assert (finding.verdict, "did not load" in finding.detail) == (Verdict.PROBLEM, True)


@pytest.mark.parametrize("there_is_a_gpu", [True, False])
async def test_a_gpu_that_llama_cpp_was_not_built_for_is_told_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, there_is_a_gpu: bool
) -> None:
    monkeypatch.setattr(doctor_llm, "_GPU_DEVICES", (tmp_path if there_is_a_gpu else tmp_path / "none",))
    monkeypatch.setattr(doctor_llm, "_ASK_BUILD", "print('ggml: hello'); print(0, 0)")
    finding = only(await look_at_llm(settings_of(tmp_path)), "llm: llama.cpp")
    assert finding.verdict is (Verdict.NOTE if there_is_a_gpu else Verdict.OK)
    assert ("GGML_CUDA" in finding.remedy) is there_is_a_gpu


async def test_free_memory_of_the_gpu_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_llm, "_ASK_BUILD", "print(1, 2**33)")
    finding = only(await look_at_llm(settings_of(tmp_path)), "llm: llama.cpp")
    assert finding.detail.endswith("can use a GPU; 8.00 GiB of its memory are free")


async def test_an_endpoint_is_asked_for_its_models(tmp_path: Path) -> None:
    async with ScriptedEndpoint(models=("embedder-embed", "qwen3", "llama")) as endpoint:
        findings = await look_at_llm(settings_of(tmp_path, llm_url=endpoint.url))
    assert only(findings, "language model").detail == "auto: openai, the model auto"
    found = only(findings, "endpoint")
    host = endpoint.url.split("/")[2]
    assert found.verdict is Verdict.OK
    assert found.detail == f"{host} lists embedder-embed, qwen3, llama; qwen3 is used"


async def test_a_model_that_the_endpoint_does_not_list_is_noted(tmp_path: Path) -> None:
    async with ScriptedEndpoint(models=("qwen3",)) as endpoint:
        found = only(await look_at_llm(settings_of(tmp_path, llm_url=endpoint.url, llm_model="qwen4")), "endpoint")
    assert found.verdict is Verdict.NOTE
    assert found.detail.endswith("lists qwen3; qwen4 is asked for")


async def test_an_endpoint_without_models_is_a_problem(tmp_path: Path) -> None:
    async with ScriptedEndpoint(models=()) as endpoint:
        found = only(await look_at_llm(settings_of(tmp_path, llm_url=endpoint.url)), "endpoint")
    assert (found.verdict, found.remedy) == (Verdict.PROBLEM, "Load one there.")


async def test_an_endpoint_that_is_gone_is_a_problem_and_the_fallback_is_asked_too(tmp_path: Path) -> None:
    async with ScriptedEndpoint() as gone:
        pass
    async with ScriptedEndpoint() as fallback:
        settings = settings_of(tmp_path, llm_url=gone.url, llm_fallback_url=fallback.url)
        findings = await look_at_llm(settings)
    assert only(findings, "endpoint").verdict is Verdict.PROBLEM
    assert "cannot be reached" in only(findings, "endpoint").detail
    assert only(findings, "fallback endpoint").verdict is Verdict.OK


async def test_an_endpoint_that_is_silent_does_not_hold_the_doctor_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other_program: OtherProgram
) -> None:
    monkeypatch.setattr(doctor_llm, "ENDPOINT_WITHIN_S", 0.2)
    url = f"http://127.0.0.1:{await other_program()}"
    found = only(await look_at_llm(settings_of(tmp_path, llm_url=url)), "endpoint")
    assert (found.verdict, "was silent" in found.detail) == (Verdict.PROBLEM, True)


@pytest.mark.parametrize(
    ("status", "model", "verdict"),
    [(404, "auto", Verdict.PROBLEM), (404, "qwen3", Verdict.OK), (401, "qwen3", Verdict.PROBLEM)],
)
async def test_an_endpoint_that_lists_nothing_is_good_for_a_model_by_name(
    tmp_path: Path, refusing: Refusing, status: int, model: str, verdict: Verdict
) -> None:
    settings = settings_of(tmp_path, llm_url=await refusing(status), llm_model=model, llm_key="s3cret")
    found = only(await look_at_llm(settings), "endpoint")
    assert found.verdict is verdict
    assert "s3cret" not in f"{found.detail}{found.remedy}"


async def test_an_address_that_is_none_is_a_problem_naming_the_flag(tmp_path: Path) -> None:
    findings = await look_at_llm(settings_of(tmp_path, llm_url="gpu-box"))
    assert only(findings, "language model").verdict is Verdict.PROBLEM
    assert "--llm-url" in only(findings, "endpoint").detail


async def test_the_command_takes_the_flags_of_run_and_looks_at_what_they_name(sotto: RunSotto, models: Path) -> None:
    done = await sotto("doctor", "--uri", "tcp://127.0.0.1:9", "--llm-dir", str(models), "--llm-model", "nano")
    assert done.code == 0, done.output
    assert f"mid, nano in {models}" in done.output
    assert "auto: llama_cpp, nano: 0.7 MiB" in done.output
