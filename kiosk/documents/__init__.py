"""What scanned bytes mean: a document, or a named reason why not. Pure: no device, no clock, no network."""

from kiosk.documents.cards import CardFormats
from kiosk.documents.decoding import decode

__all__ = ["CardFormats", "decode"]
