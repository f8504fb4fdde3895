"""How a terminal finds its hub, and why it believes that it is the hub.

Names and announcements are hints anybody can forge; what counts is the key whose fingerprint was pinned when the
terminal was paired. A candidate proves its key in the TLS handshake, and hears nothing before. Multicast DNS keeps a
dead hub's name for up to 120 s (RFC 6762, 10), so finding says nothing about being alive: that is the link's work.
"""

import asyncio
import ipaddress
import logging
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Literal

from kiosk.local_store.tls import peer_of, pinned, unpinned
from kiosk.model.base import Noun
from kiosk.model.changes import HUB_SERVICE
from kiosk.model.pairing import hub_name
from kiosk.model.text import Text, text

# Finding needs two large libraries; a starting terminal draws its first picture before they are loaded.
if TYPE_CHECKING:
    import httpx
    from zeroconf.asyncio import AsyncZeroconf

log = logging.getLogger(__name__)

HUB_PORT = 8440
GREETING = 1.0
"""Seconds a candidate has to prove itself."""
LOOK_FOR = 2.5
"""Seconds to listen for announcements: the first two rounds of questions (at once, after 1 s) and their answers."""
MOST_TRIED = 16
"""Candidates tried in one search. A flood of announcements costs a search, never the terminal."""
MOST_HEARD = 64
"""Announcements read in one search."""
_AT_ONCE = 4


class HubAddress(Noun, frozen=True, kw_only=True):
    """What a terminal knows about its hub.

    ``pins`` are the fingerprints (64 hex digits) of its key and of the one that will follow, ``last`` and ``static``
    are ``"host:port"`` or ``""``, ``interfaces`` the terminal's own IPv4 addresses to listen on (empty: all). Raises
    ``ValueError`` on anything else.
    """

    pins: tuple[str, ...] = ()
    last: str = ""
    static: str = ""
    interfaces: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not all(re.fullmatch("[0-9a-f]{64}", pin) for pin in self.pins):
            raise ValueError("a hub's fingerprint is 64 digits from 0 to 9 and a to f")
        for address in (self.last, self.static):
            if address:
                split_address(address)
        for interface in self.interfaces:
            ipaddress.IPv4Address(interface)


class Found(Noun, frozen=True, kw_only=True):
    """Somebody who has proven a key: the hub where it is the pinned one, else a stranger."""

    address: str
    fingerprint: str

    @property
    def name(self) -> str:
        return hub_name(self.fingerprint)


class NotFound(Noun, frozen=True, kw_only=True):
    """No hub to talk to.

    ``why``: ``nobody`` answered; ``other_key``: only others than the pinned hub answered; ``several`` hubs answered and
    none is pinned, so nobody guesses; ``not_paired``: one answered, but a terminal does not choose by itself. ``hubs``
    are those that answered.
    """

    why: Literal["nobody", "other_key", "several", "not_paired"]
    reason: Text
    hubs: tuple[Found, ...] = ()


def split_address(address: str) -> tuple[str, int]:
    """``"hub.lan:8440"``, ``"[fe80::1]:8440"`` or a host alone. Raises ``ValueError``."""
    parts = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::([0-9]{1,5}))?", address)
    if parts is None or not 0 < int(parts[3] or HUB_PORT) < 65_536:
        raise ValueError("a hub's address is a host name or IP address, a colon and a port number")
    return parts[1] or parts[2], int(parts[3] or HUB_PORT)


def url(address: str, path: str, scheme: str = "https") -> str:
    host, port = split_address(address)
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}{path}"


def pinned_client(found: Found, seconds: float, **more: Any) -> "httpx.AsyncClient":
    """A client that goes straight to this hub: no proxies, no redirects, nothing from the environment."""
    import httpx  # noqa: PLC0415

    context = pinned([found.fingerprint])
    return httpx.AsyncClient(
        base_url=url(found.address, ""),
        timeout=seconds,
        trust_env=False,
        follow_redirects=False,
        verify=context,
        **more,
    )


async def read_at_most(answer: "httpx.Response", most: int) -> bytes | None:
    """The body, or None when it is longer than ``most`` bytes."""
    body = bytearray()
    async for piece in answer.aiter_raw():
        body += piece
        if len(body) > most:
            return None
    return bytes(body)


async def greet(address: str) -> Found | None:
    """Who is there? None: nobody, nonsense, or no proof within :data:`GREETING`. Never raises for these, and sends
    nothing but the handshake."""
    host, port = split_address(address)
    try:
        async with asyncio.timeout(GREETING):
            _, writer = await asyncio.open_connection(host, port, ssl=unpinned())
    except (OSError, TimeoutError):
        return None
    fingerprint = peer_of(writer.get_extra_info("ssl_object"))
    writer.transport.abort()
    return Found(address=address, fingerprint=fingerprint) if fingerprint else None


