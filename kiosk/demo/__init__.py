"""A whole store on one machine, with invented people, to try and to rehearse."""

from pathlib import Path

SHOP_FILE = Path(__file__).with_name("shop.toml")
"""Patients, products, packages, staff and terminals of the demo store."""
