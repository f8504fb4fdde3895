"""A licence on a phone is proven in every part or refused by name; the standard's own example is the witness."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import cbor2
import pytest
from cbor2 import CBORTag
from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.demo.wallet import MAIN, Authority, Wallet, new_key
from kiosk.documents.mdoc import cbor, cose, engagement, handover, ndef, response, session, trust
from kiosk.documents.mdoc.handover import Engaging
from kiosk.documents.mdoc.presentation import Presentation
from kiosk.documents.mdoc.refused import NotProven
from kiosk.documents.mdoc.request import LICENCE, NAMES
from kiosk.documents.mdoc.trust import Trust
from kiosk.documents.reasons import REASON_KEYS
from kiosk.hw.mdoc.exchange import converse
from kiosk.hw.mdoc.framing import Joiner, parts
from kiosk.hw.mdoc.loopback import Loopback, LoopbackChannel
from kiosk.hw.mdoc.port import PhoneLost
from kiosk.model.documents import Contactless, PhoneCode, PhoneLooks, PhoneServes, PhotoId
from tests.documents.scans import DATES, ROBIN, facts, read, robin

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
AUTHORITY = Authority(at=NOW)
ANNEX_D = {
    name: bytes.fromhex("".join(lines))
    for name, lines in json.loads(Path(__file__).with_name("annex_d.json").read_text("ascii")).items()
}
ANNEX_ASKED = {
    NAMES: frozenset(
        {"family_name", "issue_date", "expiry_date", "document_number", "portrait", "driving_privileges"}
    )
}  # fmt: skip
ANNEX_NOW = datetime(2020, 10, 5, tzinfo=UTC)


def key(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(ANNEX_D[f"{name}_key_d"], "big"), ec.SECP256R1())


def annex_d(data: bytes = ANNEX_D["device_response"], now: datetime = ANNEX_NOW, asked=None, root: str = "iaca_root"):
    return response.verified(
        data,
        asked=ANNEX_ASKED if asked is None else asked,
        agreed=cbor2.loads(cbor2.loads(ANNEX_D["session_transcript_bytes"]).value),
        reader_key=key("ephemeral_reader"),
        trust=Trust((x509.load_der_x509_certificate(ANNEX_D[root]),) if root else ()),
        now=now,
    )


TRUST = Trust((AUTHORITY.root,))


def presented(wallet: Wallet, trust: Trust = TRUST, now: datetime = NOW) -> PhotoId | str:
    asking = Presentation(engagement.of_code(wallet.code), trust, lambda: now)
    return asking.judge(wallet.hear(asking.first))


def wallet(**more) -> Wallet:
    return Wallet(ROBIN, more.pop("authority", AUTHORITY), **{**DATES, **more})


# --- the example of the standard, annex D


@pytest.mark.requirement("PAT-03")
def test_the_standards_engagement_is_understood():
    found = engagement.of_code("mdoc:" + urlsafe_b64encode(ANNEX_D["device_engagement"]).decode())
    assert engagement.device_key(found.engagement) == key("ephemeral_device").public_key()
    assert found.ways == (PhoneLooks(service="45efef74-2b2c-4837-a9a3-b0e1d05a6917"),)


@pytest.mark.requirement("PAT-03")
def test_the_standards_session_is_spoken_byte_for_byte():
    """Keys, transcript and both encrypted messages of the example, from its ephemeral keys alone."""
    ours = cbor.write(cose.write_key(key("ephemeral_reader").public_key()))
    annex = cbor2.loads(cbor2.loads(ANNEX_D["session_transcript_bytes"]).value)
    # the example's session was engaged by NFC: its handover stands in the transcript
    select, request = annex[2]
    agreed = session.transcript(engagement.read(annex[0].value, select=select, request=request), ours)
    assert session.transcript_bytes(agreed) == ANNEX_D["session_transcript_bytes"]
    theirs = engagement.device_key(annex[0].value)
    assert theirs == key("ephemeral_device").public_key()
    reader = session.Session(key("ephemeral_reader"), theirs, agreed)
    assert session.establishment(ours, reader.encrypt(ANNEX_D["device_request"])) == ANNEX_D["session_establishment"]
    sealed, status = session.read_message(ANNEX_D["session_data"])
    assert (reader.decrypt(sealed), status) == (ANNEX_D["device_response"], None)
    assert session.read_message(ANNEX_D["session_termination"]) == (None, session.ENDED)
    assert session.message(status=session.ENDED) == ANNEX_D["session_termination"]


@pytest.mark.requirement("PAT-03")
def test_the_standards_licence_is_proven():
    """Issuer, certificate chain, six digests, and the phone by its code: all of the example's own making."""
    elements, signer = annex_d()
    facts_of = elements[NAMES]
    assert (facts_of["family_name"], facts_of["document_number"]) == ("Doe", "123456789")
    assert (facts_of["issue_date"], facts_of["expiry_date"]) == (date(2019, 10, 20), date(2024, 10, 20))
    assert signer.country == "US"


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"now": datetime(2021, 10, 2, tzinfo=UTC)}, "mobile_outdated"),
        ({"now": datetime(2020, 9, 30, tzinfo=UTC)}, "mobile_outdated"),
        ({"root": ""}, "mobile_untrusted"),
        ({"asked": {NAMES: frozenset({"family_name"})}}, "mobile_unasked"),
    ],
    ids=str,
)
def test_the_standards_licence_is_refused_at_another_time_or_without_its_root(changes, reason):
    with pytest.raises(NotProven) as refused:
        annex_d(**changes)
    assert refused.value.reason_key == reason


