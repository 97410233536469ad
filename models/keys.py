"""The key that signs our model artefacts: made on first use, readable by its owner only, never leaves the machine."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from data_contracts.errors import NotReady, UntrustedArtifact

PRIVATE_NAME = "artifacts.key"
PUBLIC_NAME = "artifacts.pub"


def signing_key(keys_dir: Path) -> Ed25519PrivateKey:
    """The private key under `keys_dir`; made with mode 0600 when there is none.

    Raises UntrustedArtifact when others may read the key, since then anyone may have signed, and NotReady when it was
    lost and its public key was not.
    """
    path = keys_dir / PRIVATE_NAME
    if not path.exists():
        _make(keys_dir)
    if path.stat().st_mode & 0o077:
        raise UntrustedArtifact(
            f"the signing key {path} can be read by others; run `chmod 600 {path}` or make a new one"
        )
    try:
        return Ed25519PrivateKey.from_private_bytes(path.read_bytes())
    except ValueError as error:
        raise UntrustedArtifact(f"the signing key {path} is not a key; restore it from a copy") from error


def public_key(keys_dir: Path) -> Ed25519PublicKey:
    """What a reader needs in order to verify; raises NotReady when nothing has ever been signed here.

    Raises UntrustedArtifact when others may write the key or put another in its place, since then anyone may have
    signed.
    """
    path = keys_dir / PUBLIC_NAME
    if not path.is_file():
        raise NotReady(f"no public key at {path}; train a model on this machine, or copy the trainer's folder there")
    if path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH) or keys_dir.stat().st_mode & stat.S_IWOTH:
        raise UntrustedArtifact(
            f"others can write the public key {path}; compare it with the trainer's, then run `chmod go-w` on it and "
            f"its folder"
        )
    try:
        return Ed25519PublicKey.from_public_bytes(path.read_bytes())
    except ValueError as error:
        raise UntrustedArtifact(f"the public key {path} is not a key; copy the trainer's again") from error


def _make(keys_dir: Path) -> None:
    """Write a fresh pair; of two processes that try at once, one wins and both use its key.

    Raises NotReady where a public key lies there alone: in its place a new one would disown all that is signed.
    """
    public, private = keys_dir / PUBLIC_NAME, keys_dir / PRIVATE_NAME
    if public.exists() and not private.exists():  # in this order: whoever makes a pair writes the private key first
        raise NotReady(
            f"the signing key {private} is gone, and its public key {public} is there: nothing can be signed; put the "
            f"key back from a copy, or move {PUBLIC_NAME} away, which makes a new pair and leaves models, audit lines "
            "and proofs of the old one without trust"
        )
    keys_dir.mkdir(parents=True, exist_ok=True)
    key = Ed25519PrivateKey.generate()
    draft = keys_dir / f"{PRIVATE_NAME}.{os.getpid()}"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(key.private_bytes_raw())
    try:
        os.link(draft, keys_dir / PRIVATE_NAME)  # fails if another process was first; rename would replace its key
    except FileExistsError:
        return
    finally:
        draft.unlink()
    handle = os.open(keys_dir / PUBLIC_NAME, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    with os.fdopen(handle, "wb") as file:
        os.fchmod(handle, 0o644)  # whatever was there, and whatever mask a shell has set
        file.write(key.public_key().public_bytes_raw())
