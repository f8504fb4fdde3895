"""Licences on phones, as a terminal uses them: reached by a radio, asked, proven, or refused by name.

The cryptography behind it is loaded with :meth:`Phones.load`, not at the start.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.discretion import told
from kiosk.documents.reasons import phone_refused
from kiosk.hw.mdoc.exchange import PATIENCE, REACH, converse
from kiosk.hw.mdoc.port import PhoneLost, PhonesState, Tapped, Transport
from kiosk.model.documents import AnyDocument, PhoneCode, PhotoId, Unread
from kiosk.model.errors import Ours
from kiosk.model.text import text

if TYPE_CHECKING:
    from kiosk.documents.mdoc.trust import Trust

log = logging.getLogger(__name__)

ENDINGS = (".pem", ".crt", ".crl")


class Phones:
    """``transports`` are this terminal's, ``trust`` gives the issuers that count, ``now`` the time with its zone."""

    def __init__(
        self,
        transports: Sequence[Transport],
        trust: "Callable[[], Trust]",
        now: Callable[[], datetime],
        *,
        patience: float = PATIENCE,
    ) -> None:
        self._transports, self._trust, self._now = transports, trust, now
        self._patience = patience

    def load(self) -> "Trust":
        """As it is now: a new revocation list counts at once. Raises ``Ours`` where it cannot be read."""
        return self._trust()

    async def licence(self, phone: PhoneCode) -> PhotoId | Unread:
        """The photo ID on the phone, or why there is none. Ends within the patience; cancelled, it tells the phone."""
        from kiosk.documents.mdoc.presentation import Presentation  # noqa: PLC0415
        from kiosk.documents.mdoc.refused import NotProven  # noqa: PLC0415

        try:
            asking = Presentation(phone, self.load(), self._now)
            reach = min(REACH, self._patience / 2)
            found = await converse(self._transports, phone, asking, patience=self._patience, reach=reach)
        except (NotProven, PhoneLost) as refused:
            found = refused.reason_key
        if isinstance(found, PhotoId):
            return found
        log.info("a licence on a phone was not taken: %s", found)
        return phone_refused(found)

    async def run(self, tapped: Tapped, changed: Callable[[str, PhonesState], None]) -> None:
        """Watches every transport until cancelled; ``changed`` gets a transport's name and its new state."""

        def of(transport: Transport) -> Callable[[PhonesState], None]:
            return lambda state: changed(transport.name, state)

        async with asyncio.TaskGroup() as tasks:
            for transport in self._transports:
                tasks.create_task(transport.run(tapped, of(transport)))


class Talk:
    """Keeps one conversation going, with the phone that the present step names. ``arrived`` gets what came of it."""

    def __init__(self, phones: Phones | None, arrived: Callable[[AnyDocument], object]) -> None:
        self._phones, self._arrived = phones, arrived
        self._phone: PhoneCode | None = None
        self._task: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()

    def about(self, phone: PhoneCode | None) -> None:
        """The same phone: it goes on. Another one, or none: the former is told that it is over, meanwhile."""
        if phone == self._phone:
            return
        if self._task is not None:
            self._task.cancel()
        self._phone, self._task = phone, None
        if phone is not None:
            self._task = asyncio.create_task(self._fetch(phone), name="phone")
            self._ending.add(self._task)
            self._task.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        self.about(None)
        if self._ending:
            await asyncio.wait(self._ending)

    async def _fetch(self, phone: PhoneCode) -> None:
        try:
            found = await self._phones.licence(phone) if self._phones else phone_refused("licence_mobile")
        except Exception as fault:
            log.error("the licence on a phone could not be worked on\n%s", told(fault))
            found = phone_refused("mobile_unsupported")
        self._arrived(found)


def issuers(path: Path) -> "Trust":
    """The roots and revocation lists in a PEM file, or in all those (``.pem``, ``.crt``, ``.crl``) of a folder.

    Raises ``Ours`` with one line that says what is wrong.
    """
    from kiosk.documents.mdoc.trust import load  # noqa: PLC0415

    try:
        files = sorted(each for each in path.iterdir() if each.suffix in ENDINGS) if path.is_dir() else [path]
        return load(b"\n".join(each.read_bytes() for each in files))
    except OSError as error:
        why = error.strerror or "cannot be read"
    except ValueError as error:
        why = str(error)
    raise Ours(text("The issuers of licences on phones in {path} cannot be used: {why}.", path=path, why=why))
