"""Why a licence on a phone is not taken."""


class NotProven(ValueError):
    """Something is damaged, forged or missing. ``reason_key`` is one of ``kiosk.documents.reasons``."""

    def __init__(self, reason_key: str) -> None:
        super().__init__(reason_key)
        self.reason_key = reason_key
