"""A phone with an invented person's licence, and the authority that issued it. Shares nothing with the verifier.

Written from ISO/IEC 18013-5, chapters 8 and 9, and annex B for the certificates.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import cbor2
from cbor2 import CBORTag
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.x509.oid import NameOID, ObjectIdentifier

from kiosk.model.people import Person

BLUETOOTH = [2, 1, {0: False, 1: True, 11: bytes(16)}]
"""The phone looks for a service of the reader's."""
CONTACTLESS = [1, 1, {0: 255, 1: 256}]
DOC_TYPE = "org.iso.18013.5.1.mDL"
MAIN, US = "org.iso.18013.5.1", "org.iso.18013.5.1.aamva"
Key = ec.EllipticCurvePrivateKey


class Authority:
    """Issues licences of one jurisdiction. ``root`` is what a store would trust."""

    def __init__(self, *, country: str = "US", state: str = "FL", at: datetime) -> None:
        self._at = at
        self.country, self.state = country, state
        self._root_key, self.signer_key = new_key(), new_key()
        subject = self._name("IACA")
        self.root = self._certificate(subject, subject, self._root_key, ca=True)
        self.signer = self._certificate(self._name("DS"), subject, self.signer_key, ca=False)

    def _name(self, common: str) -> x509.Name:
        return x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, self.country),
                x509.NameAttribute(NameOID.STATE_OR_PROVINCE_NAME, f"{self.country}-{self.state}"),
                x509.NameAttribute(NameOID.COMMON_NAME, f"Invented {common}"),
            ]
        )

    def _certificate(self, subject: x509.Name, issuer: x509.Name, key: Key, *, ca: bool) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._at - timedelta(days=30))
            .not_valid_after(self._at + timedelta(days=400))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=0 if ca else None), critical=True)
            .add_extension(_usage(ca), critical=True)
        )
        if not ca:
            purpose = x509.ExtendedKeyUsage([ObjectIdentifier("1.0.18013.5.1.2")])
            builder = builder.add_extension(purpose, critical=True)
        return builder.sign(self._root_key, hashes.SHA256())

    def revocation_list(self, *serials: int, days: int = 30) -> x509.CertificateRevocationList:
        """Signed today, good for ``days``; ``serials`` are taken back."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.root.subject)
            .last_update(self._at - timedelta(days=1))
            .next_update(self._at + timedelta(days=days))
        )
        for serial in serials:
            taken = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(self._at - timedelta(days=1))
            builder = builder.add_revoked_certificate(taken.build())
        return builder.sign(self._root_key, hashes.SHA256())

    def security_object(self, items: Mapping[str, list[CBORTag]], device: Key, **changed: Any) -> list[Any]:
        """The issuer's signature over the digests of all elements, the phone's key and the time it holds."""
        content = {
            "version": "1.0",
            "digestAlgorithm": "SHA-256",
            "valueDigests": {
                space: {n: hashlib.sha256(cbor2.dumps(item)).digest() for n, item in enumerate(each)}
                for space, each in items.items()
            },
            "deviceKeyInfo": {"deviceKey": cose_key(device)},
            "docType": DOC_TYPE,
            "validityInfo": {
                "signed": _moment(self._at),
                "validFrom": _moment(self._at),
                "validUntil": _moment(self._at + timedelta(days=30)),
            },
            **changed,
        }
        payload = cbor2.dumps(CBORTag(24, cbor2.dumps(content)))
        protected = cbor2.dumps({1: -7})
        chain = self.signer.public_bytes(serialization.Encoding.DER)
        return [protected, {33: chain}, payload, signature(self.signer_key, protected, payload)]


class Wallet:
    """One phone with one licence. ``by_mac`` proves the phone by a code instead of a signature.

    ``changed`` gives elements another value or leaves them out (None); ``security`` changes what the issuer signs;
    ``forge`` gets the response before it is sealed and may do to it what a thief would; ``keeps_back`` are elements
    that the holder does not share. ``methods`` are the ways to reach the phone, as its engagement lists them.
    """

    def __init__(
        self,
        person: Person,
        authority: Authority,
        *,
        number: str = "E123456789",
        issued: date,
        expires: date,
        by_mac: bool = False,
        changed: Mapping[str, Any] | None = None,
        security: Mapping[str, Any] | None = None,
        forge: Callable[[dict[str, Any]], None] | None = None,
        keeps_back: tuple[str, ...] = (),
        methods: Sequence[Any] = (BLUETOOTH,),
    ) -> None:
        self._device, self._session = new_key(), new_key()
        self._by_mac, self._forge, self._keeps_back = by_mac, forge, keeps_back
        facts = {
            "family_name": person.family,
            "given_name": f"{person.given} {person.middle}".strip(),
            "birth_date": None if person.born is None else CBORTag(1004, person.born.isoformat()),
            "issue_date": CBORTag(1004, issued.isoformat()),
            "expiry_date": CBORTag(1004, expires.isoformat()),
            "document_number": number,
            "issuing_country": authority.country,
            "issuing_jurisdiction": f"{authority.country}-{authority.state}",
            "portrait": b"no picture",
            "age_over_21": True,
            **(changed or {}),
        }
        us = {"name_suffix": person.suffix or None, "family_name_truncation": "N", "given_name_truncation": "N"}
        self._items = {MAIN: _items(facts), US: _items(us)}
        self._authority = authority.security_object(self._items, self._device, **(security or {}))
        key = CBORTag(24, cbor2.dumps(cose_key(self._session)))
        self.engagement = cbor2.dumps({0: "1.0", 1: [1, key], 2: list(methods)})
        self.handover: list[Any] | None = None
        """The NDEF messages, where the phone was held to a reader instead of showing its code."""
        self.ended = False

    def held(self, _message: bytes | None = None) -> bytes:
        """The NDEF message it shows a contactless reader: static handover to that reader, whatever is said to it."""
        alternative = _record(0x01, b"ac", b"\x01\x03nfc\x01\x04mdoc", begins=True, ends=True)
        select = (
            _record(0x01, b"Hs", b"\x15" + alternative, begins=True)
            + _record(0x04, b"iso.org:18013:deviceengagement", self.engagement, name=b"mdoc")
            + _record(0x04, b"iso.org:18013:nfc", b"\x01\x03\x01\xff\xff\x03\x02\xff\xff", name=b"nfc", ends=True)
        )
        self.handover = [select, None]
        return select

    @property
    def code(self) -> str:
        """The text of the QR code it shows."""
        return "mdoc:" + base64.urlsafe_b64encode(self.engagement).decode().rstrip("=")

    def hear(self, message: bytes) -> bytes | None:
        """Answers the opening of a session; a message with a status ends it."""
        whole = cbor2.loads(message)
        if "status" in whole:
            self.ended = True
            return None
        reader = whole["eReaderKey"]
        theirs = _public(cbor2.loads(reader.value))
        agreed = [CBORTag(24, self.engagement), reader, self.handover]
        secret = self._session.exchange(ec.ECDH(), theirs)
        request = AESGCM(_derived(secret, agreed, b"SKReader")).decrypt(bytes(11) + b"\x01", whole["data"], None)
        response = self._response(cbor2.loads(request), agreed, theirs)
        if self._forge is not None:
            self._forge(response)
        iv = bytes(7) + b"\x01" + bytes(3) + b"\x01"
        sealed = AESGCM(_derived(secret, agreed, b"SKDevice")).encrypt(iv, cbor2.dumps(response), None)
        return cbor2.dumps({"data": sealed})

    def _response(self, request: Any, agreed: list[Any], theirs: ec.EllipticCurvePublicKey) -> dict[str, Any]:
        asked = cbor2.loads(request["docRequests"][0]["itemsRequest"].value)["nameSpaces"]
        kept = self._keeps_back
        shared = {
            space: [item for item in items if _element(item) in asked.get(space, ()) and _element(item) not in kept]
            for space, items in self._items.items()
        }
        own = CBORTag(24, cbor2.dumps({}))
        said = cbor2.dumps(CBORTag(24, cbor2.dumps(["DeviceAuthentication", agreed, DOC_TYPE, own])))
        if self._by_mac:
            protected = cbor2.dumps({1: 5})
            key = _derived(self._device.exchange(ec.ECDH(), theirs), agreed, b"EMacKey")
            code = hmac.digest(key, cbor2.dumps(["MAC0", protected, b"", said]), hashlib.sha256)
            proof: dict[str, Any] = {"deviceMac": [protected, {}, None, code]}
        else:
            protected = cbor2.dumps({1: -7})
            proof = {"deviceSignature": [protected, {}, None, signature(self._device, protected, said)]}
        document = {
            "docType": DOC_TYPE,
            "issuerSigned": {"nameSpaces": shared, "issuerAuth": self._authority},
            "deviceSigned": {"nameSpaces": own, "deviceAuth": proof},
        }
        return {"version": "1.0", "documents": [document], "status": 0}


def _element(item: CBORTag) -> str:
    return str(cbor2.loads(item.value)["elementIdentifier"])


def new_key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def cose_key(key: Key) -> dict[int, Any]:
    numbers = key.public_key().public_numbers()
    return {1: 2, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}


def signature(key: Key, protected: bytes, payload: bytes) -> bytes:
    """The r and s of a COSE_Sign1, 32 bytes each."""
    signed = cbor2.dumps(["Signature1", protected, b"", payload])
    r, s = decode_dss_signature(key.sign(signed, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _items(facts: Mapping[str, Any]) -> list[CBORTag]:
    named = [(name, value) for name, value in facts.items() if value is not None]
    return [
        CBORTag(
            24,
            cbor2.dumps(
                {"digestID": n, "random": secrets.token_bytes(32), "elementIdentifier": name, "elementValue": value}
            ),
        )
        for n, (name, value) in enumerate(named)
    ]


def _record(
    family: int, kind: bytes, payload: bytes, *, name: bytes = b"", begins: bool = False, ends: bool = False
) -> bytes:
    """A short NDEF record."""
    flags = family | 0x10 | (0x80 if begins else 0) | (0x40 if ends else 0) | (0x08 if name else 0)
    return bytes([flags, len(kind), len(payload)]) + (bytes([len(name)]) if name else b"") + kind + name + payload


def _moment(at: datetime) -> CBORTag:
    return CBORTag(0, at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def _public(key: Mapping[int, Any]) -> ec.EllipticCurvePublicKey:
    x, y = int.from_bytes(key[-2], "big"), int.from_bytes(key[-3], "big")
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def _derived(secret: bytes, agreed: list[Any], use: bytes) -> bytes:
    salt = hashlib.sha256(cbor2.dumps(CBORTag(24, cbor2.dumps(agreed)))).digest()
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=use).derive(secret)


def _usage(ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