def test_any_flipped_bit_of_the_standards_licence_is_found():
    """Three hundred of its bytes, spread evenly. What the standard leaves unsigned holds nothing that is taken."""
    whole = annex_d()[0]

    def said(data: bytes):
        try:
            return annex_d(data)[0]
        except NotProven as refused:
            return refused.reason_key

    for at in range(0, len(ANNEX_D["device_response"]), 12):
        data = bytearray(ANNEX_D["device_response"])
        data[at] ^= 1 << at % 8
        found = said(bytes(data))
        assert found == whole or found in REASON_KEYS


# --- issuers of our own


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize("by_mac", [False, True], ids=["signature", "code"])
def test_a_phone_gives_the_same_photo_id_as_the_plastic(by_mac):
    found = presented(wallet(by_mac=by_mac))
    assert isinstance(found, PhotoId), found
    assert facts(found) == facts(read(robin()))
    assert found.standard == "ISO-18013-5"


@pytest.mark.requirement("PAT-03")
def test_only_what_a_photo_id_needs_is_asked_for_and_none_of_it_to_be_kept():
    phone, asked = wallet(), []
    original = phone._response
    phone._response = lambda request, *rest: (asked.append(request), original(request, *rest))[1]
    assert isinstance(presented(phone), PhotoId)
    items = cbor2.loads(asked[0]["docRequests"][0]["itemsRequest"].value)
    assert items["docType"] == LICENCE
    named = {name for space in items["nameSpaces"].values() for name in space}
    assert named.isdisjoint({"portrait", "resident_address", "weight", "driving_privileges", "age_over_21"})
    assert not any(keep for space in items["nameSpaces"].values() for keep in space.values())


def document(found: dict) -> dict:
    return found["documents"][0]


def swap_element(found: dict) -> None:
    """Another birth date in place of the signed one."""
    items = document(found)["issuerSigned"]["nameSpaces"][MAIN]
    for n, item in enumerate(items):
        content = cbor2.loads(item.value)
        if content["elementIdentifier"] == "birth_date":
            content["elementValue"] = CBORTag(1004, "1980-01-01")
            items[n] = CBORTag(24, cbor2.dumps(content))


def other_device(found: dict) -> None:
    """A copy of somebody's data, proven by a phone that the issuer never saw."""
    auth = document(found)["deviceSigned"]["deviceAuth"]["deviceSignature"]
    auth[3] = bytes(64)


