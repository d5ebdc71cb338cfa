"""What a newcomer types, and what she sees."""

from __future__ import annotations

import asyncio
import signal
import sys
import wave
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from .conftest import RunSotto, StartServer, StartSotto

Sotto = RunSotto


@pytest.fixture
async def uri(start_server: StartServer) -> str:
    return (await start_server()).uri


def write_wav(path: Path, pcm: bytes, rate_hz: int = 16_000) -> str:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate_hz, 0, "NONE", ""))
        file.writeframes(pcm)
    return str(path)


async def test_a_sentence_in_english_switches_a_light_and_one_in_chinese_switches_it_back(
    sotto: Sotto, uri: str
) -> None:
    on = await sotto("ask", "--uri", uri, "turn", "on", "the", "living", "room", "light")
    assert on.code == 0, on.output
    assert "Living Room Light: off → on" in on.output
    off = await sotto("ask", "--uri", uri, "关闭客厅的灯")
    assert off.code == 0, off.output
    assert "Living Room Light: on → off" in off.output
    assert any("\u4e00" <= character <= "\u9fff" for character in off.output.rpartition("reply")[2])


async def test_a_question_is_answered_from_the_house(sotto: Sotto, uri: str) -> None:
    done = await sotto("ask", "--uri", uri, "is the front door locked")
    assert done.code == 0, done.output
    assert "HassGetState" in done.output


async def test_what_is_not_understood_is_said_and_ends_with_1(sotto: Sotto, uri: str) -> None:
    done = await sotto("ask", "--uri", uri, "the colourless green ideas sleep furiously")
    assert done.code == 1
    assert "reply" in done.output


async def test_say_writes_speech(sotto: Sotto, uri: str, tmp_path: Path) -> None:
    output = tmp_path / "answer.wav"
    done = await sotto("say", "--uri", uri, "The washing machine has finished.", "-o", str(output))
    assert done.code == 0, done.output
    with wave.open(str(output), "rb") as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)
        assert 1.0 < file.getnframes() / file.getframerate() < 5.0
    assert np.sqrt(np.mean(samples**2)) > 500


async def test_a_recorded_command_goes_through_every_stage(
    sotto: Sotto, uri: str, shared: Path, tmp_path: Path
) -> None:
    recording = shared / "audio" / "commands" / "turn_on_the_living_room_lamp.wav"
    done = await sotto("listen", "--uri", uri, str(recording), "-o", str(tmp_path / "reply.wav"))
    assert done.code == 0, done.output
    assert "turn on the living room lamp" in done.output.lower()
    assert "Living Room Lamp: off → on" in done.output
    assert (tmp_path / "reply.wav").stat().st_size > 10_000


async def test_the_recording_may_come_by_standard_input(sotto: Sotto, uri: str, shared: Path) -> None:
    recording = (shared / "audio" / "commands" / "living_room_light_en.wav").read_bytes()
    done = await sotto("listen", "--uri", uri, "-", stdin=recording)
    assert done.code == 0, done.output
    assert "Living Room Light: off → on" in done.output


async def test_a_microphone_that_never_ends_is_acted_upon_when_the_command_ends(
    start_sotto: StartSotto, uri: str, shared: Path
) -> None:
    word = (shared / "audio" / "wake" / "okay_nabu.wav").read_bytes()
    header = word[:40] + (0x80000000).to_bytes(4, "little")  # as arecord writes it
    with wave.open(str(shared / "audio" / "commands" / "living_room_light_en.wav"), "rb") as file:
        command = file.readframes(file.getnframes())
    listening = await start_sotto("listen", "--uri", uri, "-")
    assert listening.stdin is not None
    assert listening.stdout is not None
    listening.stdin.write(header + bytes(32_000) + word[44:])
    assert "okay_nabu at" in (await listening.stdout.readline()).decode()
    listening.stdin.write(bytes(16_000) + command + bytes(96_000))
    output = (await listening.stdout.read()).decode()  # standard input is still open
    assert "Living Room Light: off → on" in output
    assert await listening.wait() == 0


