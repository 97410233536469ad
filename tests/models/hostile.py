"""Hostile artefacts by name: each takes a good signed folder and spoils it. What each must be refused for stands by it.

`signed` attacks carry a right signature of our own key over the spoilt bytes: what an insider could make by mistake, or
somebody who stole the key. Even then nothing may run.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import shutil
import socket
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from skops.io._protocol import PROTOCOL

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
TRACE = "somebody_was_here"  # what a payload would leave beside the folder
Spoil = Callable[[Path], object]


@dataclass(frozen=True)
class Attack:
    """How a folder is spoilt, and a word of the refusal: the file or the thing at fault."""

    name: str
    spoil: Spoil
    named: str


class Bomb:
    """A pickle that would leave a trace."""

    def __init__(self, trace: Path) -> None:
        self._command = f"touch {trace}"

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (self._command,)


def payload(folder: Path) -> bytes:
    return pickle.dumps({"model": Bomb(folder.parent / TRACE)})


def resign(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """What someone who holds the key could write: a changed manifest with a right signature."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    changed = change(manifest)
    sign(folder, json.dumps(manifest if changed is None else changed).encode())


def sign(folder: Path, manifest: bytes) -> None:
    (folder / "manifest.json").write_bytes(manifest)
    (folder / "manifest.sig").write_bytes(KEY.sign(manifest))


def resign_file(folder: Path, name: str, content: bytes) -> None:
    """A file put in or replaced under a right signature."""
    (folder / name).write_bytes(content)
    entry = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    resign(folder, lambda manifest: manifest["files"].update({name: entry}))


def renamed_in_manifest(name: str) -> Spoil:
    """The manifest, rightly signed, calls trees.txt by another name."""
    return lambda folder: resign(
        folder, lambda manifest: manifest["files"].update({name: manifest["files"].pop("trees.txt")})
    )


def with_file(name: str, content: bytes) -> Spoil:
    return lambda folder: resign_file(folder, name, content)


# --- code in a file, under every name that is loaded ----------------------------------------------------------------

LOADED = ("values.json", "arrays.safetensors", "trees.txt", "logistic.skops", "manifest.json", "manifest.sig")
FOREIGN = ("model.pkl", "model.joblib", "model.pt", "MLmodel", "python_model.py", "conda.yaml", "values.json.pkl")


def pickle_as(name: str, *, signed: bool) -> Spoil:
    def spoil(folder: Path) -> None:
        if name == "manifest.json":
            (sign if signed else _unsigned)(folder, payload(folder))
        elif name == "manifest.sig" or not signed:
            (folder / name).write_bytes(payload(folder))
        else:
            resign_file(folder, name, payload(folder))

    return spoil


def _unsigned(folder: Path, manifest: bytes) -> None:
    (folder / "manifest.json").write_bytes(manifest)


def code_attacks() -> list[Attack]:
    made = []
    for name in (*LOADED, *FOREIGN):
        made.append(Attack(f"pickle as {name}", pickle_as(name, signed=False), name))
        if name != "manifest.sig":
            made.append(Attack(f"signed pickle as {name}", pickle_as(name, signed=True), name))
    return made


# --- skops ----------------------------------------------------------------------------------------------------------


def node(cls: str, loader: str, content: Any = None, **more: Any) -> dict[str, Any]:
    module, _, name = cls.rpartition(".")
    return {"__class__": name, "__module__": module, "__loader__": loader, "__id__": 1, "content": content, **more}


def skops_bytes(schema: Any, members: Mapping[str, bytes] | None = None, **packed: Any) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", **packed) as archive:
        archive.writestr("schema.json", schema if isinstance(schema, bytes) else json.dumps(schema))
        for name, content in (members or {}).items():
            archive.writestr(name, content)
    return buffer.getvalue()


def skops(schema: Any, members: Mapping[str, bytes] | None = None, **packed: Any) -> Spoil:
    return with_file("logistic.skops", skops_bytes(schema, members, **packed))


