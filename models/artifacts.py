"""A model on disk: plain files, a manifest of their hashes, one signature. Nothing is parsed before it is verified.

```
manifest.json        format, metadata, and for each file its size and sha256
manifest.sig         Ed25519 over the bytes of manifest.json
values.json          numbers, names, settings
arrays.safetensors   arrays
<name>.txt           a model's own text format (LightGBM)
<name>.skops         a scikit-learn object, limited to the classes that stand in `skops_file.py`
```
No pickle is ever written, and one that lies in the folder makes the whole folder refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_safetensors
from safetensors.numpy import save as save_safetensors

from data_contracts.errors import InvalidInput, UntrustedArtifact
from models import skops_file
from models.strict_json import strict_json

FORMAT = 1
MANIFEST, SIGNATURE, VALUES, ARRAYS = "manifest.json", "manifest.sig", "values.json", "arrays.safetensors"
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
FILE_NAME = re.compile(r"values\.json|arrays\.safetensors|[a-z0-9][a-z0-9_-]{0,63}\.(txt|skops)")
SIGNATURE_BYTES = 64
MAX_MANIFEST_BYTES = 1 << 20
MAX_HEADER_BYTES = 1 << 20
MAX_FILE_BYTES = 1 << 30
MAX_ARTIFACT_BYTES = 2 << 30
MAX_FILES = 64


@dataclass(frozen=True)
class Parts:
    """What a fitted model is made of: JSON values, arrays by name, texts by name, scikit-learn objects by name."""

    json: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    skops: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Artifact:
    """What a signed folder held: its parts, its metadata, and the sha256 of the manifest that was verified."""

    parts: Parts
    metadata: dict[str, Any]
    sha256: str


def save(folder: Path, parts: Parts, metadata: Mapping[str, Any], key: Ed25519PrivateKey) -> Path:
    """Write and sign `parts` into a new `folder`, all or nothing; returns the folder.

    Raises InvalidInput when the folder is in use, or a part has no safe form.
    """
    if folder.exists() and any(folder.iterdir()):
        raise InvalidInput(f"{folder} is not empty; a signed artefact is never changed, choose a new folder")
    files = _encoded(parts)
    manifest = _manifest(files, metadata)
    draft = folder.with_name(f".{folder.name}.{os.getpid()}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    for name, content in {**files, MANIFEST: manifest, SIGNATURE: key.sign(manifest)}.items():
        (draft / name).write_bytes(content)
    draft.replace(folder)
    return folder


def size_of(parts: Parts) -> int:
    """How many bytes the files of these parts take, manifest and signature left out.

    >>> size_of(Parts(json={"cut": 0.5}))
    15
    """
    return sum(len(content) for content in _encoded(parts).values())


def read(folder: Path, public_key: Ed25519PublicKey) -> Artifact:
    """What a signed folder holds, after every byte of it was verified.

    The folder is opened once, each file is read once, and what is parsed and named by `sha256` are the bytes that were
    verified: whoever exchanges a file, or the whole folder, in between changes nothing.
    Raises UntrustedArtifact naming the file at fault.
    """
    with _opened(folder) as opened:
        manifest, sha256 = _verified(opened, public_key)
        files = {name: _checked(opened, name, entry) for name, entry in manifest["files"].items()}
    return Artifact(_decoded(files), manifest["metadata"], sha256)


def load(folder: Path, public_key: Ed25519PublicKey) -> tuple[Parts, dict[str, Any]]:
    """The parts and the metadata of a signed folder; see `read`."""
    found = read(folder, public_key)
    return found.parts, found.metadata


def verify(folder: Path, public_key: Ed25519PublicKey) -> dict[str, Any]:
    """The manifest of a folder: signature first, then that exactly its files are there (not their hashes)."""
    with _opened(folder) as opened:
        return _verified(opened, public_key)[0]


def digest(folder: Path) -> str:
    """The sha256 of the manifest: one short name for exactly these bytes. What was read has its own in `Artifact`."""
    with _opened(folder) as opened:
        return hashlib.sha256(_read(opened, MANIFEST, MAX_MANIFEST_BYTES)).hexdigest()


def _encoded(parts: Parts) -> dict[str, bytes]:
    """Each file's bytes by name."""
    for name in (*parts.texts, *parts.skops):
        if not NAME.fullmatch(name):
            raise InvalidInput(f"part name {name!r} cannot be a file name; use a-z, 0-9, _ and -")
    files = {VALUES: _json_bytes(parts.json)}
    if parts.arrays:
        # safetensors writes the buffer as it lies, so a transposed view would come back scrambled
        contiguous = {name: np.ascontiguousarray(array) for name, array in parts.arrays.items()}
        try:
            files[ARRAYS] = save_safetensors(contiguous)
        except (SafetensorError, KeyError) as error:
            raise InvalidInput(f"an array has no safe form ({error}); store numbers and booleans only") from error
    files |= {f"{name}.txt": text.encode() for name, text in parts.texts.items()}
    return files | {f"{name}.skops": skops_file.encode(name, part) for name, part in parts.skops.items()}


