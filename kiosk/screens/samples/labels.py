"""The counter's labels: printing, doubt, proof, and what stops it."""

from collections.abc import Iterator

import msgspec

from kiosk.flows.steps import (
    LabelProof,
    PrintDoubt,
    Printing,
)
from kiosk.model.text import text
from kiosk.screens.samples.facts import (
    BANNER,
    CANCEL,
    DAMAGED,
    NOTHING,
    OTHER_TAG,
    PRODUCTS,
    TAG,
)
from kiosk.screens.samples.made import Maker, Sample, stop


def labels(make: Maker) -> Iterator[Sample]:
    number = "D260302000147"
    yield make(
        "printing",
        Printing(sop="DSP-1.7", title=text("Printing the label"), number=number, print_no=1),
        "counter",
        banner=BANNER,
    )
    doubt = PrintDoubt(
        sop="DSP-1.7",
        title=text("Look at the printer"),
        hint=text("If the label is there, scan it."),
        number=number,
        print_no=2,
        choices=(NOTHING, DAMAGED),
    )
    yield make(
        "print-doubt", doubt, "counter", banner=BANNER, printer=text("The label printer has no paper. Put in a roll.")
    )
    proof = LabelProof(
        sop="DSP-1.7",
        title=text("Scan label, package and ticket"),
        hint=text("Stick the label on the package first."),
        product=PRODUCTS[2].name,
        tag=TAG,
        number=number,
        print_no=1,
        n=2,
        of=3,
        choices=(DAMAGED, CANCEL),
    )
    yield make("label-proof", proof, "counter", banner=BANNER)
    yield make("label-proof-two", msgspec.structs.replace(proof, label=True, package=True), "counter", banner=BANNER)
    yield make(
        "stop-mix-up",
        msgspec.structs.replace(
            stop(
                "package",
                text("This is not the package that was picked."),
                text("Put it aside. Scan the right one."),
                TAG,
                OTHER_TAG,
            ),
            sop="DSP-1.7",
            choices=(DAMAGED, CANCEL),
        ),
        "counter",
        banner=BANNER,
    )
    yield make(
        "stop-patient",
        msgspec.structs.replace(
            stop(
                "patient",
                text("This ticket belongs to another visit."),
                text("Scan the ticket of the patient in front of you."),
            ),
            choices=(DAMAGED, CANCEL),
        ),
        "counter",
        banner=BANNER,
    )
