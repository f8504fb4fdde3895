"""How the hub is found. A terminal trusts a key, never a name: zeroconf only tells where to knock.

What is announced is read by everybody in the building, so it holds a hub id, a protocol version and the first digits of
the key's fingerprint, and nothing else.
"""

import asyncio
import contextlib
import ipaddress
import logging
import re
from collections.abc import Sequence

import ifaddr
from zeroconf import DNSQuestionType, IPVersion, NonUniqueNameException, ServiceInfo
from zeroconf import Error as ZeroconfError
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from kiosk.hub.identity import Identity
from kiosk.model.changes import HUB_SERVICE
from kiosk.model.errors import Refusal, Refused
from kiosk.model.text import text

log = logging.getLogger(__name__)

LOOK_AGAIN = 5.0
"""Seconds between two looks at the machine's own addresses: a router may hand out others at any time."""

NAME_ASKED_MS = 1800
"""How long to listen for another owner of the name. An answer takes 20 to 120 ms, and one second more where the
same answer was given within the last second (RFC 6762, 6)."""

_HUB_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
"""One DNS label (RFC 1035): the hub id is the announced name."""


class Advertiser:
    """Announces the hub by multicast DNS (RFC 6762, 6763) until it is closed.

    ``interfaces`` are IPv4 addresses of this machine to announce on; empty means all of them, and whatever addresses
    the machine gets later. A shop without multicast works too: terminals also know a static address.
    """

    def __init__(
        self,
        identity: Identity,
        *,
        hub_id: str,
        port: int,
        interfaces: Sequence[str] = (),
        look_again: float = LOOK_AGAIN,
    ) -> None:
        if not _HUB_ID.fullmatch(hub_id):
            raise ValueError("a hub id is 1 to 63 letters, digits and hyphens")
        self._fingerprint = identity.fingerprint
        self._hub_id = hub_id
        self._port = port
        self._interfaces = tuple(interfaces)
        self._look_again = look_again
        self._zeroconf: AsyncZeroconf | None = None
        self._announced: tuple[str, ...] = ()
        self._watch: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Returns when the name is announced (about 3.5 s: ask, probe and announce), or no network is there yet.

        Raises ``Refused`` (rule ``hub.name_taken``) when another machine already announces this hub id: an old hub
        that is still running, or one that pretends. Terminals with a pinned key are not led astray by it. The name is
        tried again by itself until it is free.
        """
        try:
            await self._announce()
        finally:
            self._watch = asyncio.create_task(self._follow_addresses(taken=not self._announced), name="hub addresses")

    async def close(self) -> None:
        """Says goodbye, so that terminals need not wait for the name to run out. May be called twice."""
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
            self._watch = None
        await self._withdraw()

    async def _announce(self) -> None:
        addresses = self._interfaces or _own_addresses()
        try:
            zeroconf = AsyncZeroconf(interfaces=list(addresses), ip_version=IPVersion.V4Only)
        except OSError as trouble:
            log.warning("no multicast on this machine: %s", trouble.strerror)
            return
        self._zeroconf = zeroconf
        info = ServiceInfo(
            HUB_SERVICE,
            f"{self._hub_id}.{HUB_SERVICE}",
            parsed_addresses=_for_others(addresses),
            port=self._port,
            properties={"v": "1", "id": self._hub_id, "fp": self._fingerprint[:16]},
            server=f"{self._hub_id}.local.",
        )
        try:
            await self._ask_for_name(zeroconf)
            await (await zeroconf.async_register_service(info))
        except NonUniqueNameException:
            await self._withdraw()
            raise Refused(
                Refusal(
                    rule="hub.name_taken",
                    reason=text("Another machine already announces itself as hub {hub}.", hub=self._hub_id),
                    way_on=text("Find and switch off the other machine. Then this hub announces itself."),
                )
            ) from None
        except (OSError, ZeroconfError) as trouble:
            await self._withdraw()
            log.warning("the hub could not be announced: %s", type(trouble).__name__)
            return
        self._announced = tuple(addresses)
        log.info("announced hub %s on %s", self._hub_id, ", ".join(addresses))

    async def _ask_for_name(self, zeroconf: AsyncZeroconf) -> None:
        """Raises ``NonUniqueNameException``. The library's own probes ask for unicast answers (RFC 6762, 5.4); of two
        programs on one machine only one gets those, so a hub started twice would not notice itself."""
        other = AsyncServiceInfo(HUB_SERVICE, f"{self._hub_id}.{HUB_SERVICE}")
        if await other.async_request(zeroconf.zeroconf, NAME_ASKED_MS, question_type=DNSQuestionType.QM):
            raise NonUniqueNameException

    async def _withdraw(self) -> None:
        zeroconf, self._zeroconf, self._announced = self._zeroconf, None, ()
        if zeroconf is not None:
            await zeroconf.async_unregister_all_services()
            await zeroconf.async_close()

    async def _follow_addresses(self, taken: bool) -> None:
        """A hub that got another address, or whose cable was plugged in after the start, is announced anew. ``taken``:
        somebody else has its name, and that was said."""
        while True:
            await asyncio.sleep(self._look_again)
            if (self._interfaces or _own_addresses()) == self._announced:
                continue
            await self._withdraw()
            try:
                await self._announce()
                taken = False
            except Refused as trouble:
                if not taken:
                    log.error("%s", trouble.reason)
                taken = True


def _for_others(addresses: Sequence[str]) -> list[str]:
    """A loopback address means another machine to everybody else: told only where there is no other."""
    return [address for address in addresses if not ipaddress.ip_address(address).is_loopback] or list(addresses)


def _own_addresses() -> tuple[str, ...]:
    """Every IPv4 address of this machine, the loopback included: a terminal may run on the same machine."""
    found = {str(ip.ip) for adapter in ifaddr.get_adapters() for ip in adapter.ips if ip.is_IPv4}
    return tuple(sorted(found, key=ipaddress.ip_address))
