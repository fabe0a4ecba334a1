"""The image of known-answer probes is the same everywhere, and is an image."""

import hashlib
import io

from PIL import Image

from verascope.detectors.image import ImageLimits, decode
from verascope.monitor.probes.known_image import SHA256, SIDE, known_image


def test_its_bytes_are_the_ones_that_references_were_made_with() -> None:
    assert hashlib.sha256(known_image()).hexdigest() == SHA256


def test_it_is_a_picture_that_any_detector_takes() -> None:
    with Image.open(io.BytesIO(known_image())) as picture:
        picture.verify()
    facts = decode(known_image(), ImageLimits(20_000_000, 50_000_000, 32)).facts
    assert (facts.width, facts.height) == (SIDE, SIDE)
