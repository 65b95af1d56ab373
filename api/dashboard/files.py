"""The files of the dashboard in memory: their bytes, compressed and not, and their validators."""

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import web

FOLDER = Path(web.__file__).parent
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
PAGE_TYPE = "text/html; charset=utf-8"
START = "app.js"
IMPORT = re.compile(r'^(?:import|export)\b[^";]*"(\.[^"]+)";', re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFile:
    """A file as browsers receive it."""

    content: bytes
    compressed: bytes
    media_type: str
    etag: str

    @classmethod
    def of(cls, content: bytes, media_type: str) -> "StaticFile":
        """Return the file with this content."""
        digest = hashlib.sha256(content).hexdigest()[:32]
        return cls(content=content, compressed=gzip.compress(content, 9, mtime=0), media_type=media_type, etag=digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardFiles:
    """All files by path. `version` changes when one of them does, and is part of their addresses."""

    files: dict[str, StaticFile]
    version: str

    def modules_of(self, first: str) -> list[str]:
        """Return a module and those that it imports, directly or through others."""
        found: dict[str, None] = {}
        pending = [first]
        while pending:
            name = pending.pop(0)
            if name not in found:
                found[name] = None
                pending += [_resolved(name, target) for target in IMPORT.findall(self.files[name].content.decode())]
        return list(found)


@lru_cache(maxsize=1)
def dashboard_files() -> DashboardFiles:
    """Read and compress all files, once per process."""
    paths = sorted(path for path in FOLDER.rglob("*") if path.suffix in TYPES)
    read = (StaticFile.of(path.read_bytes(), TYPES[path.suffix]) for path in paths)
    files = {path.relative_to(FOLDER).as_posix(): file for path, file in zip(paths, read, strict=True)}
    names = [f"{name} {file.etag}\n" for name, file in files.items()]
    return DashboardFiles(files=files, version=hashlib.sha256("".join(names).encode()).hexdigest()[:16])


@lru_cache(maxsize=16)
def dashboard_page(prefix: str) -> StaticFile:
    """Return the page at `/`, which a proxy serves below `prefix`. Without one, its addresses are relative."""
    known = dashboard_files()
    assets = f"{prefix}/assets/{known.version}" if prefix else f"assets/{known.version}"
    preloads = "\n".join(f'<link rel="modulepreload" href="{assets}/{name}">' for name in known.modules_of(START))
    page = (FOLDER / "index.html").read_text().replace("{assets}", assets).replace("{preloads}", preloads)
    return StaticFile.of(page.encode(), PAGE_TYPE)


def _resolved(module: str, target: str) -> str:
    return ((FOLDER / module).parent / target).resolve().relative_to(FOLDER.resolve()).as_posix()
