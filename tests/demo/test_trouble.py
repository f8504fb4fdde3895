"""Trouble at the door: whatever is wrong, the kiosk says the same; the counter is told why, and it is on record."""

from datetime import timedelta

import pytest
from msgspec.structs import asdict, replace

from kiosk.demo.specimens import licence, patient_card
from kiosk.model.clock import SystemClock, local_date
from kiosk.model.records import VisitRefused
from tests.demo.store import Store

pytestmark = pytest.mark.process


def passport(digit: str) -> bytes:
    """One whose check digits do not fit: somebody altered it, or the reader saw it wrongly."""
    second = f"X1234567<{digit}UTO8405174X3001012<<<<<<<<<<<<<<00"
    return f"{'P<UTORIVERS<<ROWAN<LEE':<<44}\n{second}".encode()


def licence_of(store: Store, about: str, *, issued: int, expires: int) -> bytes:
    """The ID of this person with other days, counted from today."""
    (patient,) = [each for each in store.shop.seed.patients if each.about.startswith(about)]
    today = local_date(SystemClock().now(), store.shop.seed.store.zone)
    return licence(
        patient.on_photo_id,
        number=patient.photo_id.number,
        issued=today + timedelta(days=issued),
        expires=today + timedelta(days=expires),
    )


@pytest.mark.requirement("PAT-04", "PAT-06", "PAT-11")
async def test_whatever_is_wrong_at_the_door_looks_the_same_there_and_has_its_reason_at_the_counter(tmp_path):
    async with Store.opened(tmp_path / "store") as store:
        well = store.papers("Everything is in order.")
        twin, other_twin = store.papers("Twin of the next"), store.papers("Twin of the one before")
        minor = store.papers("A minor")
        cases = {
            "card.unreadable": (b"%%% one", b"%%% two", b"%%% three"),
            "id.unreadable": (well.card, *(passport(digit) for digit in "123")),
            "given.differs": (twin.card, other_twin.photo_id),
            "id.expired": tuple(vars(store.papers("The photo ID has ended."))[each] for each in ("photo_id", "card")),
            "id.not_yet_valid": (well.card, licence_of(store, "Everything", issued=3, expires=900)),
            "age.minor": (minor.card, minor.photo_id),
            "registry.not_found": (patient_card("P9ZZ99ZZ"), well.photo_id),
        }
        for about, status in (
            ("The card has ended", "expired"),
            ("The registration is suspended", "suspended"),
            ("The registration was revoked", "revoked"),
            ("The application is pending", "pending"),
            ("The registry knows of a death", "deceased"),
        ):
            papers = store.papers(about)
            cases[f"registry.{status}"] = (papers.card, papers.photo_id)
        await store.sign_in()
        kiosk, reasons, next_steps = [], {}, {}
        for rule, codes in cases.items():
            shown = await store.check_in(*codes)
            assert shown.ticket is not None
            kiosk.append(replace(shown, ticket=None))
            concerns = await store.referred(shown.ticket.ticket_id)
            reasons[rule] = {each.rule: str(each.reason) for each in concerns}
            next_steps[rule] = [str(each.next_step) for each in concerns]
        for rule, said in reasons.items():
            assert rule in said
            assert said[rule]
            assert all(next_steps[rule])
        assert len({said[rule] for rule, said in reasons.items()}) == len(cases)
        assert all(picture == kiosk[0] for picture in kiosk)
        assert asdict(kiosk[0])["admitted"] is False
        refused = await store.facts(VisitRefused)
        assert [set(fact.rules) for fact in refused] == [set(said) for said in reasons.values()]
