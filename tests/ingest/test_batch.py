"""Bodies of events: unpacked within bounds, split, each event judged alone."""

import gzip
import json
import tracemalloc
import zlib
from typing import Any

import pytest

from tests.ingest.test_event import CONTEXT, PLAIN
from verascope.ingest.batch import MAX_BYTES, MAX_EVENTS, BadBody, Judged, judged, unpacked, zstd
from verascope.ingest.event import Code, Rejected
from verascope.records import Prediction


def read(body: Any, *, is_lines: bool = False) -> Judged:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return judged(data, is_lines=is_lines, context=CONTEXT)


def test_one_object_and_an_array_are_understood() -> None:
    assert [type(one) for one in read(PLAIN).events] == [Prediction]
    assert [type(one) for one in read([PLAIN, PLAIN]).events] == [Prediction] * 2
    assert read([]).events == []


def test_a_bad_event_does_not_take_the_good_ones_with_it() -> None:
    found = read([PLAIN, {**PLAIN, "confidence": 120}, 7, PLAIN])
    assert [isinstance(one, Rejected) for one in found.events] == [False, True, True, False]
    assert len(found.good) == 2


def test_a_line_that_is_no_json_fails_alone() -> None:
    line = json.dumps(PLAIN).encode()
    found = read(b"\n".join([line, b"{oops", b"", b"[]", line]) + b"\r\n", is_lines=True)
    codes = [one.code if isinstance(one, Rejected) else None for one in found.events]
    assert codes == [None, Code.MALFORMED, Code.MALFORMED, None]


@pytest.mark.parametrize(
    "line",
    [
        b'{"confidence": 120, oops',
        b'{"confidence": 120, "client": "\xff"}',
        b'{"confidence": 120, "tags": ' + b"[" * 100_000,
    ],
    ids=["ends", "not UTF-8", "deep"],
)
def test_a_line_with_a_wrong_field_before_it_stops_being_json_fails_alone(line: bytes) -> None:
    good = json.dumps(PLAIN).encode()
    bad, kept = read(line + b"\n" + good, is_lines=True).events
    assert isinstance(bad, Rejected)
    assert bad.code is Code.MALFORMED
    assert isinstance(kept, Prediction)


@pytest.mark.parametrize(
    "body", [b"", b"7", b'"x"', b"{", b'[{"id":', b"[}", b"\xff\xfe", b"[" * 100_000]
)
def test_a_body_that_is_no_json_is_refused_whole(body: bytes) -> None:
    with pytest.raises(BadBody) as refused:
        read(body)
    assert refused.value.status == 400


@pytest.mark.parametrize("is_lines", [False, True])
def test_too_many_events_are_refused_whole(is_lines: bool) -> None:
    line = json.dumps(PLAIN).encode()
    body = b"\n".join([line] * (MAX_EVENTS + 1))
    if not is_lines:
        body = b"[" + body.replace(b"\n", b",") + b"]"
    with pytest.raises(BadBody, match="at most 10000") as refused:
        read(body, is_lines=is_lines)
    assert refused.value.status == 413


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_packed_bodies_are_unpacked_also_in_several_parts(encoding: str) -> None:
    pack = gzip.compress if encoding == "gzip" else zstd.compress
    assert unpacked(pack(b"abc") + pack(b"def"), encoding) == b"abcdef"
    assert unpacked(b"abc", "identity") == b"abc"


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_body_that_lies_about_its_encoding_is_refused(encoding: str) -> None:
    with pytest.raises(BadBody) as refused:
        unpacked(b'{"id": 1}', encoding)
    assert refused.value.status == 400


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_packed_body_that_ends_early_is_refused(encoding: str) -> None:
    pack = gzip.compress if encoding == "gzip" else zstd.compress
    with pytest.raises(BadBody, match="middle"):
        unpacked(pack(b"x" * 100_000)[:-9], encoding)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_bomb_is_refused_before_memory_grows(encoding: str) -> None:
    zeros = b"\0" * 50_000_000
    if encoding == "gzip":
        packer = zlib.compressobj(9, wbits=31)
        bomb = packer.compress(zeros) + packer.compress(zeros) + packer.flush()
    else:
        bomb = zstd.compress(zeros + zeros)
    del zeros
    tracemalloc.start()
    with pytest.raises(BadBody) as refused:
        unpacked(bomb, encoding)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.status == 413
    assert peak < 3 * MAX_BYTES
