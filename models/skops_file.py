"""One scikit-learn object as skops bytes, limited to classes named here and nowhere else.

skops reads a file's own list of types; trusting that list is what let an artefact run `os.system` elsewhere. So the
schema inside is read first, as plain JSON, and every class and node kind in it must stand below.

Trees and forests do not stand there: scikit-learn takes the places of their nodes from the file into native memory as
they are, so that a file could make it read beyond its memory or walk in circles. Our trees are LightGBM's, whose text
is checked (`lightgbm_text.py`).
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import numpy as np

from data_contracts.errors import InvalidInput, UntrustedArtifact
from models.strict_json import strict_json

SCHEMA = "schema.json"
MEMBER = re.compile(r"schema\.json|[0-9]{1,32}\.npy")
MAX_SCHEMA_BYTES = 64 << 20
NODES = frozenset(
    {"DictNode", "ListNode", "TupleNode", "JsonNode", "TypeNode", "NdArrayNode", "DTypeNode", "ObjectNode"}
)
CLASSES = frozenset(
    {
        *(f"builtins.{name}" for name in ("dict", "list", "tuple", "str", "int", "float", "bool", "NoneType")),
        *(f"numpy.{name}" for name in ("ndarray", "dtype", "int32", "int64", "float32", "float64", "bool", "bool_")),
        "sklearn.calibration.CalibratedClassifierCV",
        "sklearn.impute._base.SimpleImputer",
        "sklearn.isotonic.IsotonicRegression",
        "sklearn.linear_model._logistic.LogisticRegression",
        "sklearn.pipeline.Pipeline",
        "sklearn.preprocessing._data.StandardScaler",
    }
)


def encode(name: str, part: Any) -> bytes:
    """The bytes of an object; raises InvalidInput when we could not load it again."""
    from skops import io as skops_io

    content: bytes = skops_io.dumps(part)
    try:
        _check(f"{name}.skops", content)
    except UntrustedArtifact as error:
        raise InvalidInput(
            f"{name} cannot be stored: {error}; add its class to models/skops_file.py after review"
        ) from error
    return content


def decode(name: str, content: bytes) -> Any:
    """The object; raises UntrustedArtifact for anything that does not stand in our list."""
    _check(name, content)
    from skops import io as skops_io

    try:
        return skops_io.loads(content, trusted=sorted(CLASSES))
    except Exception as error:  # skops and numpy raise many kinds on a broken file; all of them mean "do not trust"
        raise UntrustedArtifact(f"{name} cannot be read as a model: {type(error).__name__}") from error


def _check(name: str, content: bytes) -> None:
    """Refuse before skops sees it: the file's members, every class and node kind of the schema."""
    schema = _schema(name, content)
    for node in _nodes(schema):
        kind, cls = node.get("__loader__"), f"{node.get('__module__')}.{node.get('__class__')}"
        if kind not in NODES or cls not in CLASSES:
            raise UntrustedArtifact(f"{name} holds {cls} ({kind}), which is not in our list of classes")
    from skops.io._protocol import PROTOCOL

    if not isinstance(schema, dict) or schema.get("protocol") != PROTOCOL:
        raise UntrustedArtifact(f"{name} is not of protocol {PROTOCOL}, the one whose kinds of nodes were reviewed")


def _schema(name: str, content: bytes) -> Any:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_members(name, archive, len(content))
            return strict_json(archive.read(SCHEMA), f"the schema of {name}")
    except (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError, EOFError, RuntimeError) as error:
        raise UntrustedArtifact(f"{name} is not a skops file: {type(error).__name__}") from error


def _check_members(name: str, archive: zipfile.ZipFile, size: int) -> None:
    """Only a schema and arrays, each once and stored as it is: what is not packed cannot unpack to something huge."""
    members = archive.infolist()
    if len({member.filename for member in members}) != len(members):
        raise UntrustedArtifact(f"{name} holds a member twice, and readers may differ in which one counts")
    for member in members:
        if not MEMBER.fullmatch(member.orig_filename):
            raise UntrustedArtifact(
                f"{name} holds {member.orig_filename!a}; only numbered arrays and a schema may stand in it"
            )
        if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
            raise UntrustedArtifact(f"{name} holds {member.filename} packed; what we write is stored as it is")
    if sum(member.file_size for member in members) > size:
        raise UntrustedArtifact(f"{name} unpacks to more than its own {size} bytes")
    if archive.getinfo(SCHEMA).file_size > MAX_SCHEMA_BYTES:
        raise UntrustedArtifact(f"the schema of {name} is larger than {MAX_SCHEMA_BYTES} bytes")
    for member in members:
        if member.filename != SCHEMA:
            _check_array(f"{member.filename} in {name}", archive.read(member))


def _check_array(name: str, content: bytes) -> None:
    """An array file that holds exactly what its header says, and no objects."""
    read = io.BytesIO(content)
    try:
        if np.lib.format.read_magic(read) != (1, 0):
            raise ValueError("another version")
        shape, _, dtype = np.lib.format.read_array_header_1_0(read)
    except Exception as error:  # numpy parses the header as Python text, and raises many kinds on what is none
        raise UntrustedArtifact(f"{name} is not an array file: {type(error).__name__}") from error
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(content) - read.tell():
        raise UntrustedArtifact(f"{name} holds objects, or not as many numbers as its header says")


def _nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Every node of the schema that names a class, without recursion (a hostile file may nest deeply)."""
    waiting = [schema]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "__class__" in value or "__loader__" in value or "__module__" in value:
                yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