async def test_a_closed_standard_input_is_said(start_sotto: StartSotto, uri: str) -> None:
    process = await start_sotto("listen", "--uri", uri, "-", closed_stdin=True)
    output, _ = await process.communicate()
    assert b"Standard input is closed" in output
    assert process.returncode == 2


async def test_a_wake_word_is_found_in_a_recording(sotto: Sotto, uri: str, shared: Path) -> None:
    done = await sotto("wake", "--uri", uri, str(shared / "audio" / "wake" / "okay_nabu.wav"))
    assert done.code == 0, done.output
    assert "okay_nabu at" in done.output


async def test_silence_is_nothing_said(sotto: Sotto, uri: str, tmp_path: Path) -> None:
    silence = write_wav(tmp_path / "silence.wav", bytes(64_000))
    assert (await sotto("wake", "--uri", uri, silence)).code == 1
    done = await sotto("listen", "--uri", uri, silence)
    assert done.code == 1
    assert "(nothing was said)" in done.output


async def test_an_unknown_wake_word_or_voice_is_an_error_that_lists_the_known(
    sotto: Sotto, uri: str, tmp_path: Path
) -> None:
    silence = write_wav(tmp_path / "silence.wav", bytes(64_000))
    done = await sotto("wake", "--uri", uri, silence, "--word", "abracadabra")
    assert done.code == 4
    assert "okay_nabu" in done.output
    done = await sotto("say", "--uri", uri, "hello", "--voice", "nobody", "-o", str(tmp_path / "x.wav"))
    assert done.code == 4
    assert "nobody" in done.output


async def test_the_doctor_finds_everything_installed_and_the_server_running(sotto: Sotto, uri: str) -> None:
    done = await sotto("doctor", "--uri", uri)
    assert done.code == 0, done.output
    for stage in ("wake", "stt", "conversation", "tts"):
        assert f"server: {stage}" in done.output


