"""TLS 1.3 to one hub: the peer's key is compared before a single byte of ours is sent.

No authority, no name and no date has a say. TLS itself has the peer prove that it holds the key it shows (RFC 8446,
4.4.3), also where nothing else of its certificate is looked at.
"""

import hashlib
import ssl
from collections.abc import Iterable
from typing import Any, ClassVar


class WrongHub(ssl.SSLCertVerificationError):
    """The peer has another key than the one that is pinned. The connection is broken off within the handshake."""


class _Pinned(ssl.SSLObject):
    pins: ClassVar[frozenset[str]] = frozenset()

    def do_handshake(self) -> None:
        super().do_handshake()
        if peer_of(self) not in self.pins:
            raise WrongHub(1, "another key than the pinned one")


def pinned(pins: Iterable[str]) -> ssl.SSLContext:
    """For connections to the hub with one of these fingerprints and to nobody else."""
    context = unpinned()
    context.sslobject_class = type("_Pinned", (_Pinned,), {"pins": frozenset(pins)})
    return context


def unpinned() -> ssl.SSLContext:
    """For looking who is there, without saying anything; the caller compares :func:`peer_of`."""
    # Without the system's authorities: loading them takes longer than a whole greeting.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def peer_of(connection: Any) -> str:
    """The fingerprint (64 hex digits) of the key that the other end of a finished handshake has proven; ``""`` where
    its certificate cannot be read. ``connection`` is an ``ssl.SSLObject`` or socket."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415
    from cryptography.x509 import load_der_x509_certificate  # noqa: PLC0415

    try:
        key = load_der_x509_certificate(connection.getpeercert(binary_form=True) or b"").public_key()
        spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except ValueError:
        return ""
    return hashlib.sha256(spki).hexdigest()
