"""Broken settings and unknown options: one clear line, and a non-zero exit."""

import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.settings import HubPart, PhonesPart, PrinterPart, ScannerPart, SettingsWrong, TerminalSettings, read, to_toml

GOOD = TerminalSettings(
    name="counter-1",
    role="counter",
    state="FL",
    data="data",
    hub=HubPart(token="t" * 32, fingerprint="ab" * 32, address="127.0.0.1:8440", interfaces=("127.0.0.1",)),
    scanners=(ScannerPart(kind="serial", path='/dev/serial/by-id/usb-"odd"'),),
    printer=PrinterPart(url="tcp://127.0.0.1"),
    phones=PhonesPart(issuers="issuers", contactless="vpcd://127.0.0.1:35963"),
)


def written(tmp_path: Path, words: str) -> Path:
    file = tmp_path / "terminal.toml"
    file.write_text(words, encoding="utf-8")
    return file


def test_what_is_written_is_read(tmp_path):
    assert read(written(tmp_path, to_toml(GOOD)), TerminalSettings) == GOOD


def test_the_token_is_in_no_repr():
    assert "tttt" not in repr(GOOD)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("name = ", "is not TOML"),
        (to_toml(GOOD).replace('role = "counter"', 'role = "cashier"'), "$.role"),
        (to_toml(GOOD).replace('state = "FL"', ""), "state"),
        (to_toml(GOOD).replace('name = "counter-1"', 'nmae = "counter-1"'), "nmae"),
        (to_toml(GOOD).replace("tcp://127.0.0.1", "lpt1"), "$.printer"),
        (to_toml(GOOD).replace("vpcd://", "usb://"), "$.phones"),
        (to_toml(GOOD).replace("vpcd://127.0.0.1:35963", ""), "a phone is reached by Bluetooth or"),
        (to_toml(GOOD).replace("patience = 60.0", "patience = 600.0"), "between 5 and 60"),
        ("\x00", "is not TOML"),
    ],
)
def test_each_mistake_is_one_line_that_names_file_and_place(tmp_path, words, said):
    file = written(tmp_path, words)
    with pytest.raises(SettingsWrong) as caught:
        read(file, TerminalSettings)
    line = str(caught.value.reason)
    assert said in line
    assert str(file) in line
    assert "\n" not in line


def test_a_missing_file_is_named(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", "run", "--settings", tmp_path / "none.toml"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "none.toml" in done.stderr


@pytest.mark.parametrize("arguments", [["--nonsense"], ["fly"], ["run"], [], ["demo", "--script", "ballet"]])
def test_an_unknown_option_is_one_line_and_exit_2(arguments):
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
