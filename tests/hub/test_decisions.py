"""A pharmacist decides where the law or the store wants it: on record, by another person, before anything leaves."""

from importlib.resources import files

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DatabaseError

from kiosk.hub.ledger import broken_at
from kiosk.hub.schema import decisions, flags
from kiosk.model import questions as q
from kiosk.model import records as r
from kiosk.model.errors import Refusal
from kiosk.model.orders import DecisionState
from tests.hub.world import FLOWER, PIN, TAG, TINCTURE, trial

FLORIDA = (files("kiosk.rules") / "packs" / "fl.toml").read_text(encoding="utf-8")
RULE = """
[[versions.pharmacist]]
key = "{key}"
says = "A pharmacist looks at every order of this kind."
{which}
citation = "Invented Act 7"
as_of = "2025"
confidence = "high"
"""


def law(folder, *rules: str):
    (folder / "fl.toml").write_text(FLORIDA + "".join(rules))
    return folder


def rule(key: str = "first", which: str = "") -> str:
    return RULE.format(key=key, which=which)


def policy(folder, which: str = ""):
    file = folder / "policy.toml"
    file.write_text(rule("all", which).replace("versions.", "").replace("Invented Act 7", "Store policy 12"))
    return file


async def signed_in(shop, terminal: str, who: str) -> str:
    """A session of its own, beside whoever works there."""
    return (await shop.ask(terminal, q.SignIn(badge=f"B-{who}", pin=PIN))).session_id


def decision(order, session_id: str, staff_id: str = "ph1", *, approved: bool = True, **other) -> r.OrderDecided:
    said = {
        "order_id": order.order_id,
        "session_id": session_id,
        "staff_id": staff_id,
        "approved": approved,
        "rules": tuple(each.rule for each in order.wanted),
        "digest": order.digest,
    }
    return r.OrderDecided(**{**said, **other})


async def state_of(shop, order) -> DecisionState:
    return (await shop.ask("counter-1", q.AskOrder(order_id=order.order_id))).decision


@pytest.mark.requirement("ORD-06")
async def test_with_the_rule_on_an_order_is_handed_over_after_a_pharmacists_word_alone(tmp_path):
    async with trial(tmp_path, packs=law(tmp_path, rule())) as shop:
        visit = await shop.attended()
        order = await shop.ordered(visit)
        assert [(each.rule, each.citation) for each in order.wanted] == [("FL.first", "Invented Act 7")]
        assert order.decision is DecisionState.WAITING
        claim = q.ClaimLine(key="c1", session_id=await shop.session("vault-1", "p1"), line_id=order.lines[0].line_id)
        for wish in (claim, q.ClaimLine(key="c2", session_id=claim.session_id, tag=TAG)):
            refused = await shop.ask("vault-1", wish)
            assert (refused.rule, refused.citation, refused.differs) == ("FL.first", "Invented Act 7", "pharmacist")
        pic = await signed_in(shop, "counter-1", "ph1")
        assert (await shop.tell("counter-1", decision(order, pic))).flagged == {}
        assert await state_of(shop, order) is DecisionState.APPROVED
        units = await shop.proven(visit, await shop.picked(order))
        permit = await shop.permitted(visit, order)
        assert (await shop.tell("counter-1", shop.handed_over(visit, order, permit, units))).flagged == {}
        rows = await shop.hub.database.write(lambda c: c.execute(select(decisions)).all())
        assert [(row.decision, row.staff_id, row.name, row.terminal) for row in rows] == [
            ("approved", "ph1", "Pharmacist ph1", "counter-1")
        ]
        assert await shop.hub.database.write(broken_at) is None
        with pytest.raises(DatabaseError):
            await shop.hub.database.write(lambda c: c.execute(decisions.update().values(staff_id="t1")))


