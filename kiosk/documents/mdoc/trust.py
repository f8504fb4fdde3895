"""Whose signature counts: the roots of issuing authorities that the store trusts (ISO/IEC 18013-5, annex B).

Roots and their revocation lists are loaded beforehand, so that nothing has to be asked over a network while a patient
waits. (AAMVA publishes the issuers' roots; each authority its own list.)
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID, ObjectIdentifier

from kiosk.documents.mdoc.cose import PublicKey
from kiosk.documents.mdoc.refused import NotProven

SIGNER_OF_LICENCES = ObjectIdentifier("1.0.18013.5.1.2")
"""Extended key usage of a certificate that signs mobile licences."""


_LIST = re.compile(rb"-----BEGIN X509 CRL-----.*?-----END X509 CRL-----", re.DOTALL)


class Trust(NamedTuple):
    roots: tuple[x509.Certificate, ...]
    lists: tuple[x509.CertificateRevocationList, ...] = ()
    """Revocation lists of these roots. A root of which there is one needs one that is in force."""


class Signer:
    """A proven document signer. ``authority`` names the root that vouches for it."""

    def __init__(self, certificate: x509.Certificate, root: x509.Certificate, key: PublicKey) -> None:
        self.key = key
        self.begins, self.ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        self.country = _name(certificate, NameOID.COUNTRY_NAME)
        self.jurisdiction = _name(certificate, NameOID.STATE_OR_PROVINCE_NAME)
        self.authority = name_of(root)


def load(pem: bytes) -> Trust:
    """Certificates and revocation lists in PEM, in any order. Raises ``ValueError`` for what is neither, for a
    certificate that is no authority's, and for a list that no authority in the bundle signed."""
    try:
        roots = tuple(x509.load_pem_x509_certificates(pem))
        lists = tuple(x509.load_pem_x509_crl(block) for block in _LIST.findall(pem))
    except ValueError as fault:
        raise ValueError("it holds no certificate in PEM, or a damaged one") from fault
    if not all(_is_authority(one) for one in roots):
        raise ValueError("a root is the certificate of an issuing authority")
    for one in lists:
        if not any(_signed(one, root) for root in roots):
            raise ValueError("a revocation list is signed by an authority beside it")
    return Trust(roots, lists)


def name_of(root: x509.Certificate) -> str:
    """What an authority calls itself."""
    name = _name(root, NameOID.COMMON_NAME) or _name(root, NameOID.ORGANIZATION_NAME) or root.subject.rfc4514_string()
    return name if name.isprintable() else ""


def signer(chain: Sequence[bytes], trust: Trust, now: datetime) -> Signer:
    """The signer at the head of ``chain`` (DER), which a root certified directly, as the standard demands.

    Raises ``NotProven``: ``mobile_untrusted`` where no root did, ``mobile_forged`` where the certificate is not one
    for signing licences, ``mobile_outdated`` outside its time, ``mobile_revoked`` where its authority took it back,
    ``mobile_unchecked`` where that cannot be known any more.
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
    root = next((one for one in trust.roots if _issued(certificate, one)), None)
    if root is None:
        raise NotProven("mobile_untrusted")
    for one in (certificate, root):
        if not one.not_valid_before_utc <= now <= one.not_valid_after_utc:
            raise NotProven("mobile_outdated")
    _check_revocation(certificate, [one for one in trust.lists if _signed(one, root)], now)
    return Signer(certificate, root, key)


def _check_revocation(
    certificate: x509.Certificate, lists: Sequence[x509.CertificateRevocationList], now: datetime
) -> None:
    """A certificate on any list stays revoked; that it is on none is known from a list in force alone."""
    if any(one.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None for one in lists):
        raise NotProven("mobile_revoked")
    if lists and not any(in_force(one, now) for one in lists):
        raise NotProven("mobile_unchecked")


def in_force(revoked: x509.CertificateRevocationList, now: datetime) -> bool:
    return revoked.last_update_utc <= now and (revoked.next_update_utc is None or now <= revoked.next_update_utc)


def _signed(revoked: x509.CertificateRevocationList, root: x509.Certificate) -> bool:
    try:
        return revoked.issuer == root.subject and revoked.is_signature_valid(root.public_key())  # type: ignore[arg-type]
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False


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
