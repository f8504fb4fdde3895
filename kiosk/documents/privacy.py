"""What could not be read may still hold a person or a payment card: such a text is not repeated anywhere.

A keyboard scanner whose Shift or Caps Lock went wrong types ``5b4111…`` for ``%B4111…``, and a scan that a pause cut in
two is two halves of one. Neither is a document, and both are somebody's.
"""

import re

_SHIFTED = str.maketrans("!@#$%^&*()", "1234567890")
"""Digits under Shift."""
_NUMBER = re.compile(r"[0-9](?:[ -]?[0-9]){11}")
"""As long as the shortest payment card's, which is what matters here: nothing else of that length need be shown."""
_SIGNS = re.compile(
    r"^\W*[%5]?B[0-9]{4}"  # the first track of a payment card, its % with or without Shift
    r"|[;:][0-9]{4}"  # a second track
    r"|^\W{0,3}[%5][A-Z]{3}"  # the first track of a licence
    r"|ANSI|AAMVA|636[0-9]{3}"  # a licence's head
    r"|(?:^|[\n\r]|DL|ID)(?:DAA|DAB|DAC|DAD|DAG|DAQ|DBB|DCS|DCT)."  # its elements
    r"|<<|,,"  # a passport's lines, their < with or without Shift
)
_TOO_SHORT = 4


def may_be_private(text: str) -> bool:
    """May this hold a person's or a payment card's data, in whatever case it was typed? Never for known codes."""
    upper = text.upper()
    found = _SIGNS.search(upper)
    if found is not None and len(text) > _TOO_SHORT:
        return True
    return any(_NUMBER.search(spelling) for spelling in (text, text.translate(_SHIFTED)))
