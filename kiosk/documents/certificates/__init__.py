"""Certificates of analysis: what the bytes of one say. :mod:`.reading` takes every form we know."""
