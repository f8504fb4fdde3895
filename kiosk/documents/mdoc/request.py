"""What is asked of a phone: what a photo ID holds, nothing more, and nothing to be kept."""

from collections.abc import Mapping

from kiosk.documents.mdoc import cbor

LICENCE = "org.iso.18013.5.1.mDL"
NAMES = "org.iso.18013.5.1"
US_NAMES = "org.iso.18013.5.1.aamva"

Asked = Mapping[str, frozenset[str]]
"""Names of elements by name space."""

PHOTO_ID: Asked = {
    NAMES: frozenset(
        {
            "family_name", "given_name", "birth_date", "issue_date", "expiry_date", "document_number",
            "issuing_country", "issuing_jurisdiction",
        }
    ),
    US_NAMES: frozenset({"name_suffix", "family_name_truncation", "given_name_truncation"}),
}  # fmt: skip


def write(asked: Asked) -> bytes:
    """A DeviceRequest; ``False`` behind each element says that it will not be kept."""
    spaces = {space: dict.fromkeys(sorted(names), False) for space, names in asked.items()}
    items = cbor.embed(cbor.write({"docType": LICENCE, "nameSpaces": spaces}))
    return cbor.write({"version": "1.0", "docRequests": [{"itemsRequest": items}]})