FORGERIES = {
    "an element changed": (swap_element, "mobile_forged"),
    "another phone": (other_device, "mobile_other_phone"),
    "no proof of the phone": (
        lambda found: document(found)["deviceSigned"]["deviceAuth"].clear(), "mobile_other_phone",
    ),
    "the issuer's signature gone": (
        lambda found: document(found)["issuerSigned"]["issuerAuth"].__setitem__(3, b""), "mobile_forged",
    ),
    "the certificates gone": (
        lambda found: document(found)["issuerSigned"]["issuerAuth"].__setitem__(1, {}), "mobile_forged",
    ),
    "a name space nobody signed": (
        lambda found: document(found)["issuerSigned"]["nameSpaces"].update({"x": []}), "mobile_damaged",
    ),
    "an element twice": (
        lambda found: document(found)["issuerSigned"]["nameSpaces"][MAIN].append(
            document(found)["issuerSigned"]["nameSpaces"][MAIN][0]
        ),
        "mobile_unasked",
    ),
    "another document": (lambda found: document(found).__setitem__("docType", "org.example.pass"), "mobile_unasked"),
    "two documents": (lambda found: found["documents"].append(document(found)), "mobile_unasked"),
    "no document": (lambda found: found["documents"].clear(), "mobile_not_shared"),
    "the holder said no": (lambda found: found.__setitem__("status", 10), "mobile_not_shared"),
    "nonsense": (lambda found: found.clear(), "mobile_damaged"),
}  # fmt: skip


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize(("forge", "reason"), FORGERIES.values(), ids=FORGERIES)
def test_what_a_thief_changes_is_found(forge, reason):
    assert presented(wallet(forge=forge)) == reason


@pytest.mark.requirement("PAT-03")
def test_what_was_not_asked_for_is_not_taken_though_the_issuer_signed_it():
    phone = wallet()
    (portrait,) = [item for item in phone._items[MAIN] if b"portrait" in item.value]
    phone._forge = lambda found: document(found)["issuerSigned"]["nameSpaces"][MAIN].append(portrait)
    assert presented(phone) == "mobile_unasked"


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize(
    ("security", "reason"),
    [
        ({"docType": "org.example.pass"}, "mobile_forged"),
        ({"digestAlgorithm": "MD5"}, "mobile_unsupported"),
        ({"version": "2.0"}, "mobile_forged"),
        ({"validityInfo": {}}, "mobile_damaged"),
        ({"valueDigests": {}}, "mobile_damaged"),
        ({"deviceKeyInfo": {"deviceKey": {1: 2, -1: 1, -2: bytes(32), -3: bytes(32)}}}, "mobile_damaged"),
        ({"deviceKeyInfo": {"deviceKey": {1: 2, -1: 9, -2: bytes(32), -3: bytes(32)}}}, "mobile_unsupported"),
    ],
    ids=str,
)
def test_a_signed_licence_that_is_not_as_the_standard_has_it(security, reason):
    assert presented(wallet(security=security)) == reason


@pytest.mark.requirement("PAT-03")
def test_time_and_trust():
    assert presented(wallet(), now=NOW + timedelta(days=31)) == "mobile_outdated"
    assert presented(wallet(), now=NOW - timedelta(days=1)) == "mobile_outdated"
    assert presented(wallet(), now=NOW + timedelta(days=500)) == "mobile_outdated"
    assert presented(wallet(), Trust(())) == "mobile_untrusted"
    assert presented(wallet(), Trust((Authority(at=NOW).root,))) == "mobile_untrusted"
    assert presented(wallet(), Trust((AUTHORITY.signer,))) == "mobile_untrusted"


@pytest.mark.requirement("PAT-03")
def test_a_signer_that_its_authority_took_back_is_refused_and_so_is_what_cannot_be_known():
    serial = AUTHORITY.signer.serial_number

    def with_list(*serials: int, days: int = 30, now: datetime = NOW, by: Authority = AUTHORITY) -> PhotoId | str:
        return presented(wallet(), Trust((AUTHORITY.root, by.root), (by.revocation_list(*serials, days=days),)), now)

    assert isinstance(with_list(serial + 1), PhotoId)
    assert with_list(serial) == "mobile_revoked"
    assert with_list(days=0, now=NOW + timedelta(hours=1)) == "mobile_unchecked"
    assert with_list(serial, days=0, now=NOW + timedelta(hours=1)) == "mobile_revoked", "an old list still says so"
    assert isinstance(with_list(serial, by=Authority(at=NOW)), PhotoId), "another authority's list says nothing"


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize("element", ["family_name", "birth_date", "expiry_date", "document_number"])
def test_a_holder_who_keeps_something_back_has_shown_no_photo_id(element):
    assert presented(wallet(keeps_back=(element,))) == "mobile_partial"


