"""OnnxDetector: what it answers, and every contradiction it refuses by file and field."""

import math
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from verascope.detectors.image import Picture
from verascope.detectors.onnx import OnnxDetector
from verascope.errors import DetectorBroken
from verascope.records import Outcome

Install = Callable[..., Path]

WHITE = Picture.made(Image.new("RGB", (40, 30), "white"))  # (1 - 0.5) / 0.25 = 2 in each channel
BLACK = Picture.made(Image.new("RGB", (40, 30), "black"))  # -2
GREY = Picture.made(Image.new("RGB", (40, 30), (128, 128, 128)))  # about 0


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def mpct(probability: float) -> int:
    return round(probability * 100_000)


def refusal(path: Path) -> str:
    with pytest.raises(DetectorBroken) as caught:
        OnnxDetector.load(path)
    return caught.value.detail


def test_logit_becomes_probability_and_verdict(install: Install, onnx_writer: Any) -> None:
    detector = OnnxDetector.load(install(onnx_writer.model()))
    white, black, grey = (detector.detect(image) for image in (WHITE, BLACK, GREY))
    assert (white.outcome, white.fake_probability_mpct) == (Outcome.FAKE, mpct(sigmoid(6)))
    assert (black.outcome, black.fake_probability_mpct) == (Outcome.REAL, mpct(sigmoid(-6)))
    assert black.confidence_mpct == 100_000 - black.fake_probability_mpct
    assert grey.outcome is Outcome.UNCERTAIN
    assert grey.confidence_mpct == max(
        grey.fake_probability_mpct, 100_000 - grey.fake_probability_mpct
    )
    assert white.model_version == "1.0.0"


def test_platt_calibration_scales_and_shifts_the_logit(install: Install, onnx_writer: Any) -> None:
    sidecar = install(onnx_writer.model(), calibration={"kind": "platt", "a": 0.5, "b": -1.0})
    verdict = OnnxDetector.load(sidecar).detect(WHITE)
    assert verdict.fake_probability_mpct == mpct(sigmoid(0.5 * 6 - 1))


@pytest.mark.parametrize("classes", [["real", "fake"], ["fake", "real"]])
def test_two_logits_are_read_in_the_order_of_the_classes(
    install: Install, onnx_writer: Any, classes: list[str]
) -> None:
    model = onnx_writer.model(weights=[[1, 0, 0], [0, 0, 0]])
    sidecar = install(model, output={"kind": "logits", "classes": classes})
    z = 2 if classes[0] == "fake" else -2
    assert OnnxDetector.load(sidecar).detect(WHITE).fake_probability_mpct == mpct(sigmoid(z))


def test_probability_is_taken_as_it_is_and_its_ends_stay_finite(
    install: Install, onnx_writer: Any
) -> None:
    model = onnx_writer.model(weights=[[0.25, 0, 0]], bias=[0.5])
    detector = OnnxDetector.load(install(model, output={"kind": "probability"}))
    assert detector.detect(WHITE).fake_probability_mpct == 100_000
    assert detector.detect(BLACK).fake_probability_mpct == 0


def test_channels_last_and_blue_first_feed_the_same_picture(
    install: Install, onnx_writer: Any
) -> None:
    red = Picture.made(Image.new("RGB", (40, 30), (255, 0, 0)))
    first_channel = [[1.0, 0.0, 0.0]]
    last = onnx_writer.model(weights=first_channel, shape=[1, 8, 8, 3])
    rgb = OnnxDetector.load(install(last, "rgb", input={"layout": "NHWC"}))
    bgr = OnnxDetector.load(install(last, "bgr", input={"layout": "NHWC", "color": "BGR"}))
    assert rgb.detect(red).fake_probability_mpct == mpct(sigmoid(2))
    assert bgr.detect(red).fake_probability_mpct == mpct(sigmoid(-2))


def test_only_the_centre_square_is_looked_at(install: Install, onnx_writer: Any) -> None:
    wide = Image.new("RGB", (400, 40), "black")
    wide.paste("white", (150, 0, 250, 40))
    verdict = OnnxDetector.load(install(onnx_writer.model())).detect(Picture.made(wide))
    assert verdict.fake_probability_mpct == mpct(sigmoid(6))


def test_a_large_picture_is_averaged_not_sampled(install: Install, onnx_writer: Any) -> None:
    checks = np.indices((800, 800)).sum(axis=0) % 2 * 255
    image = Image.fromarray(np.repeat(checks[..., None], 3, axis=2).astype(np.uint8))
    verdict = OnnxDetector.load(install(onnx_writer.model())).detect(Picture.made(image))
    assert abs(verdict.fake_probability_mpct - 50_000) < 1_500


