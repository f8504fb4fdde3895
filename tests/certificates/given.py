"""Invented certificates, and a short way to have one judged."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from kiosk.documents.certificates import reading
from kiosk.documents.certificates.analytes import table
from kiosk.model.certificates import AnalyteVerdict, Goods, Judgement, PanelVerdict
from kiosk.model.errors import KioskError
from kiosk.rules.certificates.certificate import judge
from kiosk.rules.certificates.limits import CertificatePack, load

DAY = date(2026, 3, 2)
TAG = "1A4FF0100000022000000142"
REPORTED = {
    "cannabinoids": [
        {"name": "Δ9-THC", "result": "0.79", "units": "%"},
        {"name": "THCA", "result": "22.0", "units": "%"},
        {"name": "Total THC", "result": "20.08", "units": "%"},
    ],
    "moisture": [{"name": "Moisture", "result": "10.2", "units": "%"}],
}


def rows_that_pass(pack: CertificatePack, kind: str) -> dict[str, Any]:
    """Every panel and analyte that the pack names for this kind, as a laboratory reports clean goods."""
    panels: dict[str, list[dict[str, Any]]] = {name: [dict(row) for row in rows] for name, rows in REPORTED.items()}
    for limits in pack.tables(kind):
        for key in limits.analytes():
            used = limits.used(key)
            row = {"name": key.replace("_", " "), "result": "ND", "units": used.unit, "lab_status": "PASS"}
            if used.operator == "absent":
                row["result"] = "Not detected in 1 g"
            elif limits.panel in ("moisture", "water_activity"):
                row["result"] = f"{used.amount * Decimal('0.8'):f}"  # there is always some
            elif used.amount is not None:
                row["lod"] = str(used.amount / 4)
            elif used.lod is not None:
                row["lod"] = str(used.lod / 2)
            panels.setdefault(limits.panel, []).append(row)
    return {name: {"lab_status": "PASS", "analytes": rows} for name, rows in panels.items()}


def paper(law: str = "CA", kind: str = "flower", **fields: Any) -> dict[str, Any]:
    """A clean certificate in the plain form."""
    pack = load(law, DAY)
    return {
        "state": law,
        "lab": "Lindenhof Testing",
        "product": "Quiet Meadow",
        "matrix": kind,
        "batch": "B-17",
        "metrc_tag": TAG,
        "dates": {"collected": "2026-01-10", "received": "2026-01-11", "tested": "2026-01-14", "issued": "2026-01-15"},
        "panels": rows_that_pass(pack, kind),
        **fields,
    }


def row(data: dict[str, Any], panel: str, name: str) -> dict[str, Any]:
    return next(each for each in data["panels"][panel]["analytes"] if each["name"] == name)


def judged(data: Any, state: str = "CA", kind: str = "flower", on: date = DAY, **more: Any) -> Judgement:
    certificate = reading.read(data if isinstance(data, bytes) else msgspec.json.encode(data))
    return judge(certificate, load(state, DAY), kind, on, **more)


def panel(judgement: Judgement, name: str) -> PanelVerdict:
    return next(each for each in judgement.panels if each.panel == name)


def analyte(judgement: Judgement, key: str) -> AnalyteVerdict:
    """The verdict of the analyte with our key ``key``."""
    return next(each for each in panel(judgement, table().panels[key]).analytes if each.analyte == key)


def alone(
    result: Any, units: str = "ug/g", name: str = "Abamectin", where: str = "pesticides", **fields: Any
) -> AnalyteVerdict:
    """The verdict of one row of an otherwise clean certificate of Californian flower."""
    data = paper()
    rows = [each for each in data["panels"][where]["analytes"] if each["name"] != name.lower()]
    mine = {"name": name, "result": result, "units": units, **fields}
    data["panels"][where]["analytes"] = [mine, *rows]
    return panel(judged(data), where).analytes[0]


@contextmanager
def refused(said: str = "") -> Iterator[None]:
    """What is done in it ends in one sentence for a person, with these words."""
    with pytest.raises(KioskError) as caught:
        yield
    sentence = str(caught.value.reason)
    assert said in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


def goods(**fields: Any) -> Goods:
    return Goods(tag=TAG, **fields)


def metrc_row(name: str, level: Any, **fields: Any) -> dict[str, Any]:
    """One row of METRC's lab results, as the state's system returns them."""
    return {
        "PackageId": 2,
        "LabTestResultId": 7,
        "LabFacilityLicenseNumber": "C8-0000072-LIC",
        "LabFacilityName": "Lindenhof Testing",
        "SourcePackageLabel": TAG,
        "ProductName": "Buds",
        "ProductCategoryName": "Buds",
        "TestPerformedDate": "2026-01-14",
        "OverallPassed": True,
        "RevokedDate": None,
        "LabTestResultDocumentFileId": None,
        "ResultReleased": True,
        "ResultReleaseDateTime": "2026-01-15T00:00:00+00:00",
        "ExpirationDateTime": None,
        "TestTypeName": name,
        "TestPassed": True,
        "TestResultLevel": level,
        "TestComment": "",
        "TestInformationalOnly": False,
        "LabTestDetailRevokedDate": None,
        **fields,
    }
