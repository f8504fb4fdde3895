"""Identifiers: UUIDv7 (RFC 9562), so that they sort by the time they were made."""

import uuid6


def new_id() -> str:
    return str(uuid6.uuid7())
