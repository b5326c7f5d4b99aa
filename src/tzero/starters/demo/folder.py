"""The project folder of a demonstration: made once, made again as long as nobody changed it, never over other files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from tzero.errors import TargetError, UsageError
from tzero.starters.demo.feed import Edit

MARK = "demo.json"
"""Says which files the demonstration wrote, and their sha256."""
_UPSTREAM, _ADDED, _CONFIG = "upstream", "upstream.toml", "tzero.toml"


def lay_out(starter: str, folder: Path, edits: Sequence[Edit] = ()) -> bool:
    """Write a starter's project with its upstream relations; True where an earlier demonstration was there.

    ``edits`` are lines that are written otherwise than in the starter.

    Raises UsageError, and writes nothing, where a file is there that no demonstration wrote or that was changed since.
    """
    wanted = _edited(_contents(starter), edits)
    earlier = _earlier(folder)
    for name in wanted:
        _require_ours(folder, name, earlier)
    mark = {"made_by": f"tzero demo {starter}", "files": {name: _digest(body) for name, body in wanted.items()}}
    try:
        for name, body in wanted.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        (folder / MARK).write_text(json.dumps(mark, indent=2) + "\n")
    except OSError as error:
        raise TargetError(f"{folder} cannot be written: {error.strerror}", fix="name another with --dir") from error
    return bool(earlier)


def _contents(starter: str) -> dict[str, bytes]:
    home = files("tzero.starters").joinpath(starter)
    found = _files(home.joinpath("project"), "")
    queries = _files(home.joinpath(_UPSTREAM), f"{_UPSTREAM}/")
    found[_CONFIG] += queries.pop(f"{_UPSTREAM}/{_ADDED}")
    return found | queries


def _edited(contents: dict[str, bytes], edits: Sequence[Edit]) -> dict[str, bytes]:
    for edit in edits:
        lines = contents[edit.file].decode().splitlines(keepends=True)
        at = lines.index(edit.line + "\n")
        contents[edit.file] = "".join([*lines[:at], edit.instead + "\n", *lines[at + 1 :]]).encode()
    return contents


def _files(folder: Traversable, prefix: str) -> dict[str, bytes]:
    listed = sorted(folder.iterdir(), key=lambda item: item.name)
    return {f"{prefix}{item.name}": item.read_bytes() for item in listed if item.is_file()}


def _earlier(folder: Path) -> dict[str, str]:
    """The files that an earlier demonstration wrote here, with their digests."""
    try:
        found = json.loads((folder / MARK).read_text())["files"]
        return {str(name): str(digest) for name, digest in found.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(
            f"{folder / MARK} is no mark of a demonstration", fix="name another folder with --dir"
        ) from None


def _require_ours(folder: Path, name: str, earlier: dict[str, str]) -> None:
    path = folder / name
    if not path.exists():
        return
    if name not in earlier:
        raise UsageError(f"{path} is there already; nothing was written", fix="name another folder with --dir")
    if not path.is_file() or _digest(path.read_bytes()) != earlier[name]:
        raise UsageError(
            f"{path} was changed since the demonstration wrote it; nothing was written",
            fix="keep it, and name another folder with --dir",
        )


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
