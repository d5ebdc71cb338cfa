"""The command line: flags made from the settings, and the subcommands."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from .. import __version__
from ..settings import CLIENT_URI_VARIABLE, PORT, SECTIONS, Option, options

DEFAULT_URI = f"tcp://127.0.0.1:{PORT}"

_DESCRIPTION = "A private voice assistant for Home Assistant."
_EPILOG = """\
exit codes: 0 done; 1 nothing was heard or understood; 2 wrong usage or settings;
3 no server answers; 4 the server reported an error
"""
_RUN_EPILOG = """\
Every flag can be given as an environment variable, such as SOTTO_STT_MODEL for --stt-model.
What is secret has no flag, but a variable, or a file named by the variable with _FILE appended:
"""
_DOCUMENTS_EPILOG = """\
exit codes: 0 done; 1 nothing was found; 2 wrong usage or settings; 3 no server answers;
4 the server reported an error, such as that a document cannot be read
"""
_LOOKED_AT = (
    "data_dir",
    "llm",
    "llm_model",
    "llm_dir",
    "llm_context",
    "llm_gpu_layers",
    "llm_url",
    "llm_fallback_url",
    "llm_fallback_model",
    "knowledge_embedder",
    "knowledge_model",
    "knowledge_dir",
    "knowledge_url",
    "http_uri",
    "home",
)
"""What `sotto doctor` looks at besides what is installed."""


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        "sotto", description=_DESCRIPTION, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("-v", "--verbose", action="store_true", help="log everything, also what is said")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_run(commands)
    _add_say(commands)
    _add_listen(commands)
    _add_ask(commands)
    _add_wake(commands)
    _add_documents(commands)
    _add_models(commands)
    _add_pair(commands)
    _add_doctor(commands)
    return parser


def given_settings(args: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that were given as flags, by option key."""
    given = {option.key: getattr(args, option.key, None) for option in options()}
    return {key: value for key, value in given.items() if value is not None}


def _add_settings(parser: argparse.ArgumentParser) -> None:
    titles = {section: (kind.__doc__ or section).rstrip(".") for section, kind in SECTIONS.items()}
    groups = {section: parser.add_argument_group(title) for section, title in titles.items()}
    for option in options():
        if not option.secret:  # which every process of the machine could read on the command line
            _add_setting(groups[option.section], option)


def _add_setting(parser: argparse._ActionsContainer, option: Option) -> None:
    parser.add_argument(
        option.flag, dest=option.key, default=argparse.SUPPRESS, metavar=_metavar(option), help=_help(option)
    )


def _secrets() -> str:
    return "".join(f"  {each.variable:<26}{each.description}\n" for each in options() if each.secret)


def _metavar(option: Option) -> str:
    return option.name.upper()


def _help(option: Option) -> str:
    if not option.default or "default:" in option.description:
        return option.description.replace("%", "%%")
    return f"{option.description} (default: {option.default})".replace("%", "%%")


