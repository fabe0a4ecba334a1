"""Where the numbers of rules come from, over a real store."""

import random
from dataclasses import replace

import numpy as np
import pytest

from tests.alerts.watch import Watch, rule
from verascope.alerts.accuracy_source import AccuracySource
from verascope.alerts.evidence import Read
from verascope.alerts.milestone_source import steps
from verascope.alerts.near_duplicates import Sighting, groups
from verascope.alerts.rule import NoData, Side, Threshold
from verascope.clock import DAY, HOUR, MINUTE, US, Range
from verascope.detectors.perceptual_hash import hamming
from verascope.records import Outcome
from verascope.store.alert_tables import alert_states
from verascope.store.tables import DEFAULT_TENANT, performance_benchmarks, system_metrics


def flipped(value: bytes, bits: int, seed: int = 0) -> bytes:
    number = int.from_bytes(value)
    for place in random.Random(seed).sample(range(256), bits):
        number ^= 1 << place
    return number.to_bytes(32)


def hashes(n: int, seed: int = 1) -> list[bytes]:
    return [bytes(row) for row in np.random.default_rng(seed).integers(0, 256, (n, 32), np.uint8)]


def fake(watch: Watch, value: bytes, client: str = "acme", file_hash: str = "", **more: object):  # type: ignore[no-untyped-def]
    (made,) = watch.made(1, client=client, client_key=client, **more)
    image = replace(made.image, perceptual_hash=value, perceptual_hash_quality=80,
                    file_hash=file_hash or value.hex())  # fmt: skip
    return replace(made, outcome=Outcome.FAKE, image=image)


def test_near_pictures_are_one_group_whatever_bits_differ() -> None:
    original, *others = hashes(200)
    near = [flipped(original, 31, seed) for seed in range(20)]
    far = flipped(original, 60, 99)
    seen = [
        Sighting(f"c{n}", None, value) for n, value in enumerate([*near, original, far, *others])
    ]
    (group,) = groups(seen)
    assert group.count == 21
    assert all(hamming(original, value) <= 31 for value in near)


def test_groups_are_what_comparing_every_pair_finds() -> None:
    values = hashes(60, seed=3)
    values += [
        flipped(value, bits, bits) for value, bits in zip(values, range(20, 45), strict=False)
    ]
    found = {
        frozenset(group.hashes) for group in groups([Sighting("c", None, one) for one in values])
    }
    expected = set()
    for value in values:
        near, size = {value}, 0
        while len(near) > size:
            size = len(near)
            near |= {one for one in values if any(hamming(one, other) <= 31 for other in near)}
        if len(near) > 1:
            expected.add(frozenset(near))
    assert found == expected


def test_the_same_file_is_the_same_picture_without_a_hash_worth_comparing() -> None:
    (group,) = groups(
        [Sighting("a", "ff", None), Sighting("b", "ff", None), Sighting("a", "ee", None)]
    )
    assert (group.name, group.count, group.clients) == ("ff", 2, frozenset({"a", "b"}))


def test_a_group_keeps_the_name_it_was_known_by() -> None:
    original = hashes(1)[0]
    near = [flipped(original, 12, seed) for seed in range(3)]
    (group,) = groups([Sighting("c", None, value) for value in near], [original.hex()])
    assert group.name == original.hex()


def test_the_tenth_near_duplicate_in_an_hour_fires_and_fades(watch: Watch) -> None:
    watch.rules(
        rule("fraud", "near_duplicate_fakes", Threshold(Side.ABOVE, 9), HOUR, no_data=NoData.FINE)
    )
    original = hashes(1, seed=9)[0]
    for seed in range(10):
        assert watch.phase("fraud", original.hex()) != "firing"
        watch.house.add_all([fake(watch, flipped(original, min(seed, 1) * 10, seed))])
        watch.after(MINUTE)
    fired = [
        key for key, phase in watch.phases().items() if key[0] == "fraud" and phase == "firing"
    ]
    assert len(fired) == 1
    watch.after(HOUR)
    assert ("fraud", fired[0][1]) not in watch.phases()
    (row,) = watch.episodes()
    assert (row.resolved, row.subject) == (1, fired[0][1])


def test_the_same_fake_from_three_clients_fires(watch: Watch) -> None:
    watch.rules(
        rule(
            "campaign",
            "near_duplicate_fake_clients",
            Threshold(Side.ABOVE, 2),
            HOUR,
            no_data=NoData.FINE,
        )
    )
    value = hashes(1, seed=11)[0]
    watch.house.add_all([fake(watch, value, client) for client in ("a", "b", "b")])
    watch.evaluate()
    assert watch.episodes() == []
    watch.house.add_all([fake(watch, flipped(value, 20), "c")])
    watch.after(MINUTE)
    assert watch.phase("campaign", value.hex()) == "firing"


def test_featureless_pictures_are_no_duplicates_of_each_other(watch: Watch) -> None:
    flat = [
        replace(one, image=replace(one.image, perceptual_hash_quality=3))
        for one in (fake(watch, bytes(32), file_hash=f"{n:064x}") for n in range(12))
    ]
    watch.house.add_all(flat)
    watch.rules(
        rule("fraud", "near_duplicate_fakes", Threshold(Side.ABOVE, 9), HOUR, no_data=NoData.FINE)
    )
    watch.evaluate()
    assert watch.episodes() == []


