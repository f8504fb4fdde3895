"""What binds a terminal to its hub: keys, and how they are named."""

import hashlib

ED25519_SPKI = bytes.fromhex("302a300506032b6570032100")
"""What stands before the 32 raw bytes of a key in its SubjectPublicKeyInfo (RFC 8410, 4)."""


def fingerprint_of(public_key: bytes) -> str:
    """SHA-256 of the SubjectPublicKeyInfo (DER) of an Ed25519 key, in hex: what terminals pin. ``public_key`` is the
    32 raw bytes of RFC 8032."""
    return hashlib.sha256(ED25519_SPKI + public_key).hexdigest()


def hub_name(fingerprint: str) -> str:
    """How a hub is called on the network and on screens: by its key, so that no two hubs are called the same."""
    return f"hub-{fingerprint[:12]}"