async def find(
    settings: HubAddress, *, look_for: float = LOOK_FOR, greet: Callable[[str], Awaitable[Found | None]] = greet
) -> Found | NotFound:
    """Looks for the hub: the last address where the pinned hub was, announcements, then the static address.

    With a pin, returns as soon as a candidate proves the pinned key. Without one, listens for the whole of
    ``look_for`` seconds, because the first to answer need not be the right one. Ends within about
    ``look_for`` plus a few greetings.
    """
    search = _Search(settings, greet)
    if settings.pins and settings.last:
        await search.knock(settings.last)
    if not search.done:
        await search.listen(look_for)
    if not search.done and settings.static:
        await search.knock(settings.static)
    return search.outcome()


class _Search:
    def __init__(self, settings: HubAddress, greet: Callable[[str], Awaitable[Found | None]]) -> None:
        self._settings = settings
        self._greet = greet
        self._tried: set[str] = set()
        self._hubs: dict[str, Found] = {}
        self._right: Found | None = None
        self._right_one = asyncio.Event()
        self._at_once = asyncio.Semaphore(_AT_ONCE)

    @property
    def done(self) -> bool:
        return self._right is not None

    async def knock(self, address: str) -> None:
        """Tries each address once."""
        if address in self._tried:
            return
        self._tried.add(address)
        async with self._at_once:
            hub = None if self.done else await self._greet(address)
        if hub is None:
            return
        if hub.fingerprint in self._settings.pins:
            self._right = hub
            self._right_one.set()
        else:
            self._hubs.setdefault(hub.fingerprint, hub)

    async def listen(self, seconds: float) -> None:
        """Knocks at what is announced. Where the announced fingerprint is not the pinned one, only at the end: the
        announcement may have been overwritten by somebody else, so it is tried all the same."""
        from zeroconf import InterfaceChoice, IPVersion, ServiceStateChange  # noqa: PLC0415
        from zeroconf.asyncio import AsyncServiceBrowser, AsyncZeroconf  # noqa: PLC0415

        interfaces = list(self._settings.interfaces) or InterfaceChoice.All
        try:
            network = AsyncZeroconf(interfaces=interfaces, ip_version=IPVersion.V4Only)
        except OSError as trouble:
            log.info("no multicast on this machine: %s", trouble.strerror)
            return
        later: list[str] = []
        tasks: set[asyncio.Task[None]] = set()
        heard = 0

        def on_event(name: str, state_change: ServiceStateChange, **_: Any) -> None:
            nonlocal heard
            heard += 1
            if state_change is not ServiceStateChange.Removed and heard <= MOST_HEARD:
                tasks.add(asyncio.ensure_future(self._resolve(network, name, later)))

        browser = AsyncServiceBrowser(network.zeroconf, HUB_SERVICE, handlers=[on_event])
        try:
            async with asyncio.timeout(seconds):
                await self._right_one.wait()
        except TimeoutError:
            room = MOST_TRIED - len(self._tried)
            async with asyncio.TaskGroup() as group:
                for address in list(dict.fromkeys(later))[: max(room, 0)]:
                    group.create_task(self.knock(address))
        finally:
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
            await browser.async_cancel()
            await network.async_close()
        for end in ends:
            if isinstance(end, Exception):
                raise end

    async def _resolve(self, network: "AsyncZeroconf", name: str, later: list[str]) -> None:
        from zeroconf import Error as ZeroconfError  # noqa: PLC0415
        from zeroconf import IPVersion  # noqa: PLC0415
        from zeroconf.asyncio import AsyncServiceInfo  # noqa: PLC0415

        try:
            info = AsyncServiceInfo(HUB_SERVICE, name)
            if not await info.async_request(network.zeroconf, 1000):
                return
            version = info.decoded_properties.get("v")
            hint = info.decoded_properties.get("fp")
            addresses = info.parsed_addresses(IPVersion.V4Only)
        except (ZeroconfError, OSError, UnicodeDecodeError):
            return  # a broken announcement is none
        if version != "1" or not info.port:
            return
        pins = self._settings.pins
        wanted = not pins or hint in [pin[:16] for pin in pins]
        for address in addresses:
            if not ipaddress.IPv4Address(address).is_private:
                continue  # an announcement must not make the terminal knock somewhere outside the shop
            candidate = f"{address}:{info.port}"
            if not wanted:
                later.append(candidate)
            elif len(self._tried) < MOST_TRIED:
                await self.knock(candidate)

    def outcome(self) -> Found | NotFound:
        hubs = tuple(self._hubs.values())
        names = ", ".join(sorted(hub.name for hub in hubs))
        if self._right is not None:
            if hubs:
                log.warning("besides the right hub these answer with other keys: %s", names)
            return self._right
        if not hubs:
            return NotFound(
                why="nobody",
                reason=text("The hub does not answer. Check that it is switched on and that the network cable is in."),
            )
        if self._settings.pins:
            return NotFound(
                why="other_key",
                reason=text("{hubs} answers as a hub but is not this store's hub. Call the manager.", hubs=names),
                hubs=hubs,
            )
        if len(hubs) > 1:
            return NotFound(
                why="several",
                reason=text("Several hubs answer: {hubs}. Pair this terminal with the right one.", hubs=names),
                hubs=hubs,
            )
        return NotFound(
            why="not_paired",
            reason=text("Hub {hubs} answers. Pair this terminal with it before work starts.", hubs=names),
            hubs=hubs,
        )