def list_of(*content: Any) -> dict[str, Any]:
    return node("builtins.list", "ListNode", list(content), protocol=PROTOCOL)


def command(cls: str) -> Spoil:
    """A reduce node that would call `cls` with the command."""

    def spoil(folder: Path) -> None:
        text = node("builtins.str", "JsonNode", json.dumps(f"touch {folder.parent / TRACE}"))
        arguments = node("builtins.tuple", "TupleNode", [text])
        called = node(cls, "ReduceNode", None, __reduce__={"args": arguments})
        skops(list_of(called))(folder)

    return spoil


def trusting_itself(folder: Path) -> None:
    """The file names the types that are to be trusted in it, as loaders have believed elsewhere."""
    allowed = ["posix.system", "builtins.eval", "os.system"]
    schema = list_of(node("posix.system", "FunctionNode", {"function": "system", "module_path": "posix"}))
    told = {**schema, "trusted": allowed, "_skops_trusted_types": allowed}
    resign_file(folder, "logistic.skops", skops_bytes(told))
    resign(folder, lambda manifest: manifest["metadata"].update(trusted=allowed, skops_trusted_types=allowed))


def array_bytes(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def object_array(folder: Path) -> None:
    content = array_bytes(np.array([Bomb(folder.parent / TRACE)], dtype=object))
    skops(list_of(node("numpy.ndarray", "NdArrayNode", type="numpy", file="1.npy")), {"1.npy": content})(folder)


def pickle_in_array(folder: Path) -> None:
    skops(list_of(node("numpy.ndarray", "NdArrayNode", type="numpy", file="1.npy")), {"1.npy": payload(folder)})(folder)


def huge_array(folder: Path) -> None:
    header = array_bytes(np.zeros(1)).replace(b"(1,), ", b"(9999999999,), ".ljust(6))
    skops(list_of(node("numpy.ndarray", "NdArrayNode", type="numpy", file="1.npy")), {"1.npy": header})(folder)


def lying_zip(folder: Path) -> None:
    """A packed bomb whose directory says that it is small."""
    content = bytearray(skops_bytes(list_of(), {"1.npy": b"\0" * (32 << 20)}, compression=zipfile.ZIP_DEFLATED))
    at = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 4)
    content[at + 24 : at + 28] = struct.pack("<I", 64)
    resign_file(folder, "logistic.skops", bytes(content))


def member_twice(folder: Path) -> None:
    buffer = io.BytesIO(skops_bytes(list_of(node("posix.system", "FunctionNode"))))
    twin = io.BytesIO()
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(twin, "w") as new:
        new.writestr("schema.json", old.read("schema.json"))
        new.writestr("schemaXjson", json.dumps(list_of()))
    resign_file(folder, "logistic.skops", twin.getvalue().replace(b"schemaXjson", b"schema.json"))


def nul_in_name(folder: Path) -> None:
    content = skops_bytes(list_of(), {"1.npyX.py": b""})
    resign_file(folder, "logistic.skops", content.replace(b"1.npyX.py", b"1.npy\0.py"))


def pointing(content: Any) -> Any:
    """A linear model with whatever coefficient."""
    return node("sklearn.linear_model._logistic.LogisticRegression", "ObjectNode", content, protocol=PROTOCOL)


