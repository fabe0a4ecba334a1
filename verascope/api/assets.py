"""Files of the browser interface, read once, compressed once, served from memory.

Nothing outside the folder can be named: a request picks from the files that were found, it never
makes a path.
"""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATED = "no-cache"

_WORTH_COMPRESSING = ("text/", "application/javascript", "application/json", "image/svg+xml")


@dataclass(frozen=True, slots=True)
class Asset:
    """One file. packed is None where gzip gains nothing."""

    content: bytes
    packed: bytes | None
    media_type: str
    etag: str

    @classmethod
    def of(cls, name: str, content: bytes) -> "Asset":
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        packed = None
        if media_type.startswith(_WORTH_COMPRESSING):
            smaller = gzip.compress(content, 9, mtime=0)
            packed = smaller if len(smaller) < len(content) else None
        return cls(content, packed, media_type, f'"{hashlib.sha256(content).hexdigest()[:32]}"')

    def response(self, request: Request, cache_control: str) -> Response:
        """The file, packed when the caller takes that; 304 when it has it already."""
        headers = {"Cache-Control": cache_control, "ETag": self.etag, "Vary": "Accept-Encoding"}
        if self.etag in request.headers.get("if-none-match", ""):
            return Response(None, 304, headers)
        takes_gzip = "gzip" in request.headers.get("accept-encoding", "")
        if self.packed is not None and takes_gzip:
            headers["Content-Encoding"] = "gzip"
            return Response(self.packed, 200, headers, self.media_type)
        return Response(self.content, 200, headers, self.media_type)


def read_folder(folder: Path) -> dict[str, Asset]:
    """Every file below `folder` by its relative path with `/`; {} when there is no such folder."""
    return {
        path.relative_to(folder).as_posix(): Asset.of(path.name, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
