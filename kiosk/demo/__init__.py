"""A whole store on one machine, with invented people, to try and to rehearse."""

from pathlib import Path

SHOP_FILE = Path(__file__).with_name("shop.toml")
"""Patients, products, packages, staff and terminals of the demo store."""
LABEL_FILES = Path(__file__).with_name("label_files")
"""What the demo store's labels need of the state; the symbol is invented."""
