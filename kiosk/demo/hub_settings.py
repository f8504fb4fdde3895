"""The settings of the demo store's hub, from the seed of the store."""

from pathlib import Path

from argon2 import PasswordHasher

from kiosk.demo import LABEL_FILES
from kiosk.hub.settings import HubSettings, RegistryAccess, StaffEntry, StoreFacts, TerminalEntry, TrackingAccess
from kiosk.tracking.sandbox.seed import Seed


def settings_of(seed: Seed, sandbox_url: str, port: int) -> HubSettings:
    """Of the demo store's hub, which listens on ``port`` of this machine and asks the sandbox for the state."""
    products = {product.id: product.price for product in seed.products}
    return HubSettings(
        data_dir=Path("hub"),
        live=False,
        host="127.0.0.1",
        port=port,
        identity_key=Path("hub-identity.pem"),
        store=StoreFacts(
            name=seed.store.name,
            licence=seed.store.licence,
            address=seed.store.address,
            phone=seed.store.phone,
            state=seed.store.state,
            zone=seed.store.zone,
        ),
        tracking=TrackingAccess(
            system="metrc",
            url=sandbox_url,
            licence=seed.store.licence,
            vendor_key=seed.access.vendor_key,
            user_key=seed.access.user_key,
            # The sandbox was filled today and counts nobody's requests.
            look_back_days=1,
            per_second=50.0,
        ),
        registry=RegistryAccess(url=sandbox_url, key=seed.access.registry_key),
        terminals=tuple(
            TerminalEntry(name=entry.name, role=entry.role, token=entry.token)
            for entry in seed.terminals
            if entry.role != "dock"
        ),
        staff=tuple(
            StaffEntry(
                id=entry.id,
                name=entry.name,
                role=entry.role,
                badge=entry.badge,
                pin_hash=PasswordHasher().hash(entry.pin),
            )
            for entry in seed.staff
        ),
        licences_on_phones=True,
        prices={str(number): price for number, price in products.items()},
        stock_every=5.0,
        label_files=LABEL_FILES,
    )