def test_roots_come_from_a_bundle_and_are_authorities():
    def pem(*certificates: x509.Certificate) -> bytes:
        return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in certificates)

    other = Authority(at=NOW).root
    assert trust.load(pem(AUTHORITY.root, other)) == Trust((AUTHORITY.root, other))
    for bad in (b"", b"nonsense", pem(AUTHORITY.root, AUTHORITY.signer)):
        with pytest.raises(ValueError, match=r"PEM|authority"):
            trust.load(bad)


@pytest.mark.requirement("PAT-03")
def test_an_issuer_speaks_for_itself_alone():
    assert presented(wallet(changed={"issuing_jurisdiction": "US-GA"})) == "mobile_forged"
    assert presented(wallet(changed={"issuing_country": "CA"})) == "mobile_forged"


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize(
    "missing",
    ["family_name", "birth_date", "expiry_date", "document_number", "issuing_country", "issuing_jurisdiction"],
)
def test_a_licence_without_name_birth_or_number_is_nobodys(missing):
    assert presented(wallet(changed={missing: None})) == "mobile_partial"


def test_a_name_can_do_nothing_to_a_printer():
    assert presented(wallet(changed={"family_name": "EX\x1bAMPLE"})) == "control_characters"


@pytest.mark.requirement("PAT-03")
def test_an_answer_recorded_earlier_proves_nothing_now():
    phone = wallet()
    first = Presentation(engagement.of_code(phone.code), TRUST, lambda: NOW)
    recorded = phone.hear(first.first)
    assert isinstance(first.judge(recorded), PhotoId)
    assert first.judge(recorded) == "mobile_damaged", "the same answer a second time"
    assert Presentation(engagement.of_code(phone.code), TRUST, lambda: NOW).judge(recorded) == "mobile_damaged"


# --- bytes of strangers


@pytest.mark.parametrize(
    "code",
    [
        "mdoc:", "mdoc:!!!!", "mdoc:AA", "mdoc:oA", "http://x", "mdoc:" + "A" * 9000,
        "mdoc:" + urlsafe_b64encode(cbor2.dumps({0: "2.0"})).decode(),
        "mdoc:" + urlsafe_b64encode(cbor2.dumps({0: "1.0", 1: [2, CBORTag(24, b"")]})).decode(),
    ],
)  # fmt: skip
def test_a_qr_code_that_is_no_engagement_is_refused(code):
    with pytest.raises(NotProven):
        engagement.of_code(code)


@given(st.one_of(st.binary(max_size=80), st.binary(max_size=60).map(lambda data: cbor2.dumps({"data": data}))))
def test_any_answer_is_a_photo_id_or_a_named_refusal(answer):
    assert Presentation(engagement.read(stranger()), TRUST, lambda: NOW).judge(answer) in REASON_KEYS


def stranger() -> bytes:
    return engagement.write(new_key().public_key())


@settings(max_examples=60)
@given(st.data())
def test_any_response_that_is_cbor_is_a_photo_id_or_a_named_refusal(data):
    """A sound response with one value, anywhere in it, replaced by another."""
    strange = data.draw(
        st.sampled_from([None, True, 0, -1, 1 << 70, "", b"", [], {}, 1.5, CBORTag(24, b"\xff"), "x" * 99])
    )
    steps = data.draw(st.lists(st.integers(0, 20), min_size=1, max_size=7))

    def forge(found):
        place, parent, at = found, None, None
        for step in steps:
            keys = list(place) if isinstance(place, dict) else range(len(place)) if isinstance(place, list) else ()
            if not keys:
                break
            parent, at = place, list(keys)[step % len(keys)]
            place = parent[at]
        parent[at] = strange

    found = presented(wallet(forge=forge))
    assert isinstance(found, PhotoId) or found in REASON_KEYS


