"""The QR code a phone shows first: its key for this one conversation, and how to reach it."""

import base64
import binascii
import uuid

from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.documents.mdoc import cbor, cose
from kiosk.documents.mdoc.refused import NotProven
from kiosk.model.base import Noun

SCHEME = "mdoc:"
NFC, BLE, WIFI_AWARE = 1, 2, 3
_CIPHER_SUITE = 1
_MOST = 4096


class Way(Noun, frozen=True, kw_only=True):
    """One way to reach the phone. ``kind`` is ``NFC``, ``BLE`` or ``WIFI_AWARE``.

    For Bluetooth, ``server`` is the service the phone offers itself (``""``: it does not), ``client`` the one it looks
    for.
    """

    kind: int
    server: str = ""
    client: str = ""


class Engagement(Noun, frozen=True, kw_only=True):
    """``encoded`` is the whole as it came: both sides hash these very bytes."""

    encoded: bytes
    device_key: object
    """A COSE_Key; :meth:`public_key` makes a key of it."""
    ways: tuple[Way, ...]

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """Raises ``NotProven``."""
        key = cose.read_key(self.device_key)
        if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
            raise NotProven("mobile_unsupported")
        return key


def is_engagement(data: bytes) -> bool:
    return data[:5].lower() == SCHEME.encode()


def read(text: str) -> Engagement:
    """``mdoc:`` and base64url without padding. Raises ``NotProven`` (``mobile_damaged`` or ``mobile_unsupported``)."""
    body = text[len(SCHEME) :].rstrip("=")
    if text[: len(SCHEME)].lower() != SCHEME or len(body) > _MOST:
        raise NotProven("mobile_damaged")
    try:
        encoded = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as fault:
        raise NotProven("mobile_damaged") from fault
    whole = cbor.read(encoded)
    if not cbor.field(str, whole, 0).startswith("1."):
        raise NotProven("mobile_unsupported")
    security = cbor.field(list, whole, 1)
    if len(security) != 2 or security[0] != _CIPHER_SUITE:
        raise NotProven("mobile_unsupported")
    methods = cbor.a(dict, whole).get(2, [])
    return Engagement(
        encoded=encoded,
        device_key=cbor.read(cbor.embedded(security[1])),
        ways=tuple(way for one in cbor.a(list, methods) if (way := _way(one)) is not None),
    )


def write(key: ec.EllipticCurvePublicKey, ways: tuple[Way, ...] = ()) -> str:
    """What :func:`read` reads."""
    methods = [
        [way.kind, 1, {0: bool(way.server), 1: bool(way.client), **_ids(way)} if way.kind == BLE else {}]
        for way in ways
    ]
    device_key = cbor.embed(cbor.write(cose.write_key(key)))
    encoded = cbor.write({0: "1.0", 1: [_CIPHER_SUITE, device_key], 2: methods})
    return SCHEME + base64.urlsafe_b64encode(encoded).decode().rstrip("=")


def _way(method: object) -> Way | None:
    """None for a version that is not known."""
    parts = cbor.a(list, method)
    if len(parts) < 2 or parts[1] != 1:
        return None
    kind = cbor.a(int, parts[0])
    if kind != BLE:
        return Way(kind=kind)
    options = cbor.a(dict, parts[2] if len(parts) > 2 else None)
    return Way(
        kind=kind,
        server=_service(options, 10) if options.get(0) is True else "",
        client=_service(options, 11) if options.get(1) is True else "",
    )


def _service(options: object, key: int) -> str:
    raw = cbor.field(bytes, options, key)
    if len(raw) != 16:
        raise NotProven("mobile_damaged")
    return str(uuid.UUID(bytes=raw))


def _ids(way: Way) -> dict[int, bytes]:
    return {key: uuid.UUID(one).bytes for key, one in ((10, way.server), (11, way.client)) if one}
