"""What scanners, keyboards and programs do to the whole of a scan, undone: the text in the standard's own characters.

Only what is done to every character of a kind alike is undone. None of it needs to be right: the licence's directory
tells the exact length afterwards, and every piece has to begin with an element's identifier.
"""

import contextlib
import re
from typing import NamedTuple

_MAGIC = re.compile(r"(?:ANSI |AAMVA)(?=[0-9]{6})")
_INVERTED = re.compile(r"[^A-Za-z]{0,12}(?:ansi |aamva)[0-9]{6}")
_WRAPPED = re.compile(r"[\x80-\x9f]*([\n\r\x1c-\x1e])[\x80-\x9f]*")
_PICTURES = {0x2400 + code: code for code in range(0x20)}
"""Unicode's pictures of control characters, as some programs show them."""
_SPELLINGS = (
    {"<LF>": "\n", "<CR>": "\r", "<RS>": "\x1e", "<GS>": "\x1d", "<FS>": "\x1c"},
    {"\\n": "\n", "\\r": "\r", "\\x1e": "\x1e", "\\x1E": "\x1e", "\\u001e": "\x1e", "\\u001E": "\x1e"},
    {"^^": "\x1e", "^J": "\n", "^M": "\r", "^]": "\x1d", "^\\": "\x1c"},
)
"""Control characters spelt out. Each way has its own sign of a line feed first."""
_SUBSTITUTES = "|\t;~^"
_LEAST = 5
"""A licence has more elements than that."""


class Repaired(NamedTuple):
    text: str
    pairs: bool
    """Behind the header each line feed came with a carriage return: some issuers print them so, and count both."""


def repaired(data: bytes) -> Repaired:
    text = _decoded(data).lstrip(" \x00\x02").rstrip("\x00\x03\x04 ")
    if _INVERTED.match(text):
        text = text.swapcase()
    text = _with_control_characters(text)
    found = _MAGIC.search(text)
    if found is None:
        return Repaired(text, False)
    head, body = text[: found.end()], text[found.end() :]
    rest = _with_single_ends(body)
    if pairs := "\r" in body and "\r" not in rest:
        head = head.replace("\r", "")  # the header's alone is no sign that carriage returns came through
    return Repaired(head + _with_line_feeds(rest), pairs)


def _decoded(data: bytes) -> str:
    """ISO 8859-1; UTF-8 where it is that, with pictures and wrappings of control characters taken off."""
    text = data.decode("latin-1")
    if data.isascii():
        return text
    with contextlib.suppress(UnicodeError):
        text = data.decode("utf-8").translate(_PICTURES).encode("latin-1").decode("latin-1")
    return _WRAPPED.sub(r"\1", text)


def _with_control_characters(text: str) -> str:
    for spelling in _SPELLINGS:
        line_feed = next(word for word, meant in spelling.items() if meant == "\n")
        if "\n" not in text and text.count(line_feed) >= _LEAST:
            for word, meant in spelling.items():
                text = text.replace(word, meant)
            break
    return text


def _with_single_ends(text: str) -> str:
    """Behind the header: line feeds that became CR LF, carriage returns that did, and either of them doubled."""
    both, feeds, returns = text.count("\r\n"), text.count("\n"), text.count("\r")
    if both >= 3 and both == feeds:
        return text.replace("\r\n", "\n")
    if both >= 2 and both == returns:
        return text.replace("\r\n", "\r")
    for end, count in (("\n", feeds), ("\r", returns)):
        if count >= 4 and 2 * text.count(end + end) == count:
            text = text.replace(end + end, end)
    return text


def _with_line_feeds(text: str) -> str:
    """Behind the header: another sign in place of every line feed."""
    if "\n" in text.rstrip("\r\n"):
        return text
    for substitute in _SUBSTITUTES:
        if text.count(substitute) >= _LEAST:
            return text.replace(substitute, "\n")
    return text
