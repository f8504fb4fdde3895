"""Nobody knows whether the label came out: the person looks, and scans it if it did."""

from kiosk.screens.printing import PrintingScreen
from kiosk.screens.step import load_kv


class PrintDoubtScreen(PrintingScreen):
    def __init__(self) -> None:
        load_kv("printing")
        super().__init__()


SCREEN = PrintDoubtScreen