@pytest.mark.requirement("ORD-06")
async def test_no_way_round_the_decision_leads_to_a_permit(tmp_path):
    """Everything another terminal, person or record could try: kept, told to the manager, and counted for nothing."""
    async with trial(tmp_path, packs=law(tmp_path, rule())) as shop:
        visit = await shop.attended()
        order = await shop.ordered(visit)
        mine = await shop.session("counter-1")
        sessions = {who: await signed_in(shop, "counter-1", who) for who in ("t2", "ph1", "ph2")}
        elsewhere = await signed_in(shop, "counter-2", "ph1")
        over = await signed_in(shop, "counter-1", "ph2")
        await shop.tell("counter-1", r.SignedOut(session_id=over, reason="asked"))
        attempts = {
            "by the technician who took it": ("counter-1", decision(order, mine, "t1")),
            "by another technician": ("counter-1", decision(order, sessions["t2"], "t2")),
            "in a pharmacist's name": ("counter-1", decision(order, sessions["t2"], "ph1")),
            "by nobody": ("counter-1", decision(order, "", "")),
            "by a session that is over": ("counter-1", decision(order, over, "ph2")),
            "by a session of another terminal": ("counter-1", decision(order, elsewhere, "ph1")),
            "from another counter": ("counter-2", decision(order, elsewhere, "ph1")),
            "from the door": ("door", decision(order, sessions["ph1"], "ph1")),
            "about another order": ("counter-1", decision(order, sessions["ph1"], order_id="o")),
            "about what was not ordered": ("counter-1", decision(order, sessions["ph1"], digest="0" * 64)),
            "by another rule": ("counter-1", decision(order, sessions["ph1"], rules=("FL.other",))),
            "by no rule": ("counter-1", decision(order, sessions["ph1"], rules=())),
        }
        for name, (terminal, fact) in attempts.items():
            assert len((await shop.tell(terminal, fact)).flagged) == 1, name
            assert await state_of(shop, order) is DecisionState.WAITING, name
        refused = await shop.permitted(visit, order)
        assert isinstance(refused, Refusal)
        picked = r.UnitPicked(line_id=order.lines[0].line_id, tag=TAG, item=0, n=1, place="V-A3-2")
        assert (await shop.tell("vault-1", picked)).flagged
        units = tuple(
            r.DispensedUnit(line_id=line.line_id, number=line.dispense_numbers[0], print_no=1, tag=TAG)
            for line in order.lines
        )
        forged = q.Permit(permit_id="p", order_id=order.order_id, external_number="X")
        flagged = (await shop.tell("counter-1", shop.handed_over(visit, order, forged, units))).flagged
        assert list(flagged.values()) == ["dispensed without a permit of this hub"]


@pytest.mark.requirement("ORD-06")
async def test_who_is_the_pharmacist_and_took_the_order_does_not_decide_about_it(tmp_path):
    async with trial(tmp_path, packs=law(tmp_path, rule())) as shop:
        visit = await shop.attended()
        shop.sessions["counter-1"] = await signed_in(shop, "counter-1", "ph1")
        order = await shop.ordered(visit)
        (reason,) = (await shop.tell("counter-1", decision(order, shop.sessions["counter-1"]))).flagged.values()
        assert reason == "a decision about an order does not count: store.own_order"
        other = await signed_in(shop, "counter-1", "ph2")
        assert (await shop.tell("counter-1", decision(order, other, "ph2"))).flagged == {}


@pytest.mark.requirement("ORD-06")
async def test_at_a_handheld_the_pharmacist_sees_the_order_and_no_patient(tmp_path):
    async with trial(tmp_path, packs=law(tmp_path, rule())) as shop:
        visit = await shop.attended()
        order = await shop.ordered(visit)
        line = order.lines[0].line_id
        technician = await shop.session("vault-1", "p1")
        assert (await shop.ask("vault-1", q.AskDecision(session_id=technician, line_id=line))).rule == (
            "store.not_a_pharmacist"
        )
        pic = await signed_in(shop, "vault-1", "ph1")
        shown = await shop.ask("vault-1", q.AskDecision(session_id=pic, line_id=line))
        assert shown == order
        assert visit.profile.person.family not in repr(shown)
        for unknown in (q.AskDecision(session_id=pic, line_id="l"), q.AskDecision(session_id="s", line_id=line)):
            assert isinstance(await shop.ask("vault-1", unknown), Refusal)
        assert (await shop.tell("vault-1", decision(shown, pic))).flagged == {}
        assert await state_of(shop, order) is DecisionState.APPROVED
        assert (
            await shop.ask("vault-1", q.AskDecision(session_id=pic, line_id=line))
        ).rule == "store.nothing_to_decide"
        assert (
            await shop.post("counter-1", "/v1/ask/decision", q.AskDecision(session_id=pic, line_id=line))
        ).status_code == 403


