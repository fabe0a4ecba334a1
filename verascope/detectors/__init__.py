"""What is observed: images decoded safely, and the detectors that judge them.

`decode` turns bytes into a picture or a plain refusal; `load` turns a name into a detector that
answers with a verdict. Nothing here knows the web, the store or the settings.
"""

from verascope.detectors.detector import Decision, Detector, DetectorCard
from verascope.detectors.image import ImageLimits, Picture, decode, inspect
from verascope.detectors.perceptual_hash import HASH_VERSION, hamming
from verascope.detectors.registry import load

__all__ = [
    "HASH_VERSION",
    "Decision",
    "Detector",
    "DetectorCard",
    "ImageLimits",
    "Picture",
    "decode",
    "hamming",
    "inspect",
    "load",
]