def test_thresholds_include_their_ends(install: Install, onnx_writer: Any) -> None:
    model = onnx_writer.model(weights=[[0.0, 0, 0]])
    even = install(model, decision={"fake_at": 0.5, "real_at": 0.5})
    assert OnnxDetector.load(even).detect(GREY).outcome is Outcome.FAKE
    apart = install(model, decision={"fake_at": 0.50001, "real_at": 0.5})
    assert OnnxDetector.load(apart).detect(GREY).outcome is Outcome.REAL


def test_the_card_repeats_the_sidecar(install: Install, onnx_writer: Any) -> None:
    card = OnnxDetector.load(install(onnx_writer.model())).describe()
    assert (card.name, card.version, card.device) == ("tiny", "1.0.0", "cpu")
    assert card.classes == ("real", "fake")
    assert card.metrics == {"auc": 0.9}
    assert (card.decision.fake_at, card.decision.real_at) == (0.7, 0.3)


def test_a_score_that_is_no_number_breaks_the_detector_not_the_caller(
    install: Install, onnx_writer: Any
) -> None:
    # Infinite minus infinite: fine on black at load (the warm-up picture is grey), not a number on
    # white.
    model = onnx_writer.model(weights=[[3e38, 3e38, 3e38]])
    detector = OnnxDetector.load(install(model, input={"mean": [0.501960813999176] * 3}))
    with pytest.raises(DetectorBroken, match=r"tiny\.onnx: output\.score answered"):
        detector.detect(WHITE)


def test_a_probability_out_of_range_is_refused(install: Install, onnx_writer: Any) -> None:
    sidecar = install(onnx_writer.model(bias=[7.0]), output={"kind": "probability"})
    assert "no probability" in refusal(sidecar)


def test_a_closed_detector_says_so(install: Install, onnx_writer: Any) -> None:
    detector = OnnxDetector.load(install(onnx_writer.model()))
    detector.close()
    with pytest.raises(DetectorBroken, match="closed"):
        detector.detect(WHITE)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"file": "absent.onnx"}, "file: absent.onnx"),
        ({"file": "../tiny.onnx"}, "file: ../tiny.onnx"),
        ({"file": "/etc/hostname"}, "file: /etc/hostname"),
        ({"sha256": "0" * 64}, "sha256"),
        ({"kind": "torch"}, "$.kind"),
        ({"typo": 1}, "typo"),
        ({"version": ""}, "version"),
        ({"input": {"name": "image"}}, "input.name: image; the model has pixels"),
        ({"input": {"size": 9}}, "input: pixels has shape"),
        ({"input": {"layout": "NHWC"}}, "input: pixels has shape"),
        ({"input": {"size": 7}}, "input.size: 7"),
        ({"input": {"resize_short_side": 7}}, "input.resize_short_side: 7"),
        ({"input": {"std": [1, 0, 1]}}, "input.std"),
        ({"input": {"std": [1, 1]}}, "$.input.std"),
        ({"input": {"mean": [1e999, 0, 0]}}, "tiny.json"),
        ({"input": {"resample": "nearest"}}, "$.input.resample"),
        ({"input": {"scale": 255}}, "scale"),
        ({"output": {"name": "logits"}}, "output.name: logits; the model has score"),
        ({"output": {"classes": ["real", "fake"]}}, "output.classes"),
        ({"output": {"classes": ["real"]}}, "output.classes"),
        ({"output": {"kind": "logits", "classes": ["real", "fake"]}}, "output: score has shape"),
        ({"output": {"kind": "logits", "classes": ["real", "fake", "odd"]}}, "output.classes"),
        ({"decision": {"fake_at": 0.4, "real_at": 0.3}}, "decision: real_at 0.3 and fake_at 0.4"),
        ({"decision": {"fake_at": 0.9, "real_at": 0.6}}, "decision"),
        ({"decision": {"fake_at": 1.1, "real_at": 0.5}}, "decision"),
        ({"calibration": {"kind": "platt", "a": 0, "b": 0}}, "calibration"),
        ({"calibration": {"kind": "platt", "a": 1}}, "$.calibration"),
        ({"calibration": {"kind": "isotonic"}}, "$.calibration"),
    ],
)
def test_a_sidecar_that_contradicts_the_model_is_refused_by_file_and_field(
    install: Install, onnx_writer: Any, change: dict[str, Any], named: str
) -> None:
    detail = refusal(install(onnx_writer.model(), **change))
    assert "tiny.json" in detail
    assert named in detail


def test_a_link_to_a_model_outside_of_the_folder_is_refused(
    install: Install, onnx_writer: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "model.onnx"
    elsewhere.write_bytes(onnx_writer.model())
    sidecar = install(onnx_writer.model(), file="link.onnx")
    (sidecar.parent / "link.onnx").symlink_to(elsewhere)
    assert "lies outside" in refusal(sidecar)


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"name": 1}', "\xff", "[" * 100_000])
def test_rubbish_in_place_of_a_sidecar_names_the_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.json"
    path.write_text(text, encoding="latin-1")
    assert "broken.json" in refusal(path)
    assert "absent.json" in refusal(tmp_path / "absent.json")


