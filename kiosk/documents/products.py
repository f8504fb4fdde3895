"""Product codes (UPC, EAN, GTIN, GS1): recognised, so that the person hears why they are of no use here.

A product code names the product and never the lot; what is wanted is always the package tag. Source: GS1 General
Specifications, check digit mod 10 with weights 3 and 1 from the right.
"""

import re

_AIM_GS1 = frozenset({"]C1", "]e0", "]e1", "]e2", "]Q3", "]d2"})
_ELEMENTS = re.compile(r"(?:\(01\)|01)(\d{14})(?:[\x1d(]|\d{2}|$)")


def is_product_code(text: str, symbology: str) -> bool:
    """``symbology`` is the AIM identifier or ``""``; without one only a check digit that fits makes a product code."""
    if symbology.startswith("]E"):
        return text.isdigit()
    if symbology in _AIM_GS1:
        return _ELEMENTS.match(text) is not None
    if symbology and symbology[1] not in "I":
        return False
    if re.fullmatch(r"\d{8}|\d{12,14}", text):
        return check_digit_fits(text) or (len(text) == 8 and check_digit_fits(_expanded(text)))
    found = _ELEMENTS.match(text)
    return found is not None and check_digit_fits(found[1])


def check_digit_fits(digits: str) -> bool:
    return sum(int(d) * (1, 3)[n % 2] for n, d in enumerate(reversed(digits))) % 10 == 0


def _expanded(upc_e: str) -> str:
    """UPC-E (number system, six digits, check digit) as the UPC-A it stands for."""
    system, six, check = upc_e[0], upc_e[1:7], upc_e[7]
    last = six[5]
    if last in "012":
        body = six[:2] + last + "0000" + six[2:5]
    elif last == "3":
        body = six[:3] + "00000" + six[3:5]
    elif last == "4":
        body = six[:4] + "00000" + six[4]
    else:
        body = six[:5] + "0000" + last
    return system + body + check
