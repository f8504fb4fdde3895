"""What paper looks like: printer commands become a picture, a text and the codes on it.

For the bench panel and the demo's pictures. It knows the commands that our documents use. That the bytes are right
is shown by a printer we did not write; this only draws.
"""

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kiosk.hw.printer import picture
from kiosk.hw.printer.code128 import read_out, symbol_values
from kiosk.hw.printer.commands import Command, Token, Tokenizer, Words
from kiosk.hw.printer.port import PAPER_80, Paper

if TYPE_CHECKING:
    from PIL.Image import Image

_CELL = (12, 24)
_FEED = 30  # dots a line: 3.75 mm, the power-on setting


@dataclass(frozen=True)
class Settings:
    """What the printer remembers between commands; ``ESC @`` sets it back."""

    page: int = 0
    wide: int = 1
    high: int = 1
    bold: bool = False
    reverse: bool = False
    align: int = 0
    bar_dots: int = 3
    bar_height: int = 162
    qr_dots: int = 3
    qr_level: int = 48
    qr_data: bytes = b""

    @functools.lru_cache(maxsize=128)  # noqa: B019  values, not objects: few and small
    def after(self, token: Token) -> "Settings":
        if not isinstance(token, Command):
            return self
        n = token.params[0] if token.params else 0
        match token.name:
            case "ESC @":
                return Settings()
            case "ESC t":
                return replace(self, page=n)
            case "ESC !":
                return replace(self, bold=bool(n & 8), high=2 if n & 16 else 1, wide=2 if n & 32 else 1)
            case "GS !":
                return replace(self, wide=(n >> 4) % 8 + 1, high=n % 8 + 1)
            case "ESC E":
                return replace(self, bold=bool(n & 1))
            case "GS B":
                return replace(self, reverse=bool(n & 1))
            case "ESC a" if n % 48 in (0, 1, 2):
                return replace(self, align=n % 48)
            case "GS w" if 2 <= n <= 6:
                return replace(self, bar_dots=n)
            case "GS h" if n:
                return replace(self, bar_height=n)
            case "GS ( k" if len(token.data) >= 3:
                return self._after_qr(token.data)
        return self

    def _after_qr(self, data: bytes) -> "Settings":
        match data[1]:
            case 67 if 1 <= data[2] <= 16:
                return replace(self, qr_dots=data[2])
            case 69 if 48 <= data[2] <= 51:
                return replace(self, qr_level=data[2])
            case 80:
                return replace(self, qr_data=data[3:])
        return self


@dataclass(frozen=True)
class Piece:
    """One piece of paper as it can be held in a hand: ``whole`` is False where it was torn in the middle."""

    tokens: Sequence[Token]
    start: Settings
    paper: Paper
    whole: bool

    @property
    def data(self) -> bytes:
        return b"".join(token.raw for token in self.tokens)

    @property
    def codes(self) -> list[str]:
        """What a scanner reads from it, from top to bottom."""
        return [code for _, code in self._codes()]

    @property
    def text(self) -> str:
        """The words on it, a line each, with ``[barcode …]``, ``[qr …]`` and ``[image …]`` in their places."""
        return text_of(self.tokens, self.start, self.paper)

    def image(self) -> "Image":
        """Black on white, ``paper.width_dots`` wide, as high as what is on it."""
        return image_of(self.tokens, self.start, self.paper)

    def _codes(self) -> Iterable[tuple[str, str]]:
        settings = self.start
        for token in self.tokens:
            if code := _code_in(token, settings):
                yield code
            settings = settings.after(token)


def pieces_of(data: bytes, paper: Paper = PAPER_80) -> list[Piece]:
    """The paper that these bytes give on a printer that has just been switched on."""
    pieces: list[Piece] = []
    tokens: list[Token] = []
    start = settings = Settings()
    for token in Tokenizer().feed(data):
        tokens.append(token)
        settings = settings.after(token)
        if isinstance(token, Command) and token.name == "GS V":
            pieces.append(Piece(tokens, start, paper, whole=True))
            tokens, start = [], settings
    if any(inked(token) for token in tokens):
        pieces.append(Piece(tokens, start, paper, whole=False))
    return pieces


def inked(token: Token) -> bool:
    """Whether this puts anything on paper."""
    return isinstance(token, Words) or (
        isinstance(token, Command) and (token.name == "GS v 0" or _prints_bars(token) or _prints_qr(token))
    )


def _prints_qr(token: Command) -> bool:
    return token.name == "GS ( k" and token.data[1:2] == b"\x51"


def _prints_bars(token: Token) -> bool:
    """Function B with a Code 128 that can be: a printer prints nothing else for ``GS k 73``."""
    if not isinstance(token, Command) or token.name != "GS k" or token.params[0] != 73:
        return False
    try:
        return bool(read_out(token.data[1:]))
    except ValueError:
        return False


def _code_in(token: Token, settings: Settings) -> tuple[str, str] | None:
    if _prints_bars(token):
        return "barcode CODE128", read_out(token.raw[4:])
    if isinstance(token, Command) and _prints_qr(token):
        return "qr", settings.qr_data.decode("utf-8", "replace")
    return None