def _decoded(files: Mapping[str, bytes]) -> Parts:
    """Parts from verified bytes."""
    arrays = _arrays(files[ARRAYS]) if ARRAYS in files else {}
    values = strict_json(files.get(VALUES, b"{}"), VALUES)
    if not isinstance(values, dict):
        raise UntrustedArtifact(f"{VALUES} holds a {type(values).__name__}, and a model's values have names")
    texts = {
        name.removesuffix(".txt"): _text(name, content) for name, content in files.items() if name.endswith(".txt")
    }
    objects = {
        name.removesuffix(".skops"): skops_file.decode(name, content)
        for name, content in files.items()
        if name.endswith(".skops")
    }
    return Parts(json=values, arrays=arrays, texts=texts, skops=objects)


def _arrays(content: bytes) -> dict[str, NDArray[Any]]:
    """Arrays by name; a header that claims more than it may, or says a thing twice, is refused before the library
    sees it."""
    header = int.from_bytes(content[:8], "little")
    if len(content) < 8 or header > min(MAX_HEADER_BYTES, len(content) - 8):
        raise UntrustedArtifact(f"the header of {ARRAYS} claims {header} bytes; at most {MAX_HEADER_BYTES} are allowed")
    strict_json(content[8 : 8 + header], f"the header of {ARRAYS}")
    try:
        return load_safetensors(content)
    except (SafetensorError, ValueError, KeyError, OverflowError, MemoryError) as error:
        raise UntrustedArtifact(f"{ARRAYS} is not a safetensors file: {type(error).__name__}") from error


def _text(name: str, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise UntrustedArtifact(f"{name} is not UTF-8 text") from error


def _json_bytes(value: Any) -> bytes:
    try:
        # names stay in the order given: a model may find its columns by their place
        return json.dumps(value, allow_nan=False, ensure_ascii=False, indent=1).encode()
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"a model's values must be plain JSON without NaN: {error}") from error


def _manifest(files: Mapping[str, bytes], metadata: Mapping[str, Any]) -> bytes:
    entries = {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()} for name, content in files.items()
    }
    return _json_bytes({"format": FORMAT, "files": entries, "metadata": dict(metadata)})


def _verified(opened: _Opened, public_key: Ed25519PublicKey) -> tuple[dict[str, Any], str]:
    """The manifest and its sha256: signature first, parsed second, then what lies in the folder."""
    signed = _read(opened, MANIFEST, MAX_MANIFEST_BYTES)
    try:
        public_key.verify(_read(opened, SIGNATURE, SIGNATURE_BYTES), signed)
    except InvalidSignature:
        raise UntrustedArtifact(
            f"{MANIFEST} in {opened.folder} is not signed by the key known here; train again, or copy the trainer's "
            f"public key"
        ) from None
    manifest = _parsed_manifest(signed)
    found, listed = set(os.listdir(opened.handle)), {  # noqa: PTH208  (a path cannot list a handle)
        *manifest["files"], MANIFEST, SIGNATURE,
    }  # fmt: skip
    if found != listed:
        name = min(found ^ listed)
        how = "missing from" if name in listed else "not listed in the manifest of"
        raise UntrustedArtifact(f"{_shown(name)} is {how} {opened.folder}")
    return manifest, hashlib.sha256(signed).hexdigest()


