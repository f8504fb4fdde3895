"""The encrypted conversation of ISO/IEC 18013-5, 9.1.1: both sides' keys, and messages that only they can read."""

from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kiosk.documents.mdoc import cbor
from kiosk.documents.mdoc.refused import NotProven
from kiosk.model.documents import PhoneCode

_READER, _DEVICE = bytes(8), bytes(7) + b"\x01"
ENDED = 20
"""Session status: terminated."""


def transcript(phone: PhoneCode, reader_key: bytes) -> list[object]:
    """What both sides agree to have said. ``reader_key`` is encoded. After a handover its messages belong to it."""
    handover = [phone.select, phone.request or None] if phone.select else None
    return [cbor.embed(phone.engagement), cbor.embed(reader_key), handover]


def transcript_bytes(agreed: list[object]) -> bytes:
    return cbor.write(cbor.embed(cbor.write(agreed)))


def derived(secret: bytes, agreed: list[object], use: bytes) -> bytes:
    """32 bytes of key for ``use``: ``SKReader``, ``SKDevice`` or ``EMacKey``."""
    salt = sha256(transcript_bytes(agreed)).digest()
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=use).derive(secret)


class Session:
    """One side. ``ours`` is this side's ephemeral key; each direction counts its own messages."""

    def __init__(
        self,
        ours: ec.EllipticCurvePrivateKey,
        theirs: ec.EllipticCurvePublicKey,
        agreed: list[object],
        *,
        reader: bool = True,
    ) -> None:
        secret = ours.exchange(ec.ECDH(), theirs)
        of_reader, of_device = derived(secret, agreed, b"SKReader"), derived(secret, agreed, b"SKDevice")
        self._out, self._out_id = (AESGCM(of_reader), _READER) if reader else (AESGCM(of_device), _DEVICE)
        self._in, self._in_id = (AESGCM(of_device), _DEVICE) if reader else (AESGCM(of_reader), _READER)
        self._sent = self._received = 0

    def encrypt(self, plain: bytes) -> bytes:
        self._sent += 1
        return self._out.encrypt(self._out_id + self._sent.to_bytes(4, "big"), plain, None)

    def decrypt(self, sealed: bytes) -> bytes:
        """Raises ``NotProven`` (``mobile_damaged``) where anybody but the other side wrote it, or not in this order."""
        self._received += 1
        try:
            return self._in.decrypt(self._in_id + self._received.to_bytes(4, "big"), sealed, None)
        except (InvalidTag, ValueError) as fault:
            raise NotProven("mobile_damaged") from fault


def establishment(reader_key: bytes, sealed: bytes) -> bytes:
    """The reader's first message: its key, encoded, and its encrypted request."""
    return cbor.write({"eReaderKey": cbor.embed(reader_key), "data": sealed})


def message(sealed: bytes | None = None, status: int | None = None) -> bytes:
    parts = {"data": sealed, "status": status}
    return cbor.write({name: value for name, value in parts.items() if value is not None})


def read_message(encoded: bytes) -> tuple[bytes | None, int | None]:
    """Encrypted data and status, of which one is there. Raises ``NotProven``."""
    whole = cbor.a(dict, cbor.read(encoded))
    sealed, status = whole.get("data"), whole.get("status")
    if sealed is None and status is None:
        raise NotProven("mobile_damaged")
    return (
        None if sealed is None else cbor.a(bytes, sealed),
        None if status is None else cbor.a(int, status),
    )