@pytest.mark.parametrize("location", ["../weights.bin", "/etc/passwd", "weights.bin"])
def test_weights_outside_of_the_file_are_refused(
    install: Install, onnx_writer: Any, location: str
) -> None:
    detail = refusal(install(onnx_writer.model(location=location)))
    assert "tiny.onnx" in detail
    assert "weights outside of the file" in detail


def test_operators_of_a_foreign_domain_are_refused(install: Install, onnx_writer: Any) -> None:
    evil = onnx_writer.node("Run", ["flat"], "unused", domain="com.evil")
    detail = refusal(install(onnx_writer.model(extra_nodes=(evil,), domains=("com.evil",))))
    assert "tiny.onnx: uses operators of domain 'com.evil'" in detail


def test_a_foreign_domain_is_refused_even_when_only_imported(
    install: Install, onnx_writer: Any
) -> None:
    assert "'com.evil'" in refusal(install(onnx_writer.model(domains=("com.evil",))))


def test_operators_hidden_in_an_inner_graph_are_found(install: Install, onnx_writer: Any) -> None:
    evil = onnx_writer.node("Run", ["flat"], "unused", domain="com.evil")
    branch = onnx_writer.node("If", ["flat"], "either", attributes=onnx_writer.subgraph(evil))
    assert "'com.evil'" in refusal(install(onnx_writer.model(extra_nodes=(branch,))))


def test_of_the_runtimes_own_operators_only_quantisation_is_accepted(
    install: Install, onnx_writer: Any
) -> None:
    context = onnx_writer.node("EPContext", ["flat"], "unused", domain="com.microsoft")
    model = onnx_writer.model(extra_nodes=(context,), domains=("com.microsoft",))
    assert "com.microsoft.EPContext" in refusal(install(model))
    OnnxDetector.load(install(onnx_writer.model(domains=("com.microsoft",))))


def test_an_operator_set_that_the_runtime_does_not_know_is_refused(
    install: Install, onnx_writer: Any
) -> None:
    model = onnx_writer.model()
    opset = bytes([0x42, 4, 0x0A, 0, 0x10, 13])  # opset_import: domain "", version 13
    assert model.count(opset) == 1
    detail = refusal(install(model.replace(opset, opset[:-1] + bytes([127]))))
    assert "tiny.onnx: can't be loaded" in detail


def test_a_second_input_nobody_feeds_is_refused(install: Install, onnx_writer: Any) -> None:
    extra = onnx_writer.value("mask", [1, 1])
    assert "the model needs pixels, mask" in refusal(
        install(onnx_writer.model(extra_inputs=(extra,)))
    )


@pytest.mark.parametrize("keep", [0, 1, 7, 60, 150, -1])
def test_a_cut_off_model_is_refused_by_name(install: Install, onnx_writer: Any, keep: int) -> None:
    assert "tiny" in refusal(install(onnx_writer.model()[:keep]))


@pytest.mark.parametrize("model", [b"\x7fELF" * 40, b"\0" * 64, b"\x0b" * 64, b"\x0a\xff\xff\xff"])
def test_what_is_no_onnx_file_is_refused(install: Install, model: bytes) -> None:
    assert "tiny.onnx" in refusal(install(model))


def test_graphs_nested_without_end_are_refused(install: Install, onnx_writer: Any) -> None:
    node = onnx_writer.node("Identity", ["flat"], "x")
    for _ in range(40):
        node = onnx_writer.node("If", ["flat"], "x", attributes=onnx_writer.subgraph(node))
    assert "nested" in refusal(install(onnx_writer.model(extra_nodes=(node,))))


def test_threads_get_the_answers_one_caller_gets(install: Install, onnx_writer: Any) -> None:
    detector = OnnxDetector.load(install(onnx_writer.model()))
    colours = [(value, 0, 255 - value) for value in range(0, 250, 10)]
    images = [Picture.made(Image.new("RGB", (50, 50), colour)) for colour in colours]
    alone = [detector.detect(image) for image in images]
    answers: list[list[Any]] = []
    threads = [
        threading.Thread(target=lambda: answers.append([detector.detect(i) for i in images]))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [alone] * 6


def test_memory_stays_where_it_is_over_two_thousand_answers(
    install: Install, onnx_writer: Any
) -> None:
    detector = OnnxDetector.load(install(onnx_writer.model()))
    for _ in range(200):
        detector.detect(WHITE)
    before = psutil.Process().memory_info().rss
    for _ in range(2_000):
        detector.detect(WHITE)
    assert psutil.Process().memory_info().rss - before < 16_000_000
