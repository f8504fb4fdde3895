"""The hub's key: what every terminal of the store pins, and what proves the hub on every connection.

It is one Ed25519 key (RFC 8032). TLS 1.3 has the hub sign each handshake with it, so whoever completes one holds the
key. The certificate around it says nothing and is believed by nobody: it is the same bytes at every start, made of the
key alone, and never expires, because a clock is wrong after a power cut.
"""

import os
import ssl
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from kiosk.model.errors import Unavailable
from kiosk.model.pairing import fingerprint_of, hub_name
from kiosk.model.text import text

_FIRST_DAY, _LAST_DAY = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""RFC 5280, 4.1.2.5: the latter means that there is no last day."""


class Identity:
    """The hub's Ed25519 key (RFC 8032). Whoever holds it is the hub, so this object never gives it out."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public_key = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        """32 raw bytes."""
        self.fingerprint = fingerprint_of(self.public_key)
        """64 hex digits; terminals pin it."""
        self.name = hub_name(self.fingerprint)

    def __repr__(self) -> str:
        return f"<Identity {self.fingerprint[:16]}>"

    @classmethod
    def load_or_make(cls, path: Path) -> "Identity":
        """Reads the key (PEM, PKCS 8) from ``path``; makes it, readable for the owner alone, where there is none.

        A damaged or exposed key is never replaced: every terminal of the store pins it, and a person has to decide.
        Raises ``Unavailable`` with what to do.
        """
        try:
            return cls(_load(path))
        except FileNotFoundError:
            pass
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        try:
            _write_new(path, pem)
        except FileExistsError:
            return cls(_load(path))  # another start of the hub was faster: both must use the same key
        except OSError as trouble:
            raise Unavailable(
                text("The hub's key cannot be written to {file}. Make the folder writable for the hub.", file=path),
                trouble.strerror or "",
            ) from None
        return cls(key)

    def sign(self, words: bytes) -> bytes:
        """The 64 bytes of an Ed25519 signature (RFC 8032)."""
        return self._key.sign(words)

    def tls(self) -> ssl.SSLContext:
        """The hub's end of every connection: TLS 1.3 and nothing older."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.num_tickets = 0  # every connection proves the key anew
        key = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        # In memory alone: the library takes files, and the key must not lie in a second one.
        with os.fdopen(os.memfd_create("identity"), "wb") as file:
            file.write(key + self._certificate())
            file.flush()
            context.load_cert_chain(f"/proc/self/fd/{file.fileno()}")
        return context

    def _certificate(self) -> bytes:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])
        builder = x509.CertificateBuilder(name, name, self._key.public_key(), 1, _FIRST_DAY, _LAST_DAY)
        return builder.sign(self._key, None).public_bytes(Encoding.PEM)


def _load(path: Path) -> Ed25519PrivateKey:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise Unavailable(
                    text("Others can read the hub's key {file}. Set its mode to 600 and restart the hub.", file=path)
                )
            key = load_pem_private_key(file.read(65_536), password=None)
    except FileNotFoundError:
        raise
    except OSError as trouble:
        raise Unavailable(
            text("The hub's key {file} cannot be read. Make it readable for the hub.", file=path),
            trouble.strerror or "",
        ) from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _damaged(path) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise _damaged(path)
    return key


def _damaged(path: Path) -> Unavailable:
    return Unavailable(
        text(
            "The hub's key {file} is damaged. Restore it from the backup; with a new key every terminal has to be "
            "paired again.",
            file=path,
        )
    )


def _write_new(path: Path, pem: bytes) -> None:
    """All of the file or nothing, also over a power cut: written aside, flushed, then linked to its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        os.link(aside, path)  # unlike rename, a link never replaces a key that is already there
    finally:
        aside.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
