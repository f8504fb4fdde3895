"""Signatures under rule packs (Ed25519) and the digest by which a store says which law it has read.

A signature stands beside its file, ``fl.toml.sig``: one line with the public key and the signature, in hex. One changed
byte of the pack, and it is refused.
"""

import hashlib
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from kiosk.model.base import to_json
from kiosk.model.errors import Ours
from kiosk.model.text import text
from kiosk.rules.law import Law
from kiosk.rules.source import read_bytes

SIGNATURE = re.compile(rb"([0-9a-f]{64}) ([0-9a-f]{128})\n")
DOMAIN = b"kiosk rule pack 1\n"
"""Signed before the file's bytes, so that a signature of something else is none of a pack."""


def digest(law: Law) -> str:
    """SHA-256 over all that one version says, in hex. Comments, the order of keys, and what a newer program could say
    and this law does not, do not matter."""
    return hashlib.sha256(DOMAIN + to_json(_said(law))).hexdigest()


def _said(part: Any) -> Any:
    """Nouns without what they leave unsaid."""
    if isinstance(part, msgspec.Struct):
        config = part.__struct_config__
        said = {config.tag_field: config.tag} if config.tag_field else {}
        for field in msgspec.structs.fields(part):
            value = getattr(part, field.name)
            unsaid = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
            if value != unsaid:
                said[field.name] = _said(value)
        return said
    if isinstance(part, tuple):
        return [_said(each) for each in part]
    return part


def signature_file(pack: Path) -> Path:
    return pack.with_name(f"{pack.name}.sig")


def new_key(file: Path) -> str:
    """Makes a private key in ``file`` (PEM, readable by its owner) and returns the public one in hex."""
    key = Ed25519PrivateKey.generate()
    try:
        file.touch(mode=0o600, exist_ok=False)
        file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    except OSError as trouble:
        raise _refused(file.name, (trouble.strerror or "it cannot be made").lower()) from None
    return key.public_key().public_bytes_raw().hex()


def sign(pack: Path, key_file: Path) -> str:
    """Writes the signature beside ``pack`` and returns the public key in hex. Raises ``Ours``."""
    try:
        key = load_pem_private_key(key_file.read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        raise _refused(key_file.name, "it holds no private key in PEM without a password") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise _refused(key_file.name, "it holds no Ed25519 key")
    public = key.public_key().public_bytes_raw().hex()
    try:
        signed = f"{public} {key.sign(DOMAIN + read_bytes(pack)).hex()}\n"
        signature_file(pack).write_text(signed, encoding="ascii")
    except ValueError as fault:
        raise _refused(pack.name, str(fault)) from None
    except OSError as trouble:
        raise _refused(signature_file(pack).name, (trouble.strerror or "it cannot be written").lower()) from None
    return public


def signature_of(pack: Path) -> bytes:
    """What the signature file beside ``pack`` holds; empty where there is none."""
    file = signature_file(pack)
    try:
        return read_bytes(file) if file.is_file() else b""
    except ValueError as fault:
        raise _refused(file.name, str(fault)) from None


def signed_by(name: str, source: bytes, signature: bytes, trusted: Collection[str]) -> str:
    """The trusted key, in hex, whose ``signature`` under the bytes ``source`` is good. ``name`` is the file's.

    Raises ``Ours`` where there is no signature, one of somebody else, or the file was changed after it was signed.
    """
    if not signature:
        raise _refused(name, "it is not signed")
    found = SIGNATURE.fullmatch(signature)
    if found is None:
        raise _refused(f"{name}.sig", "it holds no signature")
    public, said = (part.decode() for part in found.groups())
    if public not in {each.lower() for each in trusted}:
        raise _refused(name, "it is signed with a key that this store does not trust")
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(said), DOMAIN + source)
    except (InvalidSignature, ValueError):
        raise _refused(name, "it was changed after it was signed") from None
    return public


def _refused(file: str, fault: str) -> Ours:
    return Ours(text("The file {file} is refused: {fault}.", file=file, fault=fault))
