"""Settings from flags and the environment, checked once, with errors that name the setting."""

from __future__ import annotations

from pathlib import Path

import pytest

from wyoming_servers.cli.arguments import given_settings, make_parser
from wyoming_servers.errors import SettingsError
from wyoming_servers.settings import Settings, build, from_environment, options


def test_the_defaults_pass_their_own_checks() -> None:
    assert build({option.key: option.default for option in options() if option.default is not None}) == Settings()


def test_every_option_has_a_flag_a_variable_and_a_description_of_its_own() -> None:
    flags = [option.flag for option in options()]
    assert len(set(flags)) == len(flags)
    assert all(option.description for option in options())


def test_flags_win_over_the_environment() -> None:
    environment = {"SOTTO_STT_MODEL": "small", "SOTTO_LANGUAGE": "zh-CN", "PATH": "/bin"}
    args = make_parser().parse_args(["run", "stt", "--stt-model", "base"])
    settings = build({**from_environment(environment), **given_settings(args)})
    assert settings.stt.model == "base"
    assert settings.server.language == "zh-CN"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("wake_threshold", "2", "--wake-threshold is '2'"),
        ("wake_threshold", "loud", "--wake-threshold is 'loud'"),
        ("wake_thresholds", "alexa", "--wake-thresholds is 'alexa'"),
        ("stt_device", "tpu", "--stt-device is 'tpu'"),
        ("max_connections", "0", "--max-connections is '0'"),
        ("zeroconf", "perhaps", "--zeroconf is 'perhaps'"),
        ("speed", "1", "There is no setting speed"),
    ],
)
def test_a_wrong_value_is_named(key: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        build({key: value})
    assert said in str(caught.value)


def test_thresholds_of_single_words_are_read() -> None:
    assert build({"wake_thresholds": "alexa=0.8, okay_nabu=0.3"}).wake.thresholds == {"alexa": 0.8, "okay_nabu": 0.3}


def test_a_secret_is_read_from_the_file_that_a_variable_names(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("s3cret\n")
    assert from_environment({"SOTTO_HOME_TOKEN_FILE": str(tmp_path / "token")}) == {"home_token": "s3cret"}


def test_a_secret_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="SOTTO_HOME_TOKEN_FILE"):
        from_environment({"SOTTO_HOME_TOKEN_FILE": str(tmp_path / "missing")})


def test_a_misspelt_variable_is_an_error() -> None:
    with pytest.raises(SettingsError, match="SOTTO_STT_MODELL"):
        from_environment({"SOTTO_STT_MODELL": "base"})


def test_a_secret_is_no_flag() -> None:
    with pytest.raises(SystemExit):
        make_parser().parse_args(["run", "--home-token", "s3cret"])


def test_a_token_file_that_is_no_text_is_an_error_naming_it(tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="is no text"):
        from_environment({"SOTTO_HOME_TOKEN_FILE": str(tmp_path / "token")})