def test_each_revenue_step_is_crossed_once() -> None:
    assert steps(0, 99) == []
    assert steps(99.5, 100) == [100]
    assert steps(100, 1999) == [200, 500, 1000]
    assert steps(1999, 2000) == [2000]


def test_a_revenue_milestone_fires_once_and_ends_a_day_later(watch: Watch) -> None:
    watch.rules(
        rule("money", "revenue_milestones", Threshold(Side.ABOVE, 0), DAY, no_data=NoData.FINE)
    )
    watch.house.add_all(watch.made(3, price_micros=60_000_000))
    watch.evaluate()
    watch.minutes(3)
    (row,) = watch.episodes()
    assert (row.subject, row.metric_value, row.resolved) == ("100 USD", 180.0, 0)
    watch.after(2 * DAY)
    watch.house.add_all(watch.made(1, price_micros=60_000_000))
    watch.after(MINUTE)
    assert [(row.subject, row.resolved) for row in watch.episodes()] == [
        ("100 USD", 1),
        ("200 USD", 0),
    ]


def labelled(watch: Watch, right: int, wrong: int) -> None:
    watch.house.add_all(
        [
            *watch.made(right, label="real", model_version="v7"),
            *watch.made(wrong, label="fake", model_version="v7"),
        ]
    )


def test_accuracy_needs_labels_and_a_benchmark(watch: Watch) -> None:
    watch.rules(
        rule("drop", "accuracy_drop", Threshold(Side.ABOVE, 10, 9), 7 * DAY, min_samples=30)
    )
    watch.evaluate()
    assert watch.phase("drop") == "no-data"
    assert watch.reason("drop") == AccuracySource.absent["accuracy_drop"]
    labelled(watch, right=24, wrong=6)
    watch.after(300)
    assert watch.phase("drop") == "no-data"
    reference = {"timestamp": watch.house.now_us, "model_version": "v7", "accuracy_rate": 95.0}
    watch.insert(performance_benchmarks, [reference])
    watch.after(300)
    assert watch.phase("drop", "v7") == "firing"
    (row,) = watch.episodes()
    assert row.metric_value == pytest.approx(15.0)
    labelled(watch, right=70, wrong=0)
    watch.after(300)
    assert watch.phase("drop", "v7") == "ok"


def test_fewer_labels_than_the_minimum_claim_nothing(watch: Watch) -> None:
    watch.rules(
        rule("drop", "accuracy_drop", Threshold(Side.ABOVE, 10, 9), 7 * DAY, min_samples=30)
    )
    reference = {"timestamp": watch.house.now_us, "model_version": "v7", "accuracy_rate": 95.0}
    watch.insert(performance_benchmarks, [reference])
    labelled(watch, right=0, wrong=29)
    watch.evaluate()
    assert watch.phase("drop", "v7") == "no-data"
    assert watch.episodes() == []


def test_samples_of_the_machine_are_means_weighted_by_their_time(watch: Watch) -> None:
    now = watch.house.now_us
    rows = [
        {"timestamp": now - 90 * US, "cpu_usage": 10.0, "interval_seconds": 60.0, "queue_depth": 4},
        {
            "timestamp": now - 20 * US,
            "cpu_usage": 80.0,
            "interval_seconds": 10.0,
            "queue_depth": None,
        },
    ]
    with watch.house.database.writing() as connection:
        connection.execute(system_metrics.delete())
        connection.execute(system_metrics.insert(), rows)
    span = Range(now - 300 * US, now)
    reads = [Read(name, span) for name in ("cpu_usage", "queue_depth", "gpu_usage")]
    with watch.house.database.reading() as connection:
        found = watch.sources.read(connection, DEFAULT_TENANT, reads)
        others = watch.sources.read(connection, watch.tenant_id, reads)
    assert found[reads[0]] == {"": (20.0, 2)}
    assert found[reads[1]] == {"": (4.0, 1)}
    assert found[reads[2]] == {"": (None, 0)}
    assert not any(others.values())


def test_every_metric_of_predictions_equals_the_dashboards(watch: Watch) -> None:
    watch.predictions(good=9, bad=1)
    names = list(watch.sources.of("error_rate").metrics)  # type: ignore[union-attr]
    minute = watch.house.now_us // (MINUTE * US) * MINUTE * US
    span = Range(minute - 4 * MINUTE * US, minute + MINUTE * US)
    with watch.house.database.reading() as connection:
        found = watch.sources.read(
            connection, watch.tenant_id, [Read(name, span) for name in names]
        )
    told = watch.house.ask(watch.tenant_id, metrics=names, range={"minutes": 5})["totals"]
    for name in names:
        (value, _) = found[Read(name, span)][""]
        expected = told[name]
        assert value == (None if expected is None else pytest.approx(float(expected))), name


def test_states_of_groups_that_never_alarmed_do_not_pile_up(watch: Watch) -> None:
    watch.rules(
        rule("fraud", "near_duplicate_fakes", Threshold(Side.ABOVE, 9), HOUR, no_data=NoData.FINE)
    )
    value = hashes(1, seed=21)[0]
    watch.house.add_all([fake(watch, value), fake(watch, value)])
    watch.evaluate()
    assert watch.phase("fraud", value.hex()) == "ok"
    watch.after(2 * HOUR)
    assert [row.subject for row in watch.rows(alert_states) if row.rule == "fraud"] == [""]
