"""emupos, a receipt printer and scanner simulator by other people, as a judge and as a peer."""

import asyncio
import base64
import io
import json
import os
import socket
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import zxingcpp
from PIL import Image

from .samples import until

_RENDER = Path(__file__).parent / "emupos" / "render.py"


@dataclass(frozen=True)
class Judged:
    """What one job was to the other printer: pieces of paper, answers, and everything it complained about."""

    texts: list[str]
    images: list[Image.Image]
    boundaries: list[str]
    replies: list[bytes]
    events: list[dict[str, Any]]

    @property
    def text(self) -> str:
        (text,) = self.texts
        return text

    @property
    def image(self) -> Image.Image:
        (image,) = self.images
        return image

    @property
    def codes(self) -> list[str]:
        return read_codes(self.image)


def read_codes(image: Image.Image) -> list[str]:
    """What a barcode reader sees, from top to bottom. The white margin is the label's own edge."""
    framed = Image.new("L", (image.width, image.height + 80), 255)
    framed.paste(image.convert("L"), (0, 40))
    # Our papers lie straight: looking for every symbology at every angle takes sixteen times as long.
    wanted = (zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.QRCode)
    found = zxingcpp.read_barcodes(framed, formats=wanted, try_rotate=False, try_invert=False, try_downscale=False)
    return [code.text for code in sorted(found, key=lambda code: code.position.top_left.y)]


class Emupos:
    """``python`` is that of its own environment."""

    def __init__(self, python: Path) -> None:
        self._python = python

    def judge(self, jobs: Sequence[bytes], width: int) -> list[Judged]:
        asked = json.dumps({"width": width, "jobs": [job.hex() for job in jobs]})
        done = subprocess.run(
            [str(self._python), str(_RENDER)], input=asked, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, done.stderr
        return [_judged(answer) for answer in json.loads(done.stdout)]

    @asynccontextmanager
    async def running(self, folder: Path) -> AsyncIterator["Running"]:
        """The program itself: a printer with a drawer on TCP, scanner and scale on pseudo terminals."""
        api, port = _free_port(), _free_port()
        config = folder / "emupos.yaml"
        config.write_text(
            f"schema: 1\napi: {{host: 127.0.0.1, port: {api}}}\ndevices:\n"
            f"  - {{id: front, type: printer, profile: epson-tm-t20iii, receipts_dir: {folder / 'receipts'},"
            f" connections: [tcp: {{port: {port}}}], drawer: {{sensor_open_level: high}}}}\n"
            "  - {id: dock, type: scale, profile: sma-15kg, connections: [serial: {pty: true}]}\n"
            "  - {id: lane, type: scanner, mode: serial, connections: [serial: {pty: true}]}\n"
        )
        environment = {**os.environ, "TMPDIR": str(folder), "NO_COLOR": "1"}
        process = await asyncio.create_subprocess_exec(
            str(self._python.parent / "emupos"),
            *("run", "--config", str(config)),
            env=environment,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{api}/api/v1/devices") as client:
                running = Running(client, port, folder / "emupos" / "lane", folder / "emupos" / "dock")
                await until(lambda: process.returncode is not None or _listens(port), 60)
                assert process.returncode is None, "emupos did not start"
                yield running
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


@dataclass(frozen=True)
class Running:
    client: httpx.AsyncClient
    port: int
    scanner: Path
    scale: Path

    async def fault(self, name: str, on: bool) -> None:
        answer = await self.client.request("PUT" if on else "DELETE", f"/front/faults/{name}")
        answer.raise_for_status()

    async def scan(self, data: str) -> None:
        (await self.client.post("/lane/scans", json={"data": data, "countdown_seconds": 0})).raise_for_status()

    async def weight(self, grams: int, *, stable: bool = True) -> None:
        (await self.client.put("/dock/weight", json={"grams": grams, "stable": stable})).raise_for_status()

    async def shut_drawer(self) -> None:
        (await self.client.post("/front/drawer/close")).raise_for_status()

    async def papers(self) -> list[str]:
        """The words on every piece of paper so far."""
        receipts = (await self.client.get("/front/receipts")).json()
        ordered = sorted(receipts, key=lambda receipt: str(receipt["completed_at"]))
        return [(await self.client.get(f"/front/receipts/{receipt['id']}/text")).text for receipt in ordered]


def _judged(answer: dict[str, Any]) -> Judged:
    pieces = answer["pieces"]
    return Judged(
        texts=[piece["text"] for piece in pieces],
        images=[Image.open(io.BytesIO(base64.b64decode(piece["png"]))) for piece in pieces],
        boundaries=[piece["boundary"] for piece in pieces],
        replies=[bytes.fromhex(reply) for reply in answer["replies"]],
        events=answer["events"],
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
