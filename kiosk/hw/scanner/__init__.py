"""Scanners: key-type (evdev) and serial, each with a simulator that speaks the same bytes.

What a device sends becomes a :class:`~kiosk.model.documents.Reading`, whole or not at all. What it means is the
business of ``kiosk.documents``.
"""