@pytest.mark.parametrize(
    "data",
    [b"\x81" * 200 + b"\x01", b"\x01\x02", b"\xa2\x01\x01\x01\x01", b"\xd8\x1c\x81\xd8\x1d\x00", b"\xd8\x23\x62a*"],
)
def test_cbor_that_means_harm_is_refused(data):
    """Depth, a second value, a repeated key, a reference into itself, a pattern."""
    with pytest.raises(NotProven):
        cbor.read(data)


# --- the way through the air


def reached(channel: LoopbackChannel, phone: Wallet, patience: float = 60.0):
    """A conversation over one channel, from reaching the phone to the farewell."""
    code = engagement.of_code(phone.code)
    return converse([Loopback(lambda: channel)], code, Presentation(code, TRUST, lambda: NOW), patience=patience)


async def test_a_whole_exchange_over_the_loop_back():
    phone = wallet(by_mac=True)
    channel = LoopbackChannel(phone.hear, mtu=23)
    found = await reached(channel, phone)
    assert isinstance(found, PhotoId)
    assert facts(found) == facts(read(robin()))
    assert (phone.ended, channel.closed) == (True, True)


async def test_a_phone_that_goes_away_or_is_silent_gives_nobody():
    phone = wallet()
    for at in (0, 1, 5, 9):
        channel = LoopbackChannel(phone.hear, lose_at=at)
        with pytest.raises(PhoneLost) as lost:
            await reached(channel, phone)
        assert (lost.value.reason_key, channel.closed) == ("mobile_gone", True)
    silent = LoopbackChannel(lambda _: None)
    with pytest.raises(PhoneLost) as lost:
        await reached(silent, phone, patience=0.01)
    assert (lost.value.reason_key, silent.closed) == ("mobile_silent", True)


@given(st.binary(max_size=600), st.integers(5, 515))
def test_messages_survive_their_parts(message, mtu):
    joiner, found = Joiner(), None
    pieces = list(parts(message, mtu))
    assert all(len(piece) <= mtu - 3 for piece in pieces)
    for n, piece in enumerate(pieces):
        found = joiner.feed(piece)
        assert (found is None) == (n < len(pieces) - 1)
    assert found == message


def test_a_part_that_is_none_and_a_flood_are_refused():
    for bad in (b"", b"\x07x", b"\x01" + bytes((1 << 20) + 1)):
        with pytest.raises(PhoneLost):
            Joiner().feed(bad)


def test_a_digest_is_over_the_bytes_the_phone_sent():
    """The written-out check of the example's first element, without any code of ours."""
    found = cbor2.loads(ANNEX_D["device_response"])["documents"][0]["issuerSigned"]
    item = found["nameSpaces"][NAMES][0]
    signed = cbor2.loads(cbor2.loads(found["issuerAuth"][2]).value)["valueDigests"][NAMES]
    assert sha256(cbor2.dumps(item)).digest() == signed[cbor2.loads(item.value)["digestID"]]


# --- held to a reader

PARAMETER = ndef.write([ndef.Record(ndef.WELL_KNOWN, b"Tp", b"\x10\x13urn:nfc:sn:handover\x00\x10\x0f\x07\xff")])
ACCEPTED = ndef.write([ndef.Record(ndef.WELL_KNOWN, b"Te", b"\x00")])
SERVICE = "0b6ca9f0-5b47-4f3a-9d5e-3c0d5c1f7a11"