SKOPS = (
    Attack("skops that trusts itself", trusting_itself, "posix.system"),
    Attack("skops that reduces to os.system", command("posix.system"), "posix.system"),
    Attack("skops that reduces to eval", command("builtins.eval"), "builtins.eval"),
    Attack("skops that reduces an allowed class", command("builtins.list"), "ReduceNode"),
    Attack(
        "skops that hides a type in a list",
        skops(list_of(node("subprocess.Popen", "TypeNode"))),
        "subprocess.Popen",
    ),
    Attack(
        "skops that hides a function in a model",
        skops(pointing(node("builtins.dict", "DictNode", {"coef_": node("builtins.exec", "FunctionNode")}))),
        "builtins.exec",
    ),
    Attack("skops with a method node", skops(list_of(node("builtins.str", "MethodNode"))), "MethodNode"),
    Attack("skops with a partial", skops(list_of(node("functools.partial", "PartialNode"))), "functools.partial"),
    Attack("skops with an operator", skops(list_of(node("operator.attrgetter", "OperatorFuncNode"))), "operator"),
    Attack("skops with a tree in native memory", skops(list_of(node("sklearn.tree._tree.Tree", "TreeNode"))), "Tree"),
    Attack("skops with a class of a module of ours", skops(list_of(node("pharos.main", "ObjectNode"))), "pharos.main"),
    Attack("skops with a class of no kind", skops(list_of({"__class__": "system", "__module__": "posix"})), "posix"),
    Attack("skops of an older protocol", skops({**list_of(), "protocol": 0}), "protocol"),
    Attack("skops with a pickle inside", skops(list_of(), {"model.pkl": pickle.dumps(1)}), "model.pkl"),
    Attack("skops with an array of objects", object_array, "1.npy"),
    Attack("skops with a pickle for an array", pickle_in_array, "1.npy"),
    Attack("skops with a huge array", huge_array, "1.npy"),
    Attack("skops with a zip for an array", skops(list_of(), {"1.npy": skops_bytes(list_of())}), "1.npy"),
    Attack("skops with a name that climbs", skops(list_of(), {"../../1.npy": b""}), "../../1.npy"),
    Attack("skops with an absolute name", skops(list_of(), {"/etc/cron.d/1.npy": b""}), "/etc/cron.d/1.npy"),
    Attack("skops with a backslash in a name", skops(list_of(), {"..\\1.npy": b""}), "1.npy"),
    Attack("skops with NUL in a name", nul_in_name, "\\x00"),
    Attack("skops with a packed bomb", skops(list_of(), {"1.npy": b"\0" * (8 << 20)}, compression=8), "packed"),
    Attack("skops with a bomb that lies of its size", lying_zip, "packed"),
    Attack("skops with a schema twice", member_twice, "twice"),
    Attack("skops with a key twice", skops(b'{"__class__": "list", "__class__": "system"}'), "schema"),
    Attack("skops nested deep", skops(b"[" * 200_000 + b"]" * 200_000), "schema"),
    Attack("skops that is no zip", with_file("logistic.skops", b"PK not really"), "logistic.skops"),
    Attack("skops without a schema", with_file("logistic.skops", b"PK\x05\x06" + bytes(18)), "logistic.skops"),
    Attack(
        "skops with a missing array",
        skops(list_of(node("numpy.ndarray", "NdArrayNode", type="numpy", file="9.npy"))),
        "logistic.skops",
    ),
)

# --- arrays ---------------------------------------------------------------------------------------------------------


def tensors(header: bytes | Mapping[str, Any], data: bytes = b"", length: int | None = None) -> Spoil:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return with_file("arrays.safetensors", struct.pack("<Q", len(text) if length is None else length) + text + data)


