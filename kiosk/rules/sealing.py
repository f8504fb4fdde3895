"""Signatures under rule packs (Ed25519) and the digest by which a store says which law it has read.

A signature stands beside its file, ``fl.toml.sig``: one line with the public key and the signature, in hex. One changed
byte of the pack, and it is refused.
"""

import hashlib
from collections.abc import Collection
from pathlib import Path

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

DOMAIN = b"kiosk rule pack 1\n"
"""Signed before the file's bytes, so that a signature of something else is none of a pack."""


def digest(law: Law) -> str:
    """SHA-256 over all that one version says, in hex. Comments and the order of keys do not matter."""
    return hashlib.sha256(DOMAIN + to_json(law)).hexdigest()


def signature_file(pack: Path) -> Path:
    return pack.with_name(f"{pack.name}.sig")


def new_key(file: Path) -> str:
    """Makes a private key in ``file`` (PEM, readable by its owner) and returns the public one in hex."""
    key = Ed25519PrivateKey.generate()
    try:
        file.touch(mode=0o600, exist_ok=False)
    except OSError as trouble:
        raise _file(file, trouble.strerror or "it cannot be made") from None
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key.public_key().public_bytes_raw().hex()


def sign(pack: Path, key_file: Path) -> str:
    """Writes the signature beside ``pack`` and returns the public key in hex. Raises ``Ours``."""
    try:
        key = load_pem_private_key(key_file.read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        raise _file(key_file, "it holds no private key in PEM without a password") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise _file(key_file, "it holds no Ed25519 key")
    public = key.public_key().public_bytes_raw().hex()
    signature_file(pack).write_text(f"{public} {key.sign(DOMAIN + _bytes(pack)).hex()}\n", encoding="ascii")
    return public


def signed_by(pack: Path, trusted: Collection[str]) -> str:
    """The trusted key, in hex, whose signature under ``pack`` is good.

    Raises ``Ours`` where there is no signature, one of somebody else, or the file was changed after it was signed.
    """
    signed = signature_file(pack)
    if not signed.is_file():
        raise _file(pack, "it is not signed")
    try:
        public, signature = signed.read_text(encoding="ascii").split()
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        said = bytes.fromhex(signature)
    except (OSError, ValueError):
        raise _file(signed, "it holds no signature") from None
    if public.lower() not in {each.lower() for each in trusted}:
        raise _file(pack, "it is signed with a key that this store does not trust")
    try:
        key.verify(said, DOMAIN + _bytes(pack))
    except InvalidSignature:
        raise _file(pack, "it was changed after it was signed") from None
    return public.lower()


def _bytes(pack: Path) -> bytes:
    try:
        return pack.read_bytes()
    except OSError as trouble:
        raise _file(pack, trouble.strerror or "it cannot be read") from None


def _file(file: Path, fault: str) -> Ours:
    return Ours(text("The file {file} is refused: {fault}.", file=file.name, fault=fault))
