"""`/api/v1/system` over samples in a real store."""

import dataclasses

from tests.conftest import Server
from verascope.api.system import System, SystemSample
from verascope.monitor.host import Sample


def test_system_answers_with_samples_of_this_machine(server: Server) -> None:
    answer = server.get("/api/v1/system", params={"hours": 1})
    assert answer.status_code == 200
    found = System.model_validate(answer.json())
    assert found.step_seconds == 0
    assert [one.timestamp for one in found.samples] == sorted(
        one.timestamp for one in found.samples
    )


def test_a_range_that_is_too_long_is_refused_by_name(server: Server) -> None:
    answer = server.get("/api/v1/system", params={"hours": 9601})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"field": "hours", "value": "'9601'", "accepted": "a whole number from 1 to 9600"}
    ]


def test_a_range_is_given_by_its_instants_and_an_empty_one_is_refused(server: Server) -> None:
    whole = {"start": "2026-01-05T00:00:00Z", "end": "2026-01-12T00:00:00Z"}
    answer = server.get("/api/v1/system", params=whole)
    assert answer.status_code == 200
    assert answer.json()["samples"] == []
    turned = server.get("/api/v1/system", params={"start": whole["end"], "end": whole["start"]})
    assert turned.status_code == 422
    assert turned.json()["errors"][0]["field"] == "start"


def test_a_young_installation_is_shown_in_full_whatever_the_range(server: Server) -> None:
    newest = server.get("/api/v1/system", params={"hours": 9600}).json()
    assert newest["step_seconds"] == 0


def test_every_measure_of_a_sample_is_documented() -> None:
    measured = {one.name for one in dataclasses.fields(Sample)} - {"timestamp_us"}
    assert set(SystemSample.model_fields) == measured | {"timestamp"}