def _parsed_manifest(signed: bytes) -> dict[str, Any]:
    """The manifest as a dict whose names can only lie inside the folder."""
    manifest = strict_json(signed, MANIFEST)
    if (
        not isinstance(manifest, dict)
        or manifest.get("format") != FORMAT
        or set(manifest) != {"format", "files", "metadata"}
        or not isinstance(manifest["files"], dict)
        or not isinstance(manifest["metadata"], dict)
    ):
        raise UntrustedArtifact(f"{MANIFEST} is not of format {FORMAT}; train and register the model again")
    if len(manifest["files"]) > MAX_FILES:
        raise UntrustedArtifact(f"{MANIFEST} lists {len(manifest['files'])} files; at most {MAX_FILES} are allowed")
    for name, entry in manifest["files"].items():
        if not FILE_NAME.fullmatch(name):
            raise UntrustedArtifact(f"{MANIFEST} lists {_shown(name)}, which is no file that a model of ours has")
        if not isinstance(entry, dict) or type(entry.get("bytes")) is not int or "sha256" not in entry:
            raise UntrustedArtifact(f"{MANIFEST} gives no size and hash for {name}")
    if sum(entry["bytes"] for entry in manifest["files"].values()) > MAX_ARTIFACT_BYTES:
        raise UntrustedArtifact(f"{MANIFEST} lists more than {MAX_ARTIFACT_BYTES} bytes; no model is that large")
    return manifest


@dataclass(frozen=True)
class _Opened:
    """A folder and the handle through which all of it is read: a path may mean another folder a moment later."""

    folder: Path
    handle: int


@contextmanager
def _opened(folder: Path) -> Iterator[_Opened]:
    """The folder itself, never one that a link leads to."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except (OSError, ValueError) as error:
        raise UntrustedArtifact(
            f"{_shown(str(folder))} is not a folder of ours (missing, a file or a link); train and register it again"
        ) from error
    try:
        yield _Opened(folder, handle)
    finally:
        os.close(handle)


def _checked(opened: _Opened, name: str, entry: Mapping[str, Any]) -> bytes:
    """A file's bytes, of the size and hash that the manifest says."""
    content = _read(opened, name, min(entry["bytes"], MAX_FILE_BYTES))
    if len(content) != entry["bytes"] or hashlib.sha256(content).hexdigest() != entry["sha256"]:
        raise UntrustedArtifact(f"{name} in {opened.folder} is not what was signed; restore it or train again")
    return content


def _read(opened: _Opened, name: str, limit: int) -> bytes:
    """A regular file's bytes, never through a link, never more than `limit`."""
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=opened.handle)
    except OSError as error:
        raise UntrustedArtifact(
            f"{name} in {opened.folder} cannot be read ({error.strerror}); links are refused"
        ) from error
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode) or status.st_size > limit:
        os.close(handle)
        raise UntrustedArtifact(
            f"{name} in {opened.folder} is {status.st_size} bytes; a plain file of at most {limit} may stand here"
        )
    with os.fdopen(handle, "rb") as file:
        return file.read(limit + 1)


def _shown(name: str) -> str:
    """A name that somebody else chose, fit for one line of a log: line ends, bytes and look-alikes are told apart.

    >>> _shown("trees.txt"), _shown("values\\n.json")
    ('trees.txt', "'values\\\\n.json'")
    """
    return name if name.isascii() and name.isprintable() else ascii(name)
