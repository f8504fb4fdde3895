"""Any file that may be a certificate: bytes in, a certificate or one sentence out."""

from decimal import Decimal
from typing import Any

import msgspec

from kiosk.documents.certificates import cannlytics, metrc, record
from kiosk.model.certificates import Certificate
from kiosk.model.errors import Theirs
from kiosk.model.text import text

LARGEST = 32 * 1024 * 1024
MOST_ROWS = 5_000


def read(data: bytes) -> Certificate:
    """METRC rows, a Cannlytics record, our plain record, or a PDF. Raises :class:`~kiosk.model.errors.KioskError` with
    one sentence for anything else; never anything but that."""
    if len(data) > LARGEST:
        raise Theirs(text("The file is larger than {most} MB: no certificate is.", most=LARGEST // 1024 // 1024))
    if data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"%PDF"):
        from kiosk.documents.certificates import pdf  # noqa: PLC0415

        found = pdf.read(data)
    else:
        found = _from_json(data)
    if sum(len(panel.rows) for panel in found.panels) > MOST_ROWS:
        raise Theirs(text("The file has more than {most} rows: no certificate has.", most=MOST_ROWS))
    return found


def _from_json(data: bytes) -> Certificate:
    decode = msgspec.json.Decoder(float_hook=_decimal)
    try:
        read_in = decode.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise Theirs(text("The file is no certificate: neither PDF nor JSON."), str(fault)[:200]) from fault
    rows = metrc.rows_of(read_in)
    if rows is not None:
        if len(rows) > MOST_ROWS:
            raise Theirs(text("The file has more than {most} rows: no certificate has.", most=MOST_ROWS))
        return metrc.read(rows, read_in)
    if isinstance(read_in, list) and len(read_in) == 1:
        read_in = read_in[0]
    if record.is_record(read_in):
        return record.read(read_in)
    if cannlytics.is_record(read_in):
        return cannlytics.read(read_in, decode)
    raise Theirs(text("The file is JSON, but no certificate of a form we know."))


def _decimal(digits: str) -> Any:
    return Decimal(digits) if len(digits) <= 60 else "not a number"
