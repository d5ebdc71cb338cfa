"""The command line's help: every setting is in it, where a user looks for it."""

from __future__ import annotations

import pytest

from wyoming_servers.cli.arguments import given_settings, make_parser
from wyoming_servers.settings import options


def help_of(capsys: pytest.CaptureFixture[str], command: str) -> str:
    with pytest.raises(SystemExit):
        make_parser().parse_args([command, "--help"])
    return capsys.readouterr().out


def test_every_setting_is_in_the_help_of_run(capsys: pytest.CaptureFixture[str]) -> None:
    shown = help_of(capsys, "run")
    for option in options():
        assert (option.variable if option.secret else option.flag) in shown


def test_settings_are_grouped_under_plain_titles(capsys: pytest.CaptureFixture[str]) -> None:
    shown = help_of(capsys, "run")
    titles = [line for line in shown.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert not [title for title in titles if title.endswith(".:")]
    language_model = shown.partition("The language model")[2].partition("The HTTP door")[0]
    assert all(flag in language_model for flag in ("--llm ENGINE", "--llm-url", "--llm-idle-s"))


def test_the_doctor_takes_what_names_a_model_and_a_port_but_no_secret() -> None:
    args = make_parser().parse_args(["doctor", "--llm-url", "http://gpu-box:8000/v1", "--http-uri", "tcp://[::1]:1"])
    given = given_settings(args)
    assert (given["llm_url"], given["http_uri"]) == ("http://gpu-box:8000/v1", "tcp://[::1]:1")
    with pytest.raises(SystemExit):
        make_parser().parse_args(["doctor", "--llm-key", "s3cret"])