def tensor(shape: list[int], begin: int, end: int, dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


ARRAYS = (
    Attack("arrays whose header claims a terabyte", tensors(b"{}", length=1 << 40), "header of arrays.safetensors"),
    Attack("arrays whose header is longer than the file", tensors(b"{}", length=3), "header of arrays.safetensors"),
    Attack("arrays with a header of 2 MiB", tensors(b" " * (2 << 20)), "header of arrays.safetensors"),
    Attack("arrays with a header that is no JSON", tensors(b"{]"), "header of arrays.safetensors"),
    Attack("arrays with a header nested deep", tensors(b'{"a":' * 90_000), "header of arrays.safetensors"),
    Attack("arrays cut after four bytes", with_file("arrays.safetensors", bytes(4)), "arrays.safetensors"),
    Attack("arrays of a huge shape", tensors({"a": tensor([1 << 40], 0, 4)}, bytes(4)), "arrays.safetensors"),
    Attack("arrays whose size overflows", tensors({"a": tensor([1 << 62, 1 << 62], 0, 4)}, bytes(4)), "arrays"),
    Attack(
        "arrays that overlap", tensors({"a": tensor([2], 0, 8), "b": tensor([2], 4, 12)}, bytes(12)), "arrays"
    ),
    Attack("arrays beyond the end", tensors({"a": tensor([4], 0, 16)}, bytes(8)), "arrays.safetensors"),
    Attack("arrays that begin before the start", tensors({"a": tensor([1], -4, 0)}, bytes(4)), "arrays.safetensors"),
    Attack("arrays with a hole", tensors({"a": tensor([1], 4, 8)}, bytes(8)), "arrays.safetensors"),
    Attack(
        "arrays with a name twice",
        tensors(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],'
                b'"data_offsets":[0,4]}}', bytes(4)),
        "header of arrays.safetensors",
    ),
    Attack("arrays of a kind that there is not", tensors({"a": tensor([1], 0, 4, "OBJ")}, bytes(4)), "arrays"),
)  # fmt: skip

# --- JSON and the manifest ------------------------------------------------------------------------------------------


def manifest(**changed: Any) -> Spoil:
    return lambda folder: resign(folder, lambda told: told.update(changed))


def entry(name: str, **changed: Any) -> Spoil:
    return lambda folder: resign(folder, lambda told: told["files"][name].update(changed))


def short_hash(folder: Path) -> None:
    """As if the first 64 bits of a hash were enough: others with the same can be searched for."""
    resign(folder, lambda told: told["files"]["values.json"].update(sha256=told["files"]["values.json"]["sha256"][:16]))


def manifest_key_twice(folder: Path) -> None:
    content = (folder / "manifest.json").read_bytes()
    sign(folder, content.rstrip(b"}\n ") + b', "format": 1}')


def manifest_in_utf16(folder: Path) -> None:
    sign(folder, (folder / "manifest.json").read_text().encode("utf-16"))


JSON = (
    Attack("values nested deep", with_file("values.json", b'{"a":' + b"[" * 100_000), "values.json"),
    Attack("values with NaN", with_file("values.json", b'{"cut": NaN}'), "values.json"),
    Attack("values with infinity", with_file("values.json", b'{"cut": -Infinity}'), "values.json"),
    Attack("values with 1e999", with_file("values.json", b'{"cut": 1e999}'), "values.json"),
    Attack("values with a number of 100,000 digits", with_file("values.json", b'{"a":' + b"9" * 100_000 + b"}"), "val"),
    Attack("values with a number of 65 bits", with_file("values.json", b'{"a": 18446744073709551616}'), "values.json"),
    Attack("values with a key twice", with_file("values.json", b'{"cut": 1, "cut": 2}'), "values.json"),
    Attack("values that are a list", with_file("values.json", b"[1]"), "values.json"),
    Attack("values in UTF-16", with_file("values.json", '{"a": 1}'.encode("utf-16")), "values.json"),
    Attack("text that is not UTF-8", with_file("trees.txt", b"\xff\xfe"), "trees.txt"),
    Attack("manifest of another format", manifest(format=2), "manifest.json"),
    Attack("manifest that says more than it may", manifest(loader="mlflow.sklearn"), "manifest.json"),
    Attack("manifest that is a list", lambda folder: resign(folder, lambda _: [1]), "manifest.json"),
    Attack("manifest whose files are a list", manifest(files=["values.json"]), "manifest.json"),
    Attack("manifest whose files are a number", manifest(files=5), "manifest.json"),
    Attack("manifest whose metadata are a text", manifest(metadata="x"), "manifest.json"),
    Attack("manifest of 2 MiB", manifest(metadata={"x": "x" * (2 << 20)}), "manifest.json"),
    Attack("manifest with 99 files", manifest(files={f"t{i}.txt": {} for i in range(99)}), "manifest.json"),
    Attack("manifest with a key twice", manifest_key_twice, "manifest.json"),
    Attack("manifest in UTF-16", manifest_in_utf16, "manifest.json"),
    Attack("manifest without a hash", manifest(files={"trees.txt": {"bytes": 3}}), "trees.txt"),
    Attack("manifest with a size that is yes", entry("trees.txt", bytes=True), "trees.txt"),
    Attack("manifest with a size below nothing", entry("trees.txt", bytes=-1), "trees.txt"),
    Attack("manifest with a size of a terabyte", entry("trees.txt", bytes=1 << 40), "manifest.json"),
    Attack("manifest with a shortened hash", short_hash, "values.json"),
    Attack("manifest with a hash that is null", entry("values.json", sha256=None), "values.json"),
    *(
        Attack(f"manifest that lists {name!a}", renamed_in_manifest(name), told)
        for name, told in (
            ("../up.txt", "../up.txt"),
            ("/etc/passwd", "/etc/passwd"),
            ("a/b.txt", "a/b.txt"),
            ("..", ".."),
            ("", "manifest.json"),
            ("trees.txt\x00.pkl", "\\x00"),
            ("trees\n.txt", "\\n"),
            ("trees.txt\n", "\\n"),
            ("tr\u0435es.txt", "\\u0435"),
            ("trees\u202etxt.txt", "\\u202e"),
            ("tre\ud800.txt", "\\ud800"),
            ("CON.txt", "CON.txt"),
            (".hidden.txt", ".hidden.txt"),
            ("x" * 5000 + ".txt", "manifest.json"),
            ("manifest.json", "manifest.json"),
        )
    ),
)