async def test_without_a_server_a_client_says_how_to_start_one(sotto: Sotto) -> None:
    done = await sotto("ask", "--uri", "tcp://127.0.0.1:1", "hello")
    assert done.code == 3
    assert "sotto run" in done.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--wake-threshold", "7"], "--wake-threshold is '7'"),
        (["run", "--home", "/nowhere/home.yaml"], "/nowhere/home.yaml"),
        (["run", "--home", "http://127.0.0.1:1"], "SOTTO_HOME_TOKEN"),
        (["run", "--uri", "http://x"], "tcp://HOST:PORT"),
        (["run", "--stt", "espeak"], "There is no engine espeak for stt"),
        (["run", "teleport"], "teleport"),
        (["listen", "/nowhere.wav"], "/nowhere.wav"),
        (["listen", __file__], "not a WAV file"),
        (["frobnicate"], "frobnicate"),
        (["ask", "--uri", "localhost:10600", "hello"], "--uri is localhost:10600"),
        (["ask", "--uri", "tcp://localhost", "hello"], "--uri is tcp://localhost"),
        (["ask", "--uri", "stdio://", "hello"], "--uri is stdio://"),
        (["run", "--idle-s", "0"], "--idle-s is '0'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
async def test_wrong_usage_ends_with_2_and_says_what_is_wrong(sotto: Sotto, arguments: list[str], said: str) -> None:
    done = await sotto(*arguments)
    assert done.code == 2, done.output
    assert said in done.output
    assert "Traceback" not in done.output


async def test_a_port_that_is_taken_is_named(sotto: Sotto, uri: str) -> None:
    done = await sotto("run", "--uri", uri)
    assert done.code == 2
    assert uri in done.output


async def test_each_server_runs_alone_and_a_front_points_at_them(sotto: Sotto, start_server: StartServer) -> None:
    speaking = await start_server("tts")
    understanding = await start_server("conversation")
    front = await start_server("--tts", speaking.uri, "--conversation", understanding.uri)
    done = await sotto("ask", "--uri", front.uri, "turn on the kitchen light")
    assert "HassTurnOn" in done.output, done.output


async def test_a_unix_socket_serves_too(sotto: Sotto, start_server: StartServer, tmp_path: Path) -> None:
    server = await start_server("conversation", uri=f"unix://{tmp_path}/sotto.socket")
    done = await sotto("ask", "--uri", server.uri, "turn on the kitchen light")
    assert done.code == 0, done.output


async def test_chinese_is_read_and_printed_where_the_locale_knows_ascii_alone(
    sotto: Sotto, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("PYTHONUTF8", "0")
    done = await sotto("ask", "--uri", uri, "打开客厅的灯")
    assert done.code == 0, done.output
    assert "name=客厅的灯" in done.output


async def test_output_that_is_read_in_part_only_is_no_failure(start_sotto: StartSotto, uri: str) -> None:
    command = ["sh", "-c", '"$@" | true', "sh", sys.executable, "-m", "wyoming_servers", "doctor", "--uri", uri]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    _, errors = await process.communicate()
    assert b"Traceback" not in errors
    assert b"BrokenPipe" not in errors


async def test_where_the_clients_look_for_a_server_is_no_setting_of_one(
    sotto: Sotto, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOTTO_CLIENT_URI", uri)
    done = await sotto("doctor")
    assert done.code == 0, done.output
    assert f"answers at {uri}" in done.output


async def test_what_is_no_wyoming_server_is_said(sotto: Sotto) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        done = await sotto("ask", "--uri", f"tcp://127.0.0.1:{port}", "hello")
    assert done.code == 4, done.output
    assert "no Wyoming server" in done.output


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_cleanly_with_a_client_in_the_middle(
    start_server: StartServer, signum: signal.Signals
) -> None:
    server = await start_server()
    host, port = server.uri.removeprefix("tcp://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    with closing(writer):
        writer.write(
            b'{"type": "transcribe"}\n{"type": "audio-start", "data": {"rate": 16000, "width": 2, "channels": 1}}\n'
        )
        await writer.drain()
        server.process.send_signal(signum)
        log = await server.read_log()
    assert server.process.returncode == 0, log
    assert "Traceback" not in log
    assert "Not everything stopped" not in log


async def test_a_signal_while_it_starts_ends_it_too_and_leaves_no_socket(
    start_sotto: StartSotto, tmp_path: Path
) -> None:
    path = tmp_path / "sotto.socket"
    waiting: list[asyncio.StreamWriter] = []
    # It says nothing, and is waited for, for 3 s.
    async with await asyncio.start_server(lambda _, writer: waiting.append(writer), "127.0.0.1", 0) as silent:
        far = f"tcp://127.0.0.1:{silent.sockets[0].getsockname()[1]}"
        flags = [f"--{stage}={far}" for stage in ("wake", "stt", "tts")]
        process = await start_sotto("run", "--uri", f"unix://{path}", *flags)
        while not path.exists():  # noqa: ASYNC110 - another process makes it
            await asyncio.sleep(0.02)
        process.terminate()
        output, _ = await process.communicate()
        for writer in waiting:
            writer.close()
            await writer.wait_closed()
    assert process.returncode == 0, output
    assert b"Traceback" not in output
    assert b"listens on" not in output, "it went on to start"
    assert not path.exists()


async def test_the_log_holds_nothing_that_was_said(sotto: Sotto, start_server: StartServer, tmp_path: Path) -> None:
    server = await start_server()
    await sotto("ask", "--uri", server.uri, "turn on the living room light and sing a song")
    await sotto("say", "--uri", server.uri, "The gardener has come.", "-o", str(tmp_path / "x.wav"))
    server.process.terminate()
    log = (await server.read_log()).lower()
    assert "living" not in log
    assert "gardener" not in log
