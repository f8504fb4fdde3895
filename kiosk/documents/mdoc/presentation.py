"""One presentation of a licence on a phone, from its QR code to the same photo ID that a plastic licence gives."""

from collections.abc import Callable
from datetime import date, datetime

from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.documents.mdoc import cbor, cose, engagement, request, response, session
from kiosk.documents.mdoc.refused import NotProven
from kiosk.documents.mdoc.request import NAMES, PHOTO_ID, US_NAMES, Asked
from kiosk.documents.mdoc.trust import Signer, Trust
from kiosk.model.documents import PhoneCode, PhotoId

STANDARD = "ISO-18013-5"


class Presentation:
    """Our side of the conversation, message by message; it waits for nothing and sends nothing itself.

    ``phone`` is what was scanned, ``trust`` are the issuers that count, ``now`` gives the time, aware of its zone.
    ``key`` is our ephemeral key, a new one by default. Raises ``NotProven``.
    """

    def __init__(
        self,
        phone: PhoneCode,
        trust: Trust,
        now: Callable[[], datetime],
        *,
        asked: Asked = PHOTO_ID,
        key: ec.EllipticCurvePrivateKey | None = None,
    ) -> None:
        self._trust, self._now = trust, now
        self._asked = asked
        self._key = key if key is not None else ec.generate_private_key(ec.SECP256R1())
        ours = cbor.write(cose.write_key(self._key.public_key()))
        self._agreed = session.transcript(phone, ours)
        self._session = session.Session(self._key, engagement.device_key(phone.engagement), self._agreed)
        self.first = session.establishment(ours, self._session.encrypt(request.write(asked)))
        """The message that opens the conversation and asks."""
        self.last = session.message(status=session.ENDED)
        """The message that ends it."""

    def judge(self, answer: bytes) -> PhotoId | str:
        """Whose licence the phone's answer holds, or a reason key. A second answer is never accepted."""
        try:
            sealed, _ = session.read_message(answer)
            if sealed is None:
                return "mobile_not_shared"
            plain = self._session.decrypt(sealed)
            elements, signer = response.verified(
                plain, asked=self._asked, agreed=self._agreed, reader_key=self._key, trust=self._trust, now=self._now()
            )
            return photo_id(elements, signer)
        except NotProven as fault:
            return fault.reason_key


def photo_id(elements: response.Elements, signer: Signer) -> PhotoId | str:
    """The facts, or a reason key. The holder may keep back what they like: then it is no photo ID."""
    own, us = elements.get(NAMES, {}), elements.get(US_NAMES, {})
    family, given, number = (_text(own, name) for name in ("family_name", "given_name", "document_number"))
    country, place = _text(own, "issuing_country"), _text(own, "issuing_jurisdiction").removeprefix("US-")
    suffix = _text(us, "name_suffix")
    if any(not text.isprintable() for text in (family, given, number, country, place, suffix)):
        return "control_characters"
    if not (family and number and country and _day(own, "birth_date") and _day(own, "expiry_date")):
        return "mobile_partial"
    if signer.jurisdiction and not place:
        return "mobile_partial"
    if signer.country != country or (signer.jurisdiction and signer.jurisdiction.removeprefix("US-") != place):
        return "mobile_forged"  # an issuer may speak for itself alone
    first, _, middle = given.partition(" ")
    return PhotoId(
        family=family,
        given=first,
        middle=middle.strip(),
        suffix=suffix,
        born=_day(own, "birth_date"),
        issued=_day(own, "issue_date"),
        expires=_day(own, "expiry_date"),
        number=number,
        issuer=place or country,
        standard=STANDARD,
        family_truncated=us.get("family_name_truncation") == "T",
        given_truncated=us.get("given_name_truncation") == "T",
        proven_by=signer.authority,
    )


def _text(elements: dict[str, object], name: str) -> str:
    value = elements.get(name)
    return value.strip() if isinstance(value, str) else ""


def _day(elements: dict[str, object], name: str) -> date | None:
    value = elements.get(name)
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None
