"""One scikit-learn object as skops bytes, limited to classes named here and nowhere else.

skops reads a file's own list of types; trusting that list is what let an artefact run `os.system` elsewhere. So the
schema inside is read first, as plain JSON, and every class and node kind in it must stand below.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

from data_contracts.errors import InvalidInput, UntrustedArtifact

SCHEMA = "schema.json"
MAX_SCHEMA_BYTES = 64 << 20
MAX_UNPACKED_BYTES = 1 << 30
NODES = frozenset(
    {"DictNode", "ListNode", "TupleNode", "JsonNode", "TypeNode", "NdArrayNode", "DTypeNode", "ObjectNode", "TreeNode"}
)
CLASSES = frozenset(
    {
        *(f"builtins.{name}" for name in ("dict", "list", "tuple", "str", "int", "float", "bool", "NoneType")),
        *(f"numpy.{name}" for name in ("ndarray", "dtype", "int32", "int64", "float32", "float64", "bool", "bool_")),
        "sklearn.calibration.CalibratedClassifierCV",
        "sklearn.ensemble._forest.RandomForestClassifier",
        "sklearn.ensemble._forest.RandomForestRegressor",
        "sklearn.impute._base.SimpleImputer",
        "sklearn.isotonic.IsotonicRegression",
        "sklearn.linear_model._logistic.LogisticRegression",
        "sklearn.pipeline.Pipeline",
        "sklearn.preprocessing._data.StandardScaler",
        "sklearn.tree._classes.DecisionTreeClassifier",
        "sklearn.tree._classes.DecisionTreeRegressor",
        "sklearn.tree._tree.Tree",
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
    """Refuse before skops sees it: sizes, the file's members, every class and node kind of the schema."""
    for node in _nodes(_schema(name, content)):
        kind, cls = node.get("__loader__"), f"{node.get('__module__')}.{node.get('__class__')}"
        if kind not in NODES or cls not in CLASSES:
            raise UntrustedArtifact(f"{name} holds {cls} ({kind}), which is not in our list of classes")


def _schema(name: str, content: bytes) -> Any:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
                raise UntrustedArtifact(f"{name} unpacks to more than {MAX_UNPACKED_BYTES} bytes")
            for member in members:
                if member.filename != SCHEMA and not member.filename.endswith(".npy"):
                    raise UntrustedArtifact(
                        f"{name} holds {member.filename!r}; only arrays and a schema may stand in it"
                    )
            if archive.getinfo(SCHEMA).file_size > MAX_SCHEMA_BYTES:
                raise UntrustedArtifact(f"the schema of {name} is larger than {MAX_SCHEMA_BYTES} bytes")
            return json.loads(archive.read(SCHEMA))
    except (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError, RecursionError, EOFError) as error:
        raise UntrustedArtifact(f"{name} is not a skops file: {type(error).__name__}") from error


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
