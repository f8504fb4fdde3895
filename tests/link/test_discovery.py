"""The hub's key, and what it says about itself."""

import asyncio
import hashlib
import stat

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate
from zeroconf import DNSQuestionType, IPVersion, Zeroconf
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from kiosk.hub import discovery, identity
from kiosk.hub.discovery import Advertiser
from kiosk.hub.identity import Identity
from kiosk.model.errors import Refused, Unavailable
from kiosk.model.pairing import ED25519_SPKI
from tests.link.fake_hub import new_identity

HERE = ("127.0.0.1",)


def test_the_key_is_made_once_and_is_the_owners_alone(tmp_path):
    path = tmp_path / "keys" / "hub.pem"
    made = Identity.load_or_make(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Identity.load_or_make(path).fingerprint == made.fingerprint
    assert [it.name for it in path.parent.iterdir()] == ["hub.pem"]
    assert made.fingerprint == hashlib.sha256(ED25519_SPKI + made.public_key).hexdigest()


@pytest.mark.parametrize(
    "content", [b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_damaged_key_is_never_replaced(tmp_path, content):
    path = tmp_path / "hub.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(Unavailable, match="damaged"):
        Identity.load_or_make(path)
    assert path.read_bytes() == content


def test_a_key_that_others_can_read_is_refused(tmp_path):
    path = tmp_path / "hub.pem"
    Identity.load_or_make(path)
    path.chmod(0o644)
    with pytest.raises(Unavailable, match="600"):
        Identity.load_or_make(path)


def test_two_starts_at_once_use_the_same_key(tmp_path, monkeypatch):
    path = tmp_path / "hub.pem"
    write = identity._write_new

    def write_late(late_path, pem):
        monkeypatch.setattr(identity, "_write_new", write)
        faster.append(Identity.load_or_make(path))
        write(late_path, pem)

    faster: list[Identity] = []
    monkeypatch.setattr(identity, "_write_new", write_late)
    slower = Identity.load_or_make(path)
    assert slower.fingerprint == faster[0].fingerprint == Identity.load_or_make(path).fingerprint


def test_the_key_is_in_no_repr():
    made = new_identity()
    assert repr(made) == f"<Identity {made.fingerprint[:16]}>"


def test_the_certificate_is_made_of_the_key_alone_and_has_no_last_day():
    made = new_identity()
    first, second = (load_pem_x509_certificate(made._certificate()) for _ in range(2))
    assert first == second
    assert first.not_valid_after_utc.year == 9999
    spki = first.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert hashlib.sha256(spki).hexdigest() == made.fingerprint


@pytest.mark.requirement("PRV-04")
async def test_the_announcement_holds_a_hub_id_and_part_of_a_fingerprint_and_nothing_else(service):
    made = new_identity()
    advertiser = Advertiser(made, hub_id="hub-a", port=8440, interfaces=HERE)
    await advertiser.start()
    network = AsyncZeroconf(interfaces=list(HERE), ip_version=IPVersion.V4Only)
    try:
        info = AsyncServiceInfo(service, f"hub-a.{service}")
        assert await info.async_request(network.zeroconf, 3000, question_type=DNSQuestionType.QM)
        assert info.decoded_properties == {"v": "1", "id": "hub-a", "fp": made.fingerprint[:16]}
        assert (info.server, info.port, info.parsed_addresses()) == ("hub-a.local.", 8440, ["127.0.0.1"])
    finally:
        await network.async_close()
        await advertiser.close()


def test_the_service_has_its_written_name(real_service):
    assert real_service == "_dispensary-hub._tcp.local."


async def test_a_second_hub_with_the_same_id_on_this_machine_is_told_so(monkeypatch):
    """The library's own probes may miss it there; they are switched off to see that ours does not."""

    async def no_probes(*_: object) -> None:
        pass

    monkeypatch.setattr(Zeroconf, "async_check_service", no_probes)
    first = Advertiser(new_identity(), hub_id="hub-a", port=8440, interfaces=HERE)
    await first.start()
    second = Advertiser(new_identity(), hub_id="hub-a", port=8441, interfaces=HERE)
    try:
        with pytest.raises(Refused) as taken:
            await second.start()
    finally:
        await second.close()
        await first.close()
    refusal = taken.value.refusal
    assert refusal.rule == "hub.name_taken"
    assert "hub-a" in str(refusal.reason)


async def test_a_hub_without_a_network_starts_and_is_announced_when_there_is_one(service, monkeypatch):
    addresses = [("203.0.113.9",)]
    monkeypatch.setattr(discovery, "_own_addresses", lambda: addresses[-1])
    advertiser = Advertiser(new_identity(), hub_id="hub-late", port=8440, look_again=0.02)
    await advertiser.start()
    addresses.append(HERE)
    network = AsyncZeroconf(interfaces=list(HERE), ip_version=IPVersion.V4Only)
    try:
        info = AsyncServiceInfo(service, f"hub-late.{service}")
        async with asyncio.timeout(10):
            while not await info.async_request(network.zeroconf, 500, question_type=DNSQuestionType.QM):
                pass
        assert info.parsed_addresses() == ["127.0.0.1"]
    finally:
        await network.async_close()
        await advertiser.close()


@pytest.mark.parametrize(
    ("own", "told"),
    [(["127.0.0.1", "192.0.2.2"], ["192.0.2.2"]), (["127.0.0.1"], ["127.0.0.1"]), (["192.0.2.2"], ["192.0.2.2"])],
)
def test_a_loopback_address_is_told_to_nobody_where_there_is_another(own, told):
    assert discovery._for_others(own) == told


@pytest.mark.parametrize("name", ["", "hub a", "hub.a", "-hub", "h" * 64, "hub\n"])
def test_a_hub_id_is_one_plain_word(name):
    with pytest.raises(ValueError, match="letters"):
        Advertiser(new_identity(), hub_id=name, port=8440)
