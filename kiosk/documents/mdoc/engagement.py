"""What a phone shows first: its key for this one conversation, and how to reach it (ISO/IEC 18013-5, 8.2.1)."""

import base64
import binascii
import uuid
from collections.abc import Iterator, Sequence

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kiosk.documents.mdoc import cbor, cose
from kiosk.documents.mdoc.refused import NotProven
from kiosk.model.documents import Contactless, PhoneCode, PhoneLooks, PhoneServes, Way

SCHEME = "mdoc:"
_NFC, _BLE = 1, 2
_SERVES, _LOOKS, _SERVES_ID, _LOOKS_ID = 0, 1, 10, 11
_MOST_COMMAND, _MOST_ANSWER = 0, 1
_CIPHER_SUITE = 1
_MOST = 4096
_LEAST_COMMAND, _LEAST_ANSWER = 255, 256
"""What every phone takes and gives at least (8.3.3.1.2)."""


def of_code(text: str) -> PhoneCode:
    """A QR code: ``mdoc:`` and base64url without padding. Raises ``NotProven``."""
    body = text[len(SCHEME) :].rstrip("=")
    if text[: len(SCHEME)].lower() != SCHEME or len(body) > _MOST:
        raise NotProven("mobile_damaged")
    try:
        encoded = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as fault:
        raise NotProven("mobile_damaged") from fault
    return read(encoded)


def read(
    encoded: bytes, *, carriers: Sequence[Way] | None = None, select: bytes = b"", request: bytes = b""
) -> PhoneCode:
    """An encoded DeviceEngagement. After a handover ``carriers`` are the ways it named, and the messages are
    ``select`` and ``request``. Raises ``NotProven``: ``mobile_damaged`` or ``mobile_unsupported``."""
    whole = cbor.read(encoded)
    if not cbor.field(str, whole, 0).startswith("1."):
        raise NotProven("mobile_unsupported")
    key = _key(whole)
    methods = cbor.a(list, cbor.a(dict, whole).get(2, []))
    ways = carriers if carriers is not None else [way for method in methods for way in _ways(method)]
    return PhoneCode(
        engagement=encoded, ways=tuple(dict.fromkeys(ways)), ident=_ident(key), select=select, request=request
    )


def device_key(encoded: bytes) -> ec.EllipticCurvePublicKey:
    """The phone's key for this conversation. Raises ``NotProven``."""
    key = cose.read_key(cbor.read(cbor.embedded(_key(cbor.read(encoded)))))
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise NotProven("mobile_unsupported")
    return key


def write(key: ec.EllipticCurvePublicKey, ways: Sequence[Way] = ()) -> bytes:
    """What :func:`read` reads."""
    encoded_key = cbor.embed(cbor.write(cose.write_key(key)))
    return cbor.write({0: "1.0", 1: [_CIPHER_SUITE, encoded_key], 2: list(_methods(ways))})


def code(encoded: bytes) -> str:
    """The text of the QR code."""
    return SCHEME + base64.urlsafe_b64encode(encoded).decode().rstrip("=")


def _key(whole: object) -> object:
    """The phone's key as it is embedded."""
    security = cbor.field(list, whole, 1)
    if len(security) != 2 or security[0] != _CIPHER_SUITE:
        raise NotProven("mobile_unsupported")
    cbor.embedded(security[1])
    return security[1]


def _ident(key: object) -> bytes:
    """The value of our service's Ident characteristic (8.3.3.1.1.4)."""
    return HKDF(algorithm=hashes.SHA256(), length=16, salt=None, info=b"BLEIdent").derive(cbor.write(key))


def _ways(method: object) -> Iterator[Way]:
    """None for a kind or a version that is not known."""
    parts = cbor.a(list, method)
    if len(parts) < 2 or parts[1] != 1:
        return
    kind = cbor.a(int, parts[0])
    if kind == _BLE:
        options = cbor.a(dict, parts[2] if len(parts) > 2 else None)
        if options.get(_SERVES) is True:
            yield PhoneServes(service=_service(options, _SERVES_ID))
        if options.get(_LOOKS) is True:
            yield PhoneLooks(service=_service(options, _LOOKS_ID))
    elif kind == _NFC:
        options = cbor.a(dict, parts[2] if len(parts) > 2 else {})
        yield contactless(options.get(_MOST_COMMAND, _LEAST_COMMAND), options.get(_MOST_ANSWER, _LEAST_ANSWER))


def contactless(most_command: object, most_answer: object) -> Contactless:
    """Raises ``NotProven`` for lengths that no phone may have."""
    command, answer = cbor.a(int, most_command), cbor.a(int, most_answer)
    if not (_LEAST_COMMAND <= command <= 0xFFFF and _LEAST_ANSWER <= answer <= 0x10000):
        raise NotProven("mobile_damaged")
    return Contactless(most_command=command, most_answer=answer)


def _service(options: object, key: int) -> str:
    raw = cbor.field(bytes, options, key)
    if len(raw) != 16:
        raise NotProven("mobile_damaged")
    return str(uuid.UUID(bytes=raw))


def _methods(ways: Sequence[Way]) -> Iterator[list[object]]:
    bluetooth: dict[int, object] = {_SERVES: False, _LOOKS: False}
    for way in ways:
        match way:
            case PhoneServes(service=service):
                bluetooth |= {_SERVES: True, _SERVES_ID: uuid.UUID(service).bytes}
            case PhoneLooks(service=service):
                bluetooth |= {_LOOKS: True, _LOOKS_ID: uuid.UUID(service).bytes}
            case Contactless(most_command=command, most_answer=answer):
                yield [_NFC, 1, {_MOST_COMMAND: command, _MOST_ANSWER: answer}]
    if bluetooth[_SERVES] or bluetooth[_LOOKS]:
        yield [_BLE, 1, bluetooth]
