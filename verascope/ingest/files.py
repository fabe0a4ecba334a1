"""Image files on disk: found in folders, and looked at by several threads in the order they were named."""

import os
import stat
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from verascope.detectors.detector import Detector
from verascope.detectors.image import ImageLimits
from verascope.ingest.detection import Refused, look
from verascope.ingest.pipeline import Observation

EXTENSIONS = frozenset(
    {
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".png",
        ".gif",
        ".bmp",
        ".webp",
        ".avif",
        ".heic",
        ".heif",
        ".tif",
        ".tiff",
    }
)
"""What counts as an image in a folder; a file that is named is looked at whatever its name."""


@dataclass(frozen=True, slots=True)
class Found:
    """Files in the order of their names, folder by folder. skipped: files that are no images by name,
    and links that lead back to a folder already seen.
    """

    files: tuple[Path, ...]
    skipped: int


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of one file: a verdict, or a sentence that says why there is none."""

    path: Path
    observation: Observation | None
    error: str | None = None


def find(paths: Iterable[Path]) -> Found:
    """All image files under `paths`; links to folders are followed once."""
    files: list[Path] = []
    skipped = 0
    for path in paths:
        if not path.is_dir():
            files.append(path)
            continue
        inside, passed_over = _inside(path)
        files += inside
        skipped += passed_over
    return Found(tuple(files), skipped)


def _inside(folder: Path) -> tuple[list[Path], int]:
    files: list[Path] = []
    skipped = 0
    seen = {_identity(folder)}
    for root, folders, names in os.walk(folder, followlinks=True):
        for name in sorted(folders):
            identity = _identity(Path(root, name))
            if identity in seen:
                folders.remove(name)
                skipped += 1
            seen.add(identity)
        folders.sort()
        images = [name for name in sorted(names) if _is_image(Path(root, name))]
        skipped += len(names) - len(images)
        files += [Path(root, name) for name in images]
    return files, skipped


def _is_image(path: Path) -> bool:
    """By its name; a pipe or a socket of such a name would be waited for without end."""
    if path.suffix.lower() not in EXTENSIONS:
        return False
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return True  # a link that leads nowhere: whoever opens it is told so


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def look_at(
    files: Iterable[Path], detector: Detector, limits: ImageLimits, threads: int
) -> Iterator[Looked]:
    """One answer for each file, in order. At most a few files a thread are in memory."""
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Looked]] = deque()
        try:
            for path in files:
                waiting.append(pool.submit(_look_at, path, detector, limits))
                if len(waiting) >= 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _look_at(path: Path, detector: Detector, limits: ImageLimits) -> Looked:
    try:
        with path.open("rb") as file:
            data = file.read(limits.max_bytes + 1)  # one more is refused by its size
    except OSError as error:
        return Looked(path, None, f"It can't be read: {error.strerror}.")
    try:
        return Looked(path, look(data, detector, limits, path.name))
    except Refused as refused:
        return Looked(path, refused.observation, refused.detail)
