"""The files of the dashboard in memory: a page, a script, a style sheet and an icon, compressed and not."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import web
from api.dashboard.bundle import joined

FOLDER = Path(web.__file__).parent
PAGE_TYPE = "text/html; charset=utf-8"
SCRIPT, SCRIPT_TYPE = "app.js", "text/javascript; charset=utf-8"
STYLES, STYLES_TYPE = "styles.css", "text/css; charset=utf-8"
ICON, ICON_TYPE = "icon.svg", "image/svg+xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFile:
    """A file as browsers receive it."""

    content: bytes
    compressed: bytes
    media_type: str
    etag: str

    @classmethod
    def of(cls, content: str, media_type: str) -> "StaticFile":
        """Return the file with this content."""
        data = content.encode()
        digest = hashlib.sha256(data).hexdigest()[:32]
        return cls(content=data, compressed=gzip.compress(data, 9, mtime=0), media_type=media_type, etag=digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardFiles:
    """All files by name. `version` changes when one of them does, and is part of their addresses."""

    files: dict[str, StaticFile]
    version: str


@lru_cache(maxsize=1)
def dashboard_files() -> DashboardFiles:
    """Read, join and compress the files, at the first request of a process."""
    styles = "".join(path.read_text() for path in sorted(FOLDER.glob("*.css"), reverse=True))  # styles.css comes first
    files = {
        SCRIPT: StaticFile.of(joined(SCRIPT, lambda name: (FOLDER / name).read_text()), SCRIPT_TYPE),
        STYLES: StaticFile.of(styles, STYLES_TYPE),
        ICON: StaticFile.of((FOLDER / ICON).read_text(), ICON_TYPE),
    }
    names = [f"{name} {file.etag}\n" for name, file in files.items()]
    return DashboardFiles(files=files, version=hashlib.sha256("".join(names).encode()).hexdigest()[:16])


@lru_cache(maxsize=16)
def dashboard_page(prefix: str) -> StaticFile:
    """Return the page at `/`, which a proxy serves below `prefix`. Without one, its addresses are relative."""
    version = dashboard_files().version
    assets = f"{prefix}/assets/{version}" if prefix else f"assets/{version}"
    return StaticFile.of((FOLDER / "index.html").read_text().replace("{assets}", assets), PAGE_TYPE)
