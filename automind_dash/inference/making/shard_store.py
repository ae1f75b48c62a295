"""Where a campaign's shards are kept outside the checkout: a manifest lists them and says where each can be found.

Shards are data. They make a checkout large, and only those who train need them. The working tree holds plans, README and manifests. The
shards stand in the repository's history, as Git blobs that the manifest names, or in a folder that came as a data package.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from ...atomic import write_whole
from ...errors import EstimatorError

MANIFEST = "manifest.json"

MAX_SHARD = 200 * 2**20
"""Bytes; the largest shard ever made has 16 MB."""

_NAME = re.compile(r"[\w.-]+\.parquet")
_HEX = re.compile(r"[0-9a-f]{40,64}")


@dataclass(frozen=True)
class Shard:
    """One file of a manifest. sha256: of its content; blob: its Git object id; size: bytes."""

    name: str
    sha256: str
    blob: str
    size: int

    @classmethod
    def of(cls, path: Path) -> Shard:
        """Describe a file on disk."""
        content = path.read_bytes()
        blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
        return cls(path.name, hashlib.sha256(content).hexdigest(), blob, len(content))


def write_manifest(folder: Path) -> list[Shard]:
    """Write the manifest of a campaign's folder and return its shards: those that are there now, and those that it named before."""
    known = {shard.name: shard for shard in read_manifest(folder)} if (folder / MANIFEST).is_file() else {}
    known |= {path.name: Shard.of(path) for path in sorted(folder.glob("*.parquet"))}
    shards = [known[name] for name in sorted(known)]
    text = json.dumps({"shards": [asdict(shard) for shard in shards]}, indent=1) + "\n"
    _put(folder / MANIFEST, text.encode())
    return shards


def read_manifest(folder: Path) -> list[Shard]:
    """Return the shards that a campaign's manifest names; raises EstimatorError that names the file when it is not a manifest."""
    path = folder / MANIFEST
    try:
        shards = [Shard(**entry) for entry in json.loads(path.read_text())["shards"]]
        for shard in shards:
            fits = _NAME.fullmatch(shard.name) and _HEX.fullmatch(shard.sha256) and _HEX.fullmatch(shard.blob)
            if not fits or not 0 < shard.size <= MAX_SHARD:
                raise ValueError(f"the entry {shard.name!r} makes no sense")
    except FileNotFoundError:
        raise EstimatorError(f"{folder} has no {MANIFEST}, the list of its shards.") from None
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise EstimatorError(f"{path} is not a manifest of shards: {type(error).__name__}: {error}.") from None
    return shards


def fetch_shards(folder: Path, source: Path | None = None, say: Callable[[str], None] = lambda text: None) -> int:
    """Bring the shards that a manifest names into its folder; returns how many were brought.

    source: a folder that holds them, as unpacked from a data package; when not given, the history of the Git repository around `folder`.
    Files that are there and whole are left alone. Raises EstimatorError for a shard that cannot be found, or is not the one it should be.
    """
    came = 0
    for shard in read_manifest(folder):
        path = folder / shard.name
        if path.is_file():
            if hashlib.sha256(path.read_bytes()).hexdigest() == shard.sha256:
                continue
            raise EstimatorError(f"{path} is not the shard that {MANIFEST} names; move it away, and fetch again.")
        content = _from_history(folder, shard) if source is None else _from_folder(source, shard)
        if hashlib.sha256(content).hexdigest() != shard.sha256:
            raise EstimatorError(f"{shard.name} arrived damaged: its SHA-256 is not the one that {MANIFEST} names.")
        _put(path, content)
        came += 1
        say(f"{shard.name} ({shard.size / 2**20:.1f} MB)")
    return came


def _from_history(folder: Path, shard: Shard) -> bytes:
    """Return a blob of the repository that contains the folder. Git fetches it first where the clone left it out."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), "cat-file", "blob", shard.blob], capture_output=True, check=False
        )
    except FileNotFoundError:
        raise EstimatorError(
            "Shards are taken from the repository's history, which needs git, and git is not installed."
        ) from None
    if done.returncode:
        raise EstimatorError(
            f"{shard.name} is not in this repository's history (Git object {shard.blob[:12]}): a shallow clone lacks "
            f"it. Run `git fetch --unshallow`, or name a folder of shards with --from."
        )
    return done.stdout


def _from_folder(source: Path, shard: Shard) -> bytes:
    path = source / shard.name
    if not path.is_file():
        raise EstimatorError(f"{source} does not hold {shard.name}.")
    return path.read_bytes()


def _put(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    write_whole(path, content)
