"""The plain-text account of a rehearsal: who did what at which step, and what was left at the end."""

from dataclasses import dataclass, field
from pathlib import Path

from kiosk.demo.person import Deed, Scan, Touch
from kiosk.demo.shop import Result
from kiosk.flows.steps import Picture

WHO = {"checkin": "patient", "counter": "technician", "vault": "picker"}


@dataclass
class Account:
    lines: list[str] = field(default_factory=list)

    def did(self, station: str, picture: Picture, deed: Deed) -> None:
        """One deed. Of typed digits it says only that there were some."""
        match deed:
            case Scan(what=what):
                words = f"scans {what}"
            case Touch(key=key):
                words = f"touches “{_label(picture, key)}”"
            case _:
                words = "types the PIN"
        step = picture.step
        line = f"- `{step.sop}` {WHO[picture.role]} at {station}: “{step.title}” — {words}"
        if not self.lines or self.lines[-1] != line:
            self.lines.append(line)

    def write(self, file: Path, result: Result, pictures: list[str], die_at: str) -> None:
        verdict = "Everything is there exactly once." if result.right else "SOMETHING IS WRONG."
        words = [
            "# A visit, end to end",
            "",
            f"{verdict} Labels on paper: {len(result.labels)}. Receipts at the state: {len(result.receipts)}. "
            f"Dispensations in the ledger: {result.dispensed}.",
            "",
        ]
        if die_at:
            words += [f"The plug was pulled at `{die_at}`; terminals were started again {result.restarts} times.", ""]
        words += ["## What happened", "", *self.lines, "", "## The label", ""]
        for label in result.label_text:
            words += ["```", label.rstrip(), "```", ""]
        words += ["## The receipt, as the state has it", ""]
        for receipt in result.receipts:
            words.append(f"- receipt {receipt.get('ReceiptNumber')}, our number {receipt.get('ExternalReceiptNumber')}")
        if pictures:
            words += ["", "## Pictures", "", *[f"![{name}]({name})" for name in pictures]]
        file.write_text("\n".join(words) + "\n", encoding="utf-8")


def _label(picture: Picture, key: str) -> str:
    return next((str(choice.label) for choice in picture.step.choices if choice.key == key), key)
