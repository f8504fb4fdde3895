"""Whose signature counts: the roots of issuing authorities that the store trusts (ISO/IEC 18013-5, annex B).

Roots are loaded beforehand (the issuers' list is published by AAMVA), so that nothing has to be asked over a network.
"""

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID, ObjectIdentifier

from kiosk.documents.mdoc.cose import PublicKey
from kiosk.documents.mdoc.refused import NotProven

SIGNER_OF_LICENCES = ObjectIdentifier("1.0.18013.5.1.2")
"""Extended key usage of a certificate that signs mobile licences."""


class Signer:
    """A proven document signer."""

    def __init__(self, certificate: x509.Certificate, key: PublicKey) -> None:
        self.key = key
        self.begins, self.ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        self.country = _name(certificate, NameOID.COUNTRY_NAME)
        self.jurisdiction = _name(certificate, NameOID.STATE_OR_PROVINCE_NAME)


def roots(pem: bytes) -> tuple[x509.Certificate, ...]:
    """The certificates of a PEM bundle. Raises ``ValueError`` for one that is none, or no authority's."""
    found = tuple(x509.load_pem_x509_certificates(pem))
    if not all(_is_authority(one) for one in found):
        raise ValueError("a root is the certificate of an issuing authority")
    return found


def signer(chain: Sequence[bytes], roots: Sequence[x509.Certificate], now: datetime) -> Signer:
    """The signer at the head of ``chain`` (DER), which one of ``roots`` certified directly, as the standard demands.

    Raises ``NotProven``: ``mobile_untrusted`` where no root did, ``mobile_forged`` where the certificate is not one
    for signing licences, ``mobile_outdated`` outside its time.
    """
    try:
        certificate = x509.load_der_x509_certificate(chain[0])
        key = certificate.public_key()
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        purposes = list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.ExtensionNotFound, x509.DuplicateExtension) as fault:
        raise NotProven("mobile_forged") from fault
    if not isinstance(key, ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey):
        raise NotProven("mobile_unsupported")
    if not usage.digital_signature or SIGNER_OF_LICENCES not in purposes:
        raise NotProven("mobile_forged")
    root = next((one for one in roots if _issued(certificate, one)), None)
    if root is None:
        raise NotProven("mobile_untrusted")
    for one in (certificate, root):
        if not one.not_valid_before_utc <= now <= one.not_valid_after_utc:
            raise NotProven("mobile_outdated")
    return Signer(certificate, key)


def _issued(certificate: x509.Certificate, root: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(root)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return _is_authority(root)


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension):
        return False


def _name(certificate: x509.Certificate, oid: ObjectIdentifier) -> str:
    found = certificate.subject.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""
