"""The phone's answer, element by element proven: signed by an issuer, unchanged, of this phone, for this conversation.

Source: ISO/IEC 18013-5, 8.3.2.1.2.2 (response), 9.1.2 (issuer data authentication), 9.1.3 (mdoc authentication).
"""

import contextlib
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.documents.mdoc import cbor, cose, session
from kiosk.documents.mdoc.refused import NotProven
from kiosk.documents.mdoc.request import LICENCE, Asked
from kiosk.documents.mdoc.trust import Signer, Trust, signer

Elements = dict[str, dict[str, object]]
"""Values by name space and element."""

_DIGESTS = {"SHA-256": hashlib.sha256, "SHA-384": hashlib.sha384, "SHA-512": hashlib.sha512}
_LEAST_RANDOM = 16


def verified(
    encoded: bytes,
    *,
    asked: Asked,
    agreed: list[object],
    reader_key: ec.EllipticCurvePrivateKey,
    trust: Trust,
    now: datetime,
) -> tuple[Elements, Signer]:
    """The elements of the one licence in a DeviceResponse, and who signed it.

    ``agreed`` is the session's transcript, ``reader_key`` our ephemeral key. Raises ``NotProven``.
    """
    response = cbor.read(encoded)
    if cbor.field(int, response, "status") != 0:
        raise NotProven("mobile_not_shared")
    documents = cbor.a(list, cbor.a(dict, response).get("documents", []))
    if not documents:
        raise NotProven("mobile_not_shared")
    if len(documents) > 1 or cbor.field(str, documents[0], "docType") != LICENCE:
        raise NotProven("mobile_unasked")
    issued, device = cbor.field(dict, documents[0], "issuerSigned"), cbor.field(dict, documents[0], "deviceSigned")
    authority = issued.get("issuerAuth")
    issuer = signer(cose.chain(authority), trust, now)
    security = cbor.read(cbor.embedded(cbor.read(cose.verify_signature(authority, issuer.key))))
    _check_validity(security, issuer, now)
    _check_device(device, cbor.field(dict, security, "deviceKeyInfo"), agreed, reader_key)
    return _elements(cbor.field(dict, issued, "nameSpaces"), security, asked), issuer


def _check_validity(security: object, issuer: Signer, now: datetime) -> None:
    if cbor.field(str, security, "docType") != LICENCE or not cbor.field(str, security, "version").startswith("1."):
        raise NotProven("mobile_forged")
    times = cbor.field(dict, security, "validityInfo")
    signed, begins, ends = (_moment(times.get(name)) for name in ("signed", "validFrom", "validUntil"))
    if not begins <= now <= ends:
        raise NotProven("mobile_outdated")
    if not issuer.begins <= signed <= issuer.ends:
        raise NotProven("mobile_forged")


def _moment(value: object) -> datetime:
    moment = cbor.a(datetime, value)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _check_device(
    device: object, key_info: object, agreed: list[object], reader_key: ec.EllipticCurvePrivateKey
) -> None:
    """The phone holds the key that the issuer bound the licence to: no copy of the data has it."""
    key = cose.read_key(cbor.field(dict, key_info, "deviceKey"))
    own = cbor.a(dict, device).get("nameSpaces")
    cbor.embedded(own)
    said = cbor.write(cbor.embed(cbor.write(["DeviceAuthentication", agreed, LICENCE, own])))
    proof = cbor.field(dict, device, "deviceAuth")
    if ("deviceSignature" in proof) == ("deviceMac" in proof):
        raise NotProven("mobile_other_phone")
    if "deviceSignature" in proof:
        with _of_this_phone():
            cose.verify_signature(proof["deviceSignature"], key, said)
        return
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != reader_key.curve.name:
        raise NotProven("mobile_unsupported")
    secret = reader_key.exchange(ec.ECDH(), key)
    with _of_this_phone():
        cose.verify_mac(proof["deviceMac"], session.derived(secret, agreed, b"EMacKey"), said)


@contextlib.contextmanager
def _of_this_phone() -> Iterator[None]:
    """A proof that fails is not the issuer's fault: the data belongs to another phone."""
    try:
        yield
    except NotProven as fault:
        if fault.reason_key == "mobile_forged":
            raise NotProven("mobile_other_phone") from fault
        raise


def _elements(spaces: object, security: object, asked: Asked) -> Elements:
    """Every element has the digest that the issuer signed; one that was not asked for spoils the answer."""
    digest = _DIGESTS.get(cbor.field(str, security, "digestAlgorithm"))
    if digest is None:
        raise NotProven("mobile_unsupported")
    signed = cbor.field(dict, security, "valueDigests")
    elements: Elements = {}
    for space, items in cbor.a(dict, spaces).items():
        found = elements.setdefault(cbor.a(str, space), {})
        digests = cbor.field(dict, signed, space)
        for item in cbor.a(list, items):
            content = cbor.read(cbor.embedded(item))
            name = cbor.field(str, content, "elementIdentifier")
            wanted = cbor.field(bytes, digests, cbor.field(int, content, "digestID"))
            if digest(cbor.write(item)).digest() != wanted or len(cbor.field(bytes, content, "random")) < _LEAST_RANDOM:
                raise NotProven("mobile_forged")
            if name not in asked.get(space, ()) or name in found:
                raise NotProven("mobile_unasked")
            found[name] = cbor.a(dict, content).get("elementValue")
    return elements