# --- the folder -----------------------------------------------------------------------------------------------------


def flipped_bit(folder: Path) -> None:
    content = bytearray((folder / "arrays.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "arrays.safetensors").write_bytes(content)


def renamed(old: str, new: str) -> Spoil:
    return lambda folder: (folder / old).replace(folder / new)


def link(name: str) -> Spoil:
    """The same bytes, but through a link out of the folder."""

    def spoil(folder: Path) -> None:
        outside = folder.parent / name
        (folder / name).rename(outside)
        (folder / name).symlink_to(outside)

    return spoil


def link_to(name: str, target: str) -> Spoil:
    def spoil(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).symlink_to(target)

    return spoil


def hard_link_to_a_secret(folder: Path) -> None:
    secret = folder.parent / "secret"
    secret.write_text("the department's secret")
    (folder / "trees.txt").unlink()
    os.link(secret, folder / "trees.txt")


def pipe(name: str) -> Spoil:
    def spoil(folder: Path) -> None:
        (folder / name).unlink()
        os.mkfifo(folder / name)

    return spoil


def bound_socket(folder: Path) -> None:
    (folder / "trees.txt").unlink()
    here = Path.cwd()
    os.chdir(folder)  # the address of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind("trees.txt")
    finally:
        os.chdir(here)


def folder_for_file(folder: Path) -> None:
    (folder / "trees.txt").unlink()
    (folder / "trees.txt").mkdir()


def folder_is_a_link(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))
    folder.symlink_to(folder.with_name("elsewhere"))


def folder_is_a_pipe(folder: Path) -> None:
    shutil.rmtree(folder)
    os.mkfifo(folder)


def sparse_giant(folder: Path) -> None:
    with (folder / "trees.txt").open("r+b") as file:
        file.truncate(1 << 40)


def unsigned_change(folder: Path) -> None:
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.replace("conduct", "forced!"))


def signature(content: Callable[[bytes], bytes]) -> Spoil:
    def spoil(folder: Path) -> None:
        (folder / "manifest.sig").write_bytes(content((folder / "manifest.json").read_bytes()))

    return spoil