def _add_run(commands: Any) -> None:
    parser = commands.add_parser(
        "run",
        help="run the servers",
        description="Run the servers, all of them or those named, on one port.",
        epilog=_RUN_EPILOG + _secrets(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "service", nargs="*", metavar="SERVICE", help="wake, stt, conversation, tts; all when none is named"
    )
    _add_settings(parser)


def _add_client(commands: Any, name: str, description: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=description.lower(), description=description)
    parser.add_argument(
        "--uri", default=os.environ.get(CLIENT_URI_VARIABLE, DEFAULT_URI), help="running server (default: %(default)s)"
    )
    parser.add_argument("--language", help="language, such as en or zh-CN (default: by the text, or the server's)")
    return parser


def _add_say(commands: Any) -> None:
    parser = _add_client(commands, "say", "Speak a text into a WAV file")
    parser.add_argument("text", nargs="+")
    parser.add_argument("-o", "--output", type=Path, default=Path("say.wav"), help="file (default: %(default)s)")
    parser.add_argument("--voice", help="name of the voice")
    parser.add_argument("--speaker", help="speaker of a voice that has several")


def _add_listen(commands: Any) -> None:
    parser = _add_client(commands, "listen", "Hear a recorded command and do what it says")
    parser.add_argument("file", metavar="FILE", help="WAV file; - for standard input, also a microphone's")
    parser.add_argument("--no-wake", action="store_true", help="do not look for a wake word first")
    parser.add_argument("-o", "--output", type=Path, help="write the spoken answer to this file")


def _add_ask(commands: Any) -> None:
    parser = _add_client(commands, "ask", "Do what a written sentence says")
    parser.add_argument("text", nargs="+")


def _add_wake(commands: Any) -> None:
    parser = _add_client(commands, "wake", "Look for a wake word in a recording")
    parser.add_argument("file", metavar="FILE", help="WAV file; - for standard input, also a microphone's")
    parser.add_argument("--word", action="append", help="only this word; may be repeated")


def _add_documents(commands: Any) -> None:
    parser = commands.add_parser(
        "documents",
        help="add, list, remove and search the household's documents, and say when they answer",
        description="The household's documents, in a running server.",
        epilog=_DOCUMENTS_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    subcommands = parser.add_subparsers(dest="documents_command", required=True, metavar="COMMAND")
    add = _add_documents_command(subcommands, "add", "Add documents: PDF, DOCX, HTML, Markdown, text or CSV")
    add.add_argument("file", nargs="+", type=Path, metavar="FILE", help="file, or a folder of them")
    add.add_argument("--replace", action="store_true", help="take the place of a document of the same name")
    add.add_argument("--name", help="what the one file is called (default: its own name)")
    _add_documents_command(subcommands, "list", "List all documents")
    remove = _add_documents_command(subcommands, "remove", "Remove documents")
    remove.add_argument("document", nargs="+", metavar="DOCUMENT", help="id, name or title")
    search = _add_documents_command(subcommands, "search", "Show the passages that fit a question")
    search.add_argument("question", nargs="+")
    search.add_argument("--limit", type=int, default=5, metavar="N", help="so many at most (default: %(default)s)")
    _add_documents_command(subcommands, "status", "Say what there is, what is being read, and what could not be")
    calibrate = _add_documents_command(subcommands, "calibrate", "Calibrate now when documents answer, and show it")
    calibrate.add_argument(
        "--precision",
        type=float,
        metavar="P",
        help="part of the answers that must have been asked for, from now on (default: as it is)",
    )
    _add_examples(subcommands)


def _add_examples(commands: Any) -> None:
    description = "Teach which sentences documents should answer, and which not"
    parser = commands.add_parser("example", help=description.lower(), description=f"{description}.")
    subcommands = parser.add_subparsers(dest="example_command", required=True, metavar="COMMAND")
    add = _add_documents_command(subcommands, "add", "Add a sentence that documents should answer")
    add.add_argument("sentence", nargs="+", metavar="SENTENCE")
    add.add_argument("--keep-quiet", action="store_true", help="one that they should not answer")
    _add_documents_command(subcommands, "list", "List the household's own sentences")
    remove = _add_documents_command(subcommands, "remove", "Take a sentence back")
    remove.add_argument("sentence", nargs="+", metavar="SENTENCE")


def _add_models(commands: Any) -> None:
    description = "list, fetch, import and remove models"
    parser = commands.add_parser(
        "models", help=description, description="Models, in a running server, or else in the data folder."
    )
    subcommands = parser.add_subparsers(dest="models_command", required=True, metavar="COMMAND")
    listing = _add_documents_command(subcommands, "list", "List all models", _OF_MODELS)
    listing.add_argument("--kind", choices=["stt", "tts", "llm", "embedding"], help="only these")
    listing.add_argument("--language", dest="spoken", help="only those for this language, such as en or zh-CN")
    for name, text in (("fetch", "Fetch models"), ("cancel", "Stop fetching models"), ("remove", "Remove models")):
        command = _add_documents_command(subcommands, name, text, _OF_MODELS)
        command.add_argument("model", nargs="+", metavar="ID", help="as `sotto models list` names it")
    importing = _add_documents_command(
        subcommands, "import", "Take models from a folder, without a network", _OF_MODELS
    )
    importing.add_argument(
        "folder", type=Path, metavar="FOLDER", help="where their files are, whatever they are called"
    )
    _add_documents_command(subcommands, "status", "Say which models are there, wanted or under way", _OF_MODELS)


_OF_MODELS = frozenset(
    {
        "data_dir",
        "http_uri",
        "stt_dir",
        "tts_dir",
        "llm_dir",
        "knowledge_dir",
        "models_mirror",
        "models_languages",
        "models_catalogue",
    }
)


def _add_documents_command(
    subcommands: Any, name: str, description: str, looked_at: frozenset[str] = frozenset({"data_dir", "http_uri"})
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = subcommands.add_parser(name, help=description, description=f"{description}.")
    where = parser.add_argument_group("Which server, as for run")
    for option in options():
        if option.key in looked_at:
            _add_setting(where, option)
    return parser


def _add_pair(commands: Any) -> None:
    description = "Let one more client of the network fetch the token of the HTTP door"
    parser = commands.add_parser("pair", help=description.lower().replace("http", "HTTP"), description=description)
    for option in options():
        if option.key == "data_dir":
            _add_setting(parser, option)


def _add_doctor(commands: Any) -> None:
    parser = _add_client(commands, "doctor", "Say what is there, what runs where, and what is missing")
    looked_at = parser.add_argument_group("What to look at, as for run")
    for option in options():
        if option.key in _LOOKED_AT:
            _add_setting(looked_at, option)
