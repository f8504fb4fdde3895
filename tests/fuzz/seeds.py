"""What the fuzzer starts from: one sound code of each kind, with the byte that chooses its codec."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from kiosk.demo.specimens import licence
from kiosk.documents import codes
from kiosk.documents.mdoc import handover
from kiosk.model.documents import Contactless
from kiosk.model.people import Person

ROBIN = Person(family="EXAMPLE", given="ROBIN", middle="LEE", suffix="II", born=date(1992, 2, 29))
DATES = {"issued": date(2021, 3, 2), "expires": date(2029, 2, 28)}
TD3 = b"P<UTOEXAMPLE<<ROBIN<LEE<<<<<<<<<<<<<<<<<<<<<\rX0000001<4UTO9202298<3101012<<<<<<<<<<<<<<<2"
TD1 = b"I<UTOD231458907<<<<<<<<<<<<<<<\r7408122F1204159UTO<<<<<<<<<<<6\rERIKSSON<<ANNA<MARIA<<<<<<<<<<"
STRIPE = b"%COTESTVILLE^DOE$JANE$^1 FICTION AVE^?;63602099001122=300719900715=?"
GS1 = b"010950110153000317290131" + b"10LOT7\x1d21S1"
LINK = b"https://id.example/01/09501101530003/10/LOT7?17=290131"
KEYS = [[1, 42, 1], [1, 3, 1], [1, 3, 0], [1, 42, 0], [1, 29, 1], [1, 36, 1], [1, 29, 0], ["GAP_MS", 9], ["UNPLUG"]]


def seeds() -> Iterator[bytes]:
    licences = [
        licence(ROBIN, number="E123456789", version=version, state=state, own=own, **DATES)
        for version, state, own in (
            (1, "FL", ""),
            (1, "PA", "ZPA"),
            (3, "ON", ""),
            (8, "CT", "ZCA\nZCB"),
            (10, "IL", ""),
        )
    ]
    for one in licences:
        yield b"\x00\x00" + one
        yield b"\x01" + one
        yield b"\x01" + one.replace(b"\r", b"M").replace(b"\x1e", b"6")
        yield b"\x01" + one.replace(b"\n", b"|")
    for lines in (TD3, TD1):
        yield b"\x02" + lines
    yield b"\x03" + STRIPE
    yield b"\x03;636010042072182009=2902199202290?"
    for text in (GS1, LINK, b"(01)09501101530003(10)LOT7", b"96385074"):
        yield b"\x04\x03" + text
        yield b"\x00\x00" + text
    for text in (b"1A4FF0300000B2C000004711", b"https://1a4.com/q83vASNFZwAAAQkQCA", b"0000000090000178"):
        yield b"\x05" + text
    for own in (codes.ticket_code("T1"), codes.label_code("D1", 2), codes.shelf_code("V-A3-2")):
        yield b"\x05" + own.encode()
    yield b"\x06" + json.dumps({"raw": licences[0].decode("latin-1"), "symbology": "]L2"}).encode()
    example = json.loads((Path(__file__).parents[1] / "documents" / "annex_d.json").read_text("ascii"))
    yield b"\x07" + bytes.fromhex("".join(example["device_response"]))
    yield b"\x07mdoc:" + urlsafe_b64encode(bytes.fromhex("".join(example["device_engagement"])))
    yield b"\x07" + handover.select(bytes.fromhex("".join(example["device_engagement"])), (Contactless(),))
    yield b"\x06" + json.dumps({"events": KEYS, "layout": "de"}).encode()
