"""Keys, signatures and authentication codes of COSE (RFC 9052, 9053), as far as mobile licences use them."""

import hmac
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from kiosk.documents.mdoc import cbor
from kiosk.documents.mdoc.refused import NotProven

PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

ALGORITHM, X5CHAIN = 1, 33
_EC2, _OKP = 2, 1
_KEY_TYPE, _CURVE, _X, _Y = 1, -1, -2, -3
_CURVES: dict[int, ec.EllipticCurve] = {1: ec.SECP256R1(), 2: ec.SECP384R1(), 3: ec.SECP521R1()}
_ED25519 = 6
_EDDSA, _HMAC_256 = -8, 5
_ECDSA: dict[int, hashes.HashAlgorithm] = {-7: hashes.SHA256(), -35: hashes.SHA384(), -36: hashes.SHA512()}


def read_key(value: object) -> PublicKey:
    """A COSE_Key. Raises ``NotProven`` for one that is none, is of an unknown kind, or lies on no curve."""
    kind, curve = cbor.field(int, value, _KEY_TYPE), cbor.field(int, value, _CURVE)
    x = cbor.field(bytes, value, _X)
    try:
        if kind == _OKP and curve == _ED25519:
            return ed25519.Ed25519PublicKey.from_public_bytes(x)
        y = cbor.field(bytes, value, _Y)
        if kind == _EC2 and curve in _CURVES:
            return ec.EllipticCurvePublicNumbers(
                int.from_bytes(x, "big"), int.from_bytes(y, "big"), _CURVES[curve]
            ).public_key()
    except ValueError as fault:
        raise NotProven("mobile_damaged") from fault
    raise NotProven("mobile_unsupported")


def write_key(key: ec.EllipticCurvePublicKey) -> dict[int, int | bytes]:
    numbers = key.public_numbers()
    curve = next(number for number, known in _CURVES.items() if known.name == key.curve.name)
    size = (key.curve.key_size + 7) // 8
    return {
        _KEY_TYPE: _EC2,
        _CURVE: curve,
        _X: numbers.x.to_bytes(size, "big"),
        _Y: numbers.y.to_bytes(size, "big"),
    }


def signature_input(protected: bytes, payload: bytes) -> bytes:
    """What a COSE_Sign1 signs."""
    return cbor.write(["Signature1", protected, b"", payload])


def mac_input(protected: bytes, payload: bytes) -> bytes:
    """What a COSE_Mac0 authenticates."""
    return cbor.write(["MAC0", protected, b"", payload])


def verify_signature(message: object, key: PublicKey, detached: bytes | None = None) -> bytes:
    """The payload of a COSE_Sign1 whose signature is ``key``'s. Raises ``NotProven`` (``mobile_forged``)."""
    protected, payload, signature = _parts(message, detached)
    algorithm = cbor.field(int, cbor.read(protected), ALGORITHM)
    signed = signature_input(protected, payload)
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            if algorithm != _EDDSA:
                raise NotProven("mobile_unsupported")
            key.verify(signature, signed)
            return payload
        size = (key.curve.key_size + 7) // 8
        if algorithm not in _ECDSA:
            raise NotProven("mobile_unsupported")
        if len(signature) != 2 * size:
            raise NotProven("mobile_forged")
        r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
        key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(_ECDSA[algorithm]))
    except InvalidSignature as fault:
        raise NotProven("mobile_forged") from fault
    return payload


def verify_mac(message: object, key: bytes, detached: bytes) -> None:
    """A COSE_Mac0 over ``detached``. Raises ``NotProven`` (``mobile_forged``)."""
    protected, payload, code = _parts(message, detached)
    if cbor.field(int, cbor.read(protected), ALGORITHM) != _HMAC_256:
        raise NotProven("mobile_unsupported")
    if not hmac.compare_digest(hmac.digest(key, mac_input(protected, payload), sha256), code):
        raise NotProven("mobile_forged")


def chain(message: object) -> list[bytes]:
    """The certificates in a COSE_Sign1's unprotected header, the signer's first. Raises ``NotProven``."""
    header = cbor.a(list, message)[1] if len(cbor.a(list, message)) == 4 else None
    certificates = cbor.a(dict, header).get(X5CHAIN)
    if isinstance(certificates, bytes):
        return [certificates]
    if not isinstance(certificates, list) or not certificates:
        raise NotProven("mobile_forged")
    return [cbor.a(bytes, one) for one in certificates]


def _parts(message: object, detached: bytes | None) -> tuple[bytes, bytes, bytes]:
    """Protected header, payload, signature or code."""
    parts = cbor.a(list, message)
    if len(parts) != 4:
        raise NotProven("mobile_damaged")
    payload = parts[2] if detached is None else detached
    if detached is not None and parts[2] is not None:
        raise NotProven("mobile_damaged")
    return cbor.a(bytes, parts[0]), cbor.a(bytes, payload), cbor.a(bytes, parts[3])
