"""Settings from defaults, the file in the brief's shapes, and the environment."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from verascope import config
from verascope.errors import Invalid, StartRefused

THRESHOLDS = {
    "cpu_usage": 80,
    "memory_usage": 80,
    "error_rate": 5,
    "response_time": 2000,
    "accuracy_drop": 10,
}
EMAIL = {
    "alerts": {
        "email": {
            "smtp_server": "smtp.gmail.com",
            "smtp_port": 587,
            "sender_email": "alerts@yourcompany.com",
            "sender_password": "app_password",
            "recipients": ["admin@yourcompany.com", "devops@yourcompany.com"],
        }
    }
}


def load(home: Path, file: Any = None, **environ: str) -> config.Settings:
    if file is not None:
        (home / "config").mkdir(exist_ok=True)
        text = file if isinstance(file, str) else json.dumps(file)
        (home / "config" / "monitoring.json").write_text(text)
    return config.load({"VERASCOPE_HOME": str(home), **environ})


def test_the_defaults_are_those_of_the_brief(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert {name: getattr(settings.thresholds, name) for name in THRESHOLDS} == THRESHOLDS
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8001)
    assert settings.pricing.default_price == Decimal("0.05")
    assert settings.database_path == tmp_path / "analytics" / "analytics.db"


@pytest.mark.parametrize("file", [THRESHOLDS, EMAIL, {**THRESHOLDS, **EMAIL}])
def test_both_shapes_of_the_brief_are_valid_alone_and_together(tmp_path: Path, file: Any) -> None:
    settings = load(tmp_path, {**file})
    if "alerts" in file:
        assert settings.alerts.email is not None
        assert settings.alerts.email.recipients == EMAIL["alerts"]["email"]["recipients"]
    assert settings.thresholds.cpu_usage == 80


def test_a_threshold_of_the_file_replaces_the_default(tmp_path: Path) -> None:
    assert load(tmp_path, {"cpu_usage": 91.5}).thresholds.cpu_usage == 91.5


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        {"server": {"port": 9000}, "pricing": {"default_price": "0.01"}},
        VERASCOPE_PORT="9001",
        VERASCOPE_SERVER_ALLOWED_HOSTS="a.example, b.example",
    )
    assert settings.server.port == 9001
    assert settings.pricing.default_price == Decimal("0.01")
    assert settings.server.allowed_hosts == ["a.example", "b.example"]


def test_a_price_in_the_file_is_exact_whether_text_or_number(tmp_path: Path) -> None:
    assert load(tmp_path, {"pricing": {"default_price": 0.1}}).pricing.default_price == Decimal(
        "0.1"
    )
    assert load(tmp_path, {"pricing": {"default_price": "0.1"}}).pricing.default_price == Decimal(
        "0.1"
    )


def test_a_secret_can_be_read_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("hunter2\n")
    settings = load(tmp_path, EMAIL, VERASCOPE_ALERTS_EMAIL_SENDER_PASSWORD_FILE=str(secret))
    assert settings.alerts.email is not None
    assert settings.alerts.email.sender_password == "hunter2"


def test_every_wrong_key_and_value_is_named_at_once(tmp_path: Path) -> None:
    file = {
        "cpu_usge": 80,
        "server": {"prt": 1, "port": "abc"},
        "alerts": {"email": {"smtp_port": 25}},
    }
    with pytest.raises(Invalid) as caught:
        load(tmp_path, file, VERASCOPE_DETECTION_MAX_BYTES="many")
    assert {field.field for field in caught.value.fields} == {
        "cpu_usge",
        "server.prt",
        "server.port",
        "alerts.email.smtp_server",
        "alerts.email.sender_email",
        "detection.max_bytes",
    }


@pytest.mark.parametrize(
    ("environ", "field"),
    [
        ({"VERASCOPE_PORT": "0"}, "server.port"),
        ({"VERASCOPE_PORT": "65536"}, "server.port"),
        ({"VERASCOPE_PRICING_DEFAULT_PRICE": "NaN"}, "pricing.default_price"),
        ({"VERASCOPE_PRICING_DEFAULT_PRICE": "0.0000001"}, "pricing.default_price"),
        ({"VERASCOPE_PRICING_DEFAULT_PRICE": "-1"}, "pricing.default_price"),
        ({"VERASCOPE_RECORDING_SYNCHRONOUS": "OFF"}, "recording.synchronous"),
        ({"VERASCOPE_THRESHOLDS_CPU_USAGE": "-1"}, "thresholds.cpu_usage"),
        ({"VERASCOPE_SMTP_PASSWORD": "hunter2"}, "VERASCOPE_SMTP_PASSWORD"),
    ],
)
def test_a_wrong_value_names_its_field(tmp_path: Path, environ: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        load(tmp_path, **environ)
    assert [error.field for error in caught.value.fields] == [field]


def test_a_secret_is_never_repeated_in_an_error(tmp_path: Path) -> None:
    wrong = json.loads(json.dumps(EMAIL))
    wrong["alerts"]["email"]["sender_password"] = ["hunter2"]
    with pytest.raises(Invalid) as caught:
        load(tmp_path, wrong, VERASCOPE_SMTP_PASSWORT="hunter2")
    assert "hunter2" not in caught.value.detail


@pytest.mark.parametrize("text", ["{", "[1]", '"x"', "\ufeff{"])
def test_a_file_that_is_no_object_is_refused_with_its_path(tmp_path: Path, text: str) -> None:
    with pytest.raises(StartRefused, match=r"monitoring\.json"):
        load(tmp_path, text)


def test_a_threshold_set_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="set it once"):
        load(tmp_path, {"cpu_usage": 80, "thresholds": {"cpu_usage": 81}})


def test_every_setting_is_told_in_words() -> None:
    assert sorted(config.ABOUT) == sorted(config.names())
    sections = {name.partition(".")[0] if "." in name else "" for name in config.ABOUT}
    assert sections == set(config.SECTIONS)


def test_origins_are_told_and_cannot_be_set(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    path = tmp_path / "config" / "monitoring.json"
    path.write_text('{"cpu_usage": 70, "recording": {"client_limit": 5}}')
    settings = config.load(
        {"VERASCOPE_HOME": str(tmp_path), "VERASCOPE_RECORDING_CLIENT_LIMIT": "6"}
    )
    assert {name: one.source for name, one in settings.origins.items()} == {
        "thresholds.cpu_usage": "file",
        "recording.client_limit": "environment",
    }
    path.write_text('{"origins": {}}')
    with pytest.raises(Invalid, match="origins"):
        config.load({"VERASCOPE_HOME": str(tmp_path)})