@pytest.mark.requirement("PAT-03")
def test_the_standards_handover_is_understood():
    """Annex D was engaged by NFC: asked for every carrier of ours, the phone will look for the service we named."""
    annex = cbor2.loads(cbor2.loads(ANNEX_D["session_transcript_bytes"]).value)
    select, theirs = annex[2]
    engaging = Engaging(bluetooth=True, contactless=Contactless())
    selecting = engaging.hear(PARAMETER)
    assert ndef.read(selecting) == [ndef.Record(ndef.WELL_KNOWN, b"Ts", b"\x13urn:nfc:sn:handover")]
    ours = engaging.hear(ACCEPTED)
    found = engaging.hear(select)
    assert (found.engagement, found.select, found.request) == (annex[0].value, select, ours)
    (way,) = found.ways
    assert isinstance(way, PhoneLooks)
    assert UUID(way.service).bytes[::-1] in ours

    def carriers(message: bytes) -> list[bytes]:
        return [record.kind for record in ndef.read(message)]

    wifi = b"application/vnd.wfa.nan"
    assert carriers(ours) == [kind for kind in carriers(theirs) if kind != wifi]


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize(
    "ways",
    [
        (PhoneServes(service=SERVICE),),
        (PhoneLooks(service=SERVICE),),
        (PhoneServes(service=SERVICE), PhoneLooks(service=SERVICE)),
        (Contactless(most_command=0xFFFF, most_answer=0x10000),),
        (PhoneServes(service=SERVICE), Contactless()),
    ],
    ids=str,
)
def test_a_static_handover_names_the_ways_and_its_session_is_proven(ways):
    phone = wallet()
    phone.handover = [handover.select(phone.engagement, ways), None]
    found = Engaging(bluetooth=True).hear(phone.handover[0])
    assert found.ways == ways
    asking = Presentation(found, TRUST, lambda: NOW)
    assert isinstance(asking.judge(phone.hear(asking.first)), PhotoId)
    by_code = Presentation(engagement.of_code(phone.code), TRUST, lambda: NOW)
    with pytest.raises(InvalidTag):
        phone.hear(by_code.first)


def test_the_ways_survive_the_code():
    ways = (Contactless(), PhoneServes(service=SERVICE), PhoneLooks(service=SERVICE))
    found = engagement.of_code(engagement.code(engagement.write(new_key().public_key(), ways)))
    assert found.ways == ways
    assert len(found.ident) == 16
    strange = [[2, 2, {}], [9, 1, {}], [1, 1]]
    assert engagement.of_code(wallet(methods=strange).code).ways == (Contactless(),)
    for bad in ([2, 1, {0: True}], [2, 1, {0: True, 10: b"short"}], [1, 1, {0: 9}], [1, 1, {0: True}], ["x", 1]):
        with pytest.raises(NotProven):
            engagement.of_code(wallet(methods=[bad]).code)


@pytest.mark.parametrize(
    "messages",
    [
        [b""], [b"\xd1"], [ACCEPTED], [PARAMETER, PARAMETER], [PARAMETER, ACCEPTED, ACCEPTED],
        [PARAMETER, ndef.write([ndef.Record(ndef.WELL_KNOWN, b"Te", b"\x81")])],
        [ndef.write([ndef.Record(ndef.WELL_KNOWN, b"U", b"\x01example.com")])],
        [ndef.write([ndef.Record(ndef.WELL_KNOWN, b"Hs", b"\x15")])],
    ],
    ids=lambda messages: messages[-1].hex()[:12],
)  # fmt: skip
def test_what_is_held_to_the_reader_and_offers_no_licence_is_refused(messages):
    engaging = Engaging(bluetooth=True)
    *first, last = messages
    for message in first:
        engaging.hear(message)
    with pytest.raises(NotProven):
        engaging.hear(last)


@given(st.data())
def test_any_altered_handover_is_an_offer_or_a_named_refusal(data):
    whole = bytearray(handover.select(stranger(), (PhoneServes(service=SERVICE), Contactless())))
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        said = Engaging(bluetooth=True).hear(bytes(whole))
    except NotProven as refused:
        said = refused.reason_key
    assert isinstance(said, PhoneCode) or said in REASON_KEYS


@given(st.lists(st.builds(
    ndef.Record, st.integers(0, 7), st.binary(max_size=40), st.binary(max_size=600), st.binary(max_size=9)
), min_size=1, max_size=4))  # fmt: skip
def test_records_survive_their_message(records):
    assert ndef.read(ndef.write(records)) == records
