"""The hub's settings file ``hub.toml``, read once at start-up.

Secrets may stand in the file or in a file of their own (``token_file = "/run/credentials/…"``): wherever a text is
wanted, ``<name>_file`` names a file whose first line is taken. Relative paths count from the settings file's folder.
"""

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from argon2 import PasswordHasher

from kiosk.model.base import Noun, Sealed
from kiosk.model.entries import PIN
from kiosk.model.errors import KioskError
from kiosk.model.people import StaffRole
from kiosk.model.questions import ANSWERED_WITHIN
from kiosk.model.text import text

MARGIN = 0.5
"""Seconds of a terminal's patience that the hub needs for itself and the network."""


class SettingsBroken(KioskError):
    """The settings file cannot be used; the message is one line that names file, field and what is wanted."""


class StoreFacts(Noun, frozen=True, kw_only=True):
    """What the law wants printed about the store. ``zone`` is the legal time zone (IANA name)."""

    name: str
    licence: str
    address: str
    phone: str
    state: str
    zone: str


class TrackingAccess(Sealed, frozen=True, kw_only=True):
    system: Literal["metrc"]
    url: str
    licence: str
    vendor_key: str
    user_key: str
    look_back_days: int = 400
    """How far back the first reading of the shelf goes; later ones read what has changed."""
    per_second: float = 5.0
    """Reads a second that the tracking system is asked for at most."""


class RegistryAccess(Sealed, frozen=True, kw_only=True):
    """``seconds`` is how long the registry may take for all that one question needs of it: less than the terminals
    wait for the hub, or a slow registry would look like a hub that is away."""

    url: str
    key: str
    seconds: float = 2.0


class TerminalEntry(Sealed, frozen=True, kw_only=True):
    name: str
    role: Literal["checkin", "counter", "vault"]
    token: str


class StaffEntry(Sealed, frozen=True, kw_only=True):
    """``pin_hash`` is an Argon2id hash in the PHC form; ``pin`` in clear is for demonstration stores."""

    id: str
    name: str
    role: StaffRole
    badge: str
    pin_hash: str = ""
    pin: str = ""


class HubSettings(Sealed, frozen=True, kw_only=True):
    """``host`` and ``port`` are where the hub listens (port 0: any free one).

    ``identity_key`` (Ed25519, PEM) proves the hub, ``database_key`` (64 hex digits) opens the database; both files are
    made at the first start, in ``data_dir`` where nothing else is said. ``packs`` is another folder of rule packs,
    ``policy`` the store's own rules and its signature for the state's. Without that signature a hub does not open, but
    for a demonstration or a rehearsal, where nothing is sold: ``live`` false.
    ``licences_on_phones``: the store takes them as what they are on plastic, where the state's law does not say.
    ``label_files`` is a folder with what the state prescribes for labels (:mod:`kiosk.hub.label_files`).
    ``stock_every`` is how often, in seconds, the packages are read from the tracking system.
    """

    data_dir: Path
    store: StoreFacts
    tracking: TrackingAccess
    registry: RegistryAccess
    terminals: tuple[TerminalEntry, ...]
    staff: tuple[StaffEntry, ...]
    host: str = "0.0.0.0"
    port: int = 8440
    announce: bool = True
    identity_key: Path | None = None
    database_key: Path | None = None
    packs: Path | None = None
    policy: Path | None = None
    label_files: Path | None = None
    live: bool = True
    licences_on_phones: bool = False
    stock_every: float = 60.0
    prices: dict[str, Decimal] = {}


