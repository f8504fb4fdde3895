"""Why a scan is no document, in words for the person who scanned. One table, so that each reason is worded once."""

from kiosk.model.documents import Reading, Unread
from kiosk.model.text import Text, text

_SENTENCES: dict[str, Text] = {
    "cut_off": text("The scan was cut off. Scan it once more."),
    "empty": text("The scanner sent nothing. Scan it once more."),
    "too_long": text("This code is too long for any document. Show it to a staff member."),
    "unknown": text("This code is not known here. Scan the item again, or ask a staff member."),
    "ambiguous": text("This code can mean more than one thing. Ask a staff member."),
    "keyboard_layout": text("The scanner's keyboard language is wrong. Tell a manager: set the scanner to US English."),
    "two_scans": text("Two scans came as one. Scan it once more."),
    "control_characters": text("This code holds characters that do not belong there. Show it to a staff member."),
    # licences
    "licence_damaged": text("The licence was not read whole. Scan the code on its back once more."),
    "licence_separators": text("The scanner lost part of the licence. Scan it once more, or ask a staff member."),
    "licence_length": text("The licence does not add up as it was read. Scan it once more, or ask a staff member."),
    "licence_layout": text("This licence is built in a way that is not known here. A staff member looks at it."),
    "licence_incomplete": text("The licence's code holds no name or no number. A staff member looks at it."),
    "licence_two_cards": text("Two licences came in one scan. Scan one of them alone."),
    "licence_sample": text("This is a sample licence. Scan your own photo ID."),
    "licence_picture": text("This is a copy of a licence's code. Scan the card itself."),
    "licence_compact": text("This licence is in a format that is not read here. A staff member looks at it."),
    # licences on phones: one neutral sentence each, and the way on is nearly always the same
    "licence_mobile": text("A licence on a phone is not read here. Show the card or passport itself."),
    "mobile_damaged": text("The phone's answer was damaged. Show the code once more, or the card itself."),
    "mobile_forged": text("The licence on the phone could not be confirmed. Show the card itself."),
    "mobile_gone": text("The phone went out of reach. Hold it here and show its code again, or show the card itself."),
    "mobile_not_shared": text("The phone shared no licence. Agree on the phone, or show the card itself."),
    "mobile_other_phone": text("The licence could not be confirmed from this phone. Show the card itself."),
    "mobile_outdated": text("The licence on the phone is out of date. Update it there, or show the card itself."),
    "mobile_partial": text("The phone shared only a part of what is needed. Share all of it, or show the card itself."),
    "mobile_revoked": text("The licence on the phone cannot be used now. Show the card itself."),
    "mobile_silent": text("The phone did not answer in time. Show its code again, or show the card itself."),
    "mobile_unasked": text("The phone sent something that was not asked for. Show the card itself."),
    "mobile_unchecked": text("The licence on the phone cannot be checked today. Show the card itself."),
    "mobile_unreachable": text("The phone cannot be reached. Switch its Bluetooth on, or show the card itself."),
    "mobile_unsupported": text("This kind of licence on a phone is not read here. Show the card itself."),
    "mobile_untrusted": text("The issuer of the licence on the phone is not known here. Show the card itself."),
    "military": text("A military ID is not scanned here. A staff member looks at it."),
    "stripe_unread": text("The stripe was not read. Swipe it once more, or scan the code on the back."),
    "passport_damaged": text("The passport's lines were not read whole. Scan them once more."),
    # the trade's codes
    "tag_damaged": text("The package tag was not read whole. Scan it once more."),
    "tag_other_system": text("This is a tag of another tracking system. Scan the package tag."),
    "unit_link_host": text("This link is not a unit's code. Scan the package tag."),
    "unit_link_damaged": text("The unit's code was not read whole. Scan it once more, or scan the package tag."),
    "product_code_damaged": text("The product code was not read whole. Scan it once more."),
    "product_code_separators": text("The scanner lost part of the product code. Scan it once more, or ask a manager."),
    "product_in_store": text("This code was made by another shop for itself. Scan the package tag."),
    "own_code_damaged": text("The code was not read whole. Scan it once more."),
    "link": text("This code is a web link. It is not opened here. Scan the card or the tag itself."),
}

REASON_KEYS = frozenset(_SENTENCES)


def phone_refused(reason_key: str) -> Unread:
    """A licence on a phone that did not come, or was not proven."""
    return Unread(reason_key=reason_key, reason=_SENTENCES[reason_key], could_be=("phone",))


def unread(reading: Reading, reason_key: str, *could_be: str) -> Unread:
    return Unread(
        reason_key=reason_key,
        reason=_SENTENCES[reason_key],
        length=len(reading.data),
        symbology=reading.symbology,
        could_be=could_be,
    )