FOLDER = (
    Attack("a flipped bit", flipped_bit, "arrays.safetensors"),
    Attack("a shorter file", lambda folder: (folder / "trees.txt").write_text("tree"), "trees.txt"),
    Attack("a longer file", lambda folder: (folder / "values.json").write_text("{}" * 999), "values.json"),
    Attack("a file of a terabyte", sparse_giant, "trees.txt"),
    Attack("a missing file", lambda folder: (folder / "trees.txt").unlink(), "trees.txt"),
    Attack("no manifest", lambda folder: (folder / "manifest.json").unlink(), "manifest.json"),
    Attack("an extra folder", lambda folder: (folder / "hooks").mkdir(), "hooks"),
    Attack("an extra file in bytes", lambda folder: Path(os.fsdecode(bytes(folder) + b"/\xff")).touch(), "\\udcff"),
    Attack("an extra file with a line end", lambda folder: (folder / "a\nb").touch(), "a\\nb"),
    Attack("a renamed file", renamed("trees.txt", "trees.skops"), "trees"),
    Attack("a name in capitals", renamed("values.json", "VALUES.JSON"), "VALUES.JSON"),
    Attack("two files exchanged", renamed("trees.txt", "values.json"), "trees.txt"),
    Attack("a link to the same bytes", link("trees.txt"), "trees.txt"),
    Attack("a link for the manifest", link("manifest.json"), "manifest.json"),
    Attack("a link for the signature", link("manifest.sig"), "manifest.sig"),
    Attack("a link to an endless device", link_to("trees.txt", "/dev/zero"), "trees.txt"),
    Attack("a link to itself", link_to("trees.txt", "trees.txt"), "trees.txt"),
    Attack("a hard link to a secret", hard_link_to_a_secret, "trees.txt"),
    Attack("a pipe for a file", pipe("trees.txt"), "trees.txt"),
    Attack("a pipe for the manifest", pipe("manifest.json"), "manifest.json"),
    Attack("a pipe for the signature", pipe("manifest.sig"), "manifest.sig"),
    Attack("a socket for a file", bound_socket, "trees.txt"),
    Attack("a folder for a file", folder_for_file, "trees.txt"),
    Attack("a link for the folder", folder_is_a_link, "folder of ours"),
    Attack("a pipe for the folder", folder_is_a_pipe, "folder of ours"),
    Attack("no folder", lambda folder: shutil.rmtree(folder), "folder of ours"),
    Attack("a change of the manifest", unsigned_change, "manifest.json"),
    Attack("no signature", lambda folder: (folder / "manifest.sig").unlink(), "manifest.sig"),
    Attack("an empty signature", signature(lambda _: b""), "manifest.json"),
    Attack("a signature of zeros", signature(lambda _: bytes(64)), "manifest.json"),
    Attack("a signature cut short", signature(lambda told: KEY.sign(told)[:63]), "manifest.json"),
    Attack("a signature and more", signature(lambda told: KEY.sign(told) + b"\n"), "manifest.sig"),
    Attack("a signature in words", signature(lambda told: KEY.sign(told).hex()[:64].encode()), "manifest.json"),
    Attack("a signature of another key", signature(OTHER.sign), "manifest.json"),
    Attack("a signature of another manifest", signature(lambda _: KEY.sign(b'{"format": 1}')), "manifest.json"),
    Attack("a signature of the hash", signature(lambda told: KEY.sign(hashlib.sha256(told).digest())), "manifest.json"),
)

# --- trees ----------------------------------------------------------------------------------------------------------


def edited(old: str, new: str, times: int = 1) -> Spoil:
    """The text of the trees with a piece replaced, the sizes of the trees put right again."""

    def spoil(folder: Path) -> None:
        text = (folder / "trees.txt").read_text()
        if old not in text:
            raise AssertionError(f"{old!r} does not stand in the trees")
        resign_file(folder, "trees.txt", sized(text.replace(old, new, times)).encode())

    return spoil