def text_of(tokens: Iterable[Token], start: Settings, paper: Paper) -> str:
    pages = {number: codec for codec, number in paper.code_pages}
    settings, lines, line = start, [], ""
    for token in tokens:
        if isinstance(token, Words):
            line += token.raw.decode(pages.get(settings.page, "ascii"), "replace")
        elif code := _code_in(token, settings):
            lines.append(f"[{code[0]} {code[1]}]")
        elif isinstance(token, Command) and token.name == "GS v 0":
            rows = token.params[3] + 256 * token.params[4]
            lines.append(f"[image {8 * token.params[1]}x{rows}]")
        elif isinstance(token, Command) and token.name in ("LF", "ESC d"):
            lines += [line.rstrip()] + [""] * (max(token.params[0], 1) - 1 if token.params else 0)
            line = ""
        settings = settings.after(token)
    return "\n".join([*lines, line]).rstrip("\n") + "\n"


def image_of(tokens: Iterable[Token], start: Settings, paper: Paper) -> "Image":
    from PIL import Image  # noqa: PLC0415

    strips: list[tuple[int, Image.Image]] = []
    settings, y = start, 0
    line: list[Image.Image] = []
    for token in tokens:
        if isinstance(token, Words):
            line += [_letter(char, settings) for char in _decoded(token, settings, paper)]
        elif isinstance(token, Command) and token.name in ("LF", "ESC d"):
            strip = _side_by_side(line)
            strips += [(y, _placed(strip, settings, paper))] if line else []
            y += max(strip.height if line else 0, _FEED * (token.params[0] if token.params else 1))
            line = []
        elif block := _block(token, settings):
            strips.append((y, _placed(block, settings, paper)))
            y += block.height
        settings = settings.after(token)
    if line:
        strips.append((y, _placed(_side_by_side(line), settings, paper)))
    height = max((top + strip.height for top, strip in strips), default=1)
    sheet = Image.new("1", (paper.width_dots, height), 255)
    for top, strip in strips:
        sheet.paste(strip, (0, top))
    return sheet


def _decoded(token: Words, settings: Settings, paper: Paper) -> str:
    pages = {number: codec for codec, number in paper.code_pages}
    return token.raw.decode(pages.get(settings.page, "ascii"), "replace")


def _letter(char: str, settings: Settings) -> "Image":
    from PIL import Image, ImageChops, ImageDraw  # noqa: PLC0415

    cell = Image.new("1", _CELL, 255)
    draw = ImageDraw.Draw(cell)
    draw.fontmode = "1"
    for shift in (0, 1) if settings.bold else (0,):
        draw.text((shift, 18), char, font=picture.font(20, picture.MONOSPACED), fill=0, anchor="ls")
    cell = cell.resize((_CELL[0] * settings.wide, _CELL[1] * settings.high), Image.Resampling.NEAREST)
    return ImageChops.invert(cell) if settings.reverse else cell


def _side_by_side(images: "Sequence[Image]") -> "Image":
    from PIL import Image  # noqa: PLC0415

    strip = Image.new("1", (sum(image.width for image in images) or 1, max((i.height for i in images), default=1)), 255)
    x = 0
    for image in images:
        strip.paste(image, (x, strip.height - image.height))
        x += image.width
    return strip


def _placed(image: "Image", settings: Settings, paper: Paper) -> "Image":
    from PIL import Image  # noqa: PLC0415

    free = paper.width_dots - image.width
    strip = Image.new("1", (paper.width_dots, image.height), 255)
    strip.paste(image, ((0, free // 2, free)[settings.align], 0))
    return strip


def _block(token: Token, settings: Settings) -> "Image | None":
    from PIL import Image, ImageChops  # noqa: PLC0415

    if not isinstance(token, Command):
        return None
    if token.name == "GS v 0":
        size = (8 * (token.params[1] + 256 * token.params[2]), token.params[3] + 256 * token.params[4])
        return ImageChops.invert(Image.frombytes("1", size, token.data))
    if _prints_bars(token):
        return _bars(token.data[1:], settings)
    if _prints_qr(token) and settings.qr_data:
        return _qr(settings)
    return None


def _bars(data: bytes, settings: Settings) -> "Image":
    from barcode.charsets import code128 as table  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    pattern = "".join(table.CODES[value] for value in symbol_values(data)) + table.STOP + "11"
    row = Image.frombytes("L", (len(pattern), 1), bytes(0 if module == "1" else 255 for module in pattern))
    size = (len(pattern) * settings.bar_dots, settings.bar_height)
    return row.resize(size, Image.Resampling.NEAREST).convert("1")


def _qr(settings: Settings) -> "Image":
    import qrcode  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    levels = (
        qrcode.constants.ERROR_CORRECT_L,
        qrcode.constants.ERROR_CORRECT_M,
        qrcode.constants.ERROR_CORRECT_Q,
        qrcode.constants.ERROR_CORRECT_H,
    )
    code = qrcode.QRCode(error_correction=levels[settings.qr_level - 48], border=0)
    code.add_data(settings.qr_data)
    code.make(fit=True)
    matrix = code.get_matrix()
    side = len(matrix)
    dots = bytes(0 if dark else 255 for row in matrix for dark in row)
    size = (side * settings.qr_dots, side * settings.qr_dots)
    return Image.frombytes("L", (side, side), dots).resize(size, Image.Resampling.NEAREST).convert("1")