def load(path: Path) -> HubSettings:
    """Raises :class:`SettingsBroken`: file missing, not TOML, unknown or missing field, wrong kind, or two alike."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as trouble:
        raise _broken(path, "file", f"a readable file ({trouble.strerror or 'cannot be read'})") from None
    except UnicodeDecodeError:
        raise _broken(path, "file", "text in UTF-8") from None
    except tomllib.TOMLDecodeError as trouble:
        raise _broken(path, "file", f"TOML ({_one_line(str(trouble))})") from None
    filled = _with_files(path, raw)
    try:
        settings = msgspec.convert(filled, HubSettings, strict=True, dec_hook=_convert)
    except msgspec.ValidationError as trouble:
        what, _, where = str(trouble).partition(" - at ")
        raise _broken(path, where.strip("`").removeprefix("$").lstrip(".") or "file", _one_line(what)) from None
    return _checked(path, settings)


def _convert(kind: type[Any], value: Any) -> Any:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError


def _with_files(settings_file: Path, value: Any, where: str = "") -> Any:
    """Replaces ``<name>_file`` by ``<name>`` with the file's first line, and makes the known paths absolute."""
    if isinstance(value, list):
        return [_with_files(settings_file, item, f"{where}[{n}]") for n, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    filled: dict[str, Any] = {}
    for name, item in value.items():
        here = f"{where}.{name}".lstrip(".")
        if name.endswith("_file") and isinstance(item, str):
            filled[name.removesuffix("_file")] = _first_line(settings_file, here, settings_file.parent / item)
        elif name in {"data_dir", "identity_key", "database_key", "packs", "policy", "label_files"} and isinstance(
            item, str
        ):
            filled[name] = str(settings_file.parent / item)
        elif name == "prices" and isinstance(item, dict):
            filled[name] = {product: str(price) for product, price in item.items()}
        else:
            filled[name] = _with_files(settings_file, item, here)
    return filled


def _first_line(settings_file: Path, field: str, path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise _broken(settings_file, field, f"a readable text file at {path}") from None
    if not lines or not lines[0].strip():
        raise _broken(settings_file, field, f"a first line in {path}")
    return lines[0].strip()


def _checked(path: Path, settings: HubSettings) -> HubSettings:
    try:
        ZoneInfo(settings.store.zone)
    except (KeyError, ValueError, OSError):
        raise _broken(path, "store.zone", 'an IANA time zone such as "America/New_York"') from None
    if not 0 <= settings.port <= 65535:
        raise _broken(path, "port", "a number from 0 to 65535")
    if settings.stock_every <= 0:
        raise _broken(path, "stock_every", "a number of seconds above 0")
    if not 0 < settings.registry.seconds <= ANSWERED_WITHIN - MARGIN:
        raise _broken(path, "registry.seconds", f"a number above 0 and up to {ANSWERED_WITHIN - MARGIN}")
    if not settings.terminals:
        raise _broken(path, "terminals", "at least one [[terminals]] entry")
    for kind, values in (
        ("terminals.name", [entry.name for entry in settings.terminals]),
        ("terminals.token", [entry.token for entry in settings.terminals]),
        ("staff.id", [entry.id for entry in settings.staff]),
        ("staff.badge", [entry.badge for entry in settings.staff]),
    ):
        if "" in values or len(set(values)) != len(values):
            raise _broken(path, kind, "a different, non-empty value in each entry")
    for n, terminal in enumerate(settings.terminals):
        if len(terminal.token) < 16:
            raise _broken(path, f"terminals[{n}].token", "at least 16 characters")
    staff = tuple(_with_hash(path, n, entry) for n, entry in enumerate(settings.staff))
    return msgspec.structs.replace(settings, staff=staff)


def _with_hash(path: Path, n: int, entry: StaffEntry) -> StaffEntry:
    if entry.pin_hash:
        if not entry.pin_hash.startswith("$argon2id$") or entry.pin:
            raise _broken(path, f"staff[{n}].pin_hash", "an Argon2id hash ($argon2id$…) and no pin beside it")
        return entry
    if PIN.wrong(entry.pin) is not None:
        raise _broken(path, f"staff[{n}].pin_hash", "an Argon2id hash, or for a demonstration a pin of 6 to 12 digits")
    return msgspec.structs.replace(entry, pin="", pin_hash=PasswordHasher().hash(entry.pin))


def _broken(path: Path, field: str, wanted: str) -> SettingsBroken:
    reason = text("{file}: {field}: wanted is {wanted}.", file=path, field=field, wanted=wanted.rstrip("."))
    return SettingsBroken(text("{line}", line=_one_line(str(reason))))


def _one_line(words: str) -> str:
    return " ".join(words.split())