def sized(text: str) -> str:
    """The text with right `tree_sizes`, so that only what was meant is wrong."""
    start, end = text.index("Tree=0\n"), text.index("end of trees")
    trees = text[start:end].split("Tree=")[1:]
    told = " ".join(str(len(tree) + 5) for tree in trees)
    head, _, rest = text.partition("tree_sizes=")
    return head + "tree_sizes=" + told + rest[rest.index("\n") :]


def cut(folder: Path) -> None:
    text = (folder / "trees.txt").read_bytes()
    resign_file(folder, "trees.txt", text[: len(text) // 3])


def wrong_sizes(folder: Path) -> None:
    text = (folder / "trees.txt").read_text()
    head, _, rest = text.partition("tree_sizes=")
    first, _, more = rest.partition(" ")
    resign_file(folder, "trees.txt", f"{head}tree_sizes={int(first) + 1} {more}".encode())


def in_line(key: str, value: str) -> Spoil:
    """The first line of a key, replaced."""

    def spoil(folder: Path) -> None:
        lines = (folder / "trees.txt").read_text().split("\n")
        at = next(place for place, line in enumerate(lines) if line.startswith(f"{key}="))
        lines[at] = f"{key}={value}"
        resign_file(folder, "trees.txt", sized("\n".join(lines)).encode())

    return spoil


TREES = (
    Attack("trees cut short", cut, "trees.txt"),
    Attack("trees with a wrong size", wrong_sizes, "is no text of trees"),
    Attack("trees that are a pipe of commands", with_file("trees.txt", b"tree\n!touch x\n"), "trees.txt"),
    Attack("an empty text for trees", with_file("trees.txt", b""), "trees.txt"),
    Attack("trees in a circle", in_line("left_child", "0 -2 -3"), "no tree"),
    Attack("trees whose child is far away", in_line("left_child", "999999 2 -2"), "no tree"),
    Attack("trees with a leaf twice", in_line("right_child", "-1 -1 -1"), "no tree"),
    Attack("trees with a feature that there is not", in_line("split_feature", "0 99 1"), "99"),
    Attack("trees with a feature below nothing", in_line("split_feature", "0 -5 1"), "-5"),
    Attack("trees with a billion leaves", in_line("num_leaves", "1000000000"), "1000000000"),
    Attack("trees with no leaf", in_line("num_leaves", "0"), "no leaves"),
    Attack("trees with NaN in a leaf", in_line("leaf_value", "nan 0 0 0"), "leaf_value"),
    Attack("trees with infinity in a threshold of what is never missing", in_line("threshold", "inf 0 0"), "threshold"),
    Attack("trees with minus infinity in a threshold", in_line("threshold", "-inf 0 0"), "threshold"),
    Attack("trees with NaN in a threshold", in_line("threshold", "nan 0 0"), "threshold"),
    Attack("trees with fewer numbers than leaves", in_line("leaf_value", "0 0"), "leaf_value"),
    Attack("trees split by category", in_line("decision_type", "1 2 2"), "category"),
    Attack("trees with categories", in_line("num_cat", "7"), "kind"),
    Attack("trees with linear leaves", in_line("is_linear", "1"), "kind"),
    Attack("trees with a foreign key", edited("shrinkage=1", "shrinkage=1\nload_from=/etc/passwd"), "load_from"),
    Attack("trees of another objective", in_line("objective", "custom:/tmp/x.so"), "objective"),
    Attack("trees with a billion features", in_line("max_feature_idx", "1000000000"), "1000000000"),
    Attack("trees of several classes", edited("tree_sizes=", "num_class=9\ntree_sizes="), "num_class"),
    Attack(
        "trees with a foreign direction",
        edited("tree_sizes=", "monotone_constraints=0 9 0 0 0\ntree_sizes="),
        "only rise",
    ),
    Attack("trees with letters from elsewhere", edited("Column_0", "C\u043elumn_0"), "ASCII"),
)

ATTACKS = (*code_attacks(), *SKOPS, *ARRAYS, *JSON, *FOLDER, *TREES)
