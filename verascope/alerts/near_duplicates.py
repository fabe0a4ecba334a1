"""Groups of fakes that are the same picture or nearly so. Pure: hashes in, groups out.

Perceptual hashes at most `NEAR_BITS` of 256 bits apart are found by banding: of 32 bands of 8 bits at least
one is equal in any two such hashes, so only hashes that share a band are compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NEAR_BITS = 31
BANDS = 32
MIN_QUALITY = 50
"""Hashes of featureless pictures say nothing (`detectors.perceptual_hash`); those are only compared whole."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One fake. file_hash: SHA-256 in hex. perceptual_hash: 32 bytes; None when it has none worth comparing."""

    client: str
    file_hash: str | None
    perceptual_hash: bytes | None


@dataclass(frozen=True, slots=True)
class Group:
    """Pictures that are one picture. hashes: all of its perceptual hashes, the most frequent first.

    name: the first of them in hex, or the file's hash where there is none.
    """

    name: str
    count: int
    clients: frozenset[str]
    hashes: tuple[bytes, ...]


def groups(sightings: Sequence[Sighting], names: Sequence[str] = ()) -> list[Group]:
    """Groups of at least two sightings, the largest first.

    names: of groups from before; a group that holds a near picture keeps the name while it goes on.
    """
    prints = [one.perceptual_hash for one in sightings if one.perceptual_hash is not None]
    distinct = sorted(set(prints))
    parent = _joined(distinct)
    place = {value: parent[position] for position, value in enumerate(distinct)}
    by_file: dict[str, int | str] = {}
    for one in sightings:
        if one.file_hash is not None and one.perceptual_hash is not None:
            by_file.setdefault(one.file_hash, place[one.perceptual_hash])
    members: dict[int | str, list[Sighting]] = {}
    for one in sightings:
        if one.perceptual_hash is not None:
            members.setdefault(place[one.perceptual_hash], []).append(one)
        elif one.file_hash is not None:
            key = by_file.get(one.file_hash, one.file_hash)
            members.setdefault(key, []).append(one)
    found = [_group(part, names) for part in members.values() if len(part) > 1]
    return sorted(found, key=lambda group: (-group.count, group.name))


def _group(members: Sequence[Sighting], names: Sequence[str]) -> Group:
    counts: dict[bytes, int] = {}
    for one in members:
        if one.perceptual_hash is not None:
            counts[one.perceptual_hash] = counts.get(one.perceptual_hash, 0) + 1
    hashes = tuple(sorted(counts, key=lambda value: (-counts[value], value)))
    name = hashes[0].hex() if hashes else str(members[0].file_hash)
    for known in names:
        if known != name and hashes and _is_near(known, hashes):
            name = known
            break
    return Group(name, len(members), frozenset(one.client for one in members), hashes)


def _is_near(name: str, hashes: Sequence[bytes]) -> bool:
    try:
        known = int(name, 16)
    except ValueError:
        return False
    return any((known ^ int.from_bytes(one)).bit_count() <= NEAR_BITS for one in hashes)


def _joined(hashes: Sequence[bytes]) -> list[int]:
    """For each hash the number of its group."""
    parent = list(range(len(hashes)))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    if len(hashes) > 1:
        bits: NDArray[np.uint8] = np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, BANDS)
        words = bits.view(np.uint64)
        for band in range(BANDS):
            order = np.argsort(bits[:, band], kind="stable")
            edges = np.flatnonzero(np.diff(bits[order, band])) + 1
            for bucket in np.split(order, edges):
                for position, one in enumerate(bucket[:-1].tolist()):
                    rest = bucket[position + 1 :]
                    apart = np.bitwise_count(words[rest] ^ words[one]).sum(axis=1)
                    for other in rest[apart <= NEAR_BITS].tolist():
                        parent[root(other)] = root(one)
    return [root(place) for place in range(len(hashes))]