@pytest.mark.requirement("ORD-06")
async def test_a_refusal_is_the_last_word_and_stops_also_what_is_being_picked(tmp_path):
    async with trial(tmp_path, packs=law(tmp_path, rule())) as shop:
        visit = await shop.attended()
        order = await shop.ordered(visit)
        pic = await signed_in(shop, "vault-1", "ph1")
        await shop.tell("vault-1", decision(order, pic))
        session_id = await shop.session("vault-1", "p1")
        line = order.lines[0]
        await shop.ask("vault-1", q.ClaimLine(key="c1", session_id=session_id, line_id=line.line_id))
        assert (await shop.tell("vault-1", decision(order, pic, approved=False))).flagged == {}
        check = q.CheckUnit(session_id=session_id, line_id=line.line_id, tag=TAG)
        stopped = await shop.ask("vault-1", check)
        assert (stopped.rule, str(stopped.reason)) == ("FL.first", "The pharmacist has refused this order.")
        assert (await shop.permitted(visit, order)).rule in ("FL.first", "store.not_picked")
        for approved in (True, False):
            assert (await shop.tell("vault-1", decision(order, pic, approved=approved))).flagged
        assert await state_of(shop, order) is DecisionState.REFUSED


WHICH = {
    "": (True, True),
    'what = { kinds = ["flower"] }': (True, False),
    'what = { routes = ["sublingual"] }': (False, True),
    "what = { thc_pct_over = 15 }": (True, False),
    "what = { thc_pct_over = 90 }": (False, False),
    "who = { age_below = 21 }": (False, False),
    "who = { age_from = 21 }": (True, True),
    "who = { certified_days_from = 400 }": (False, False),
}


@pytest.mark.requirement("ORD-06")
@pytest.mark.parametrize("which", WHICH)
async def test_the_pack_defines_which_orders_are_meant(tmp_path, which):
    async with trial(tmp_path, packs=law(tmp_path, rule(which=which))) as shop:
        visit = await shop.attended()
        for meant, sold in zip(WHICH[which], (FLOWER, TINCTURE), strict=True):
            order = await shop.ordered(visit, q.BasketLine(product_id=sold.product_id, units=1))
            assert (order.decision is DecisionState.WAITING) is meant, sold.name
            await shop.ask(
                "counter-1",
                q.CancelOrder(
                    key=shop.key(), session_id=shop.sessions["counter-1"], order_id=order.order_id, reason="t"
                ),
            )


@pytest.mark.requirement("ORD-06", "SOP-05")
async def test_a_store_may_want_a_pharmacist_where_the_law_does_not_and_both_are_named(tmp_path):
    for by_law in (False, True):
        folder = tmp_path / str(by_law)
        folder.mkdir()
        packs = law(folder, *([rule()] if by_law else []))
        async with trial(folder, packs=packs, policy=policy(folder)) as shop:
            order = await shop.ordered(await shop.attended())
            assert [each.rule for each in order.wanted] == (["FL.first"] if by_law else []) + ["store.all"]
            assert str(order.wanted[-1].says) == "Store policy: A pharmacist looks at every order of this kind."
            assert order.wanted[-1].citation == "Store policy 12"


@pytest.mark.requirement("ORD-06", "ALT-03")
async def test_a_rule_that_comes_into_force_meanwhile_holds_at_the_hand_over(tmp_path):
    async with trial(tmp_path, packs=law(tmp_path)) as shop:
        visit = await shop.attended()
        order = await shop.ordered(visit)
        assert order.decision is DecisionState.NOT_WANTED
        await shop.proven(visit, await shop.picked(order))
        law(tmp_path, rule())
        refused = await shop.permitted(visit, order)
        assert (refused.rule, refused.differs) == ("FL.first", "pharmacist")
        law(tmp_path)
        assert isinstance(await shop.permitted(visit, order), q.Permit)


@pytest.mark.requirement("ORD-06")
async def test_what_was_handed_over_against_the_pharmacists_word_is_told_to_the_manager(tmp_path):
    """A permit of before the refusal is in a terminal's hand: what happens then has happened, and is flagged."""
    async with trial(tmp_path, packs=law(tmp_path, rule())) as shop:
        visit = await shop.attended()
        order = await shop.ordered(visit)
        pic = await signed_in(shop, "vault-1", "ph1")
        await shop.tell("vault-1", decision(order, pic))
        units = await shop.proven(visit, await shop.picked(order))
        permit = await shop.permitted(visit, order)
        await shop.tell("vault-1", decision(order, pic, approved=False))
        await shop.tell("counter-1", shop.handed_over(visit, order, permit, units))
        reasons = await shop.hub.database.write(lambda c: c.execute(select(flags.c.reason)).scalars().all())
        assert "dispensed without the decision of a pharmacist" in reasons
