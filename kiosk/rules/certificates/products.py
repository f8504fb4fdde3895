"""Kinds of products a certificate can be for, and by which route they are used: what limits depend on."""

import re

from kiosk.documents.certificates.analytes import compact

TYPES: dict[str, str] = {
    "flower": "inhalable",
    "pre_roll": "inhalable",
    "infused_pre_roll": "inhalable",
    "concentrate": "inhalable",
    "vape": "inhalable",
    "edible": "ingestible",
    "beverage": "ingestible",
    "tincture": "ingestible",
    "capsule": "ingestible",
    "suppository": "other",
    "topical": "topical",
    "transdermal": "topical",
}
ROUTES = frozenset(TYPES.values())

_ALSO: dict[str, str] = {
    "flower": "flowers usable usablemarijuana bud buds plant plantmaterial rawplantmaterial inhalableflower "
    "smallbuds cannabisflower driedflower shake wholeflower plantflowercured floweringredient usablecannabis "
    "plantinhalable indoorflower outdoorflower greenhouseflower rawflower flowercured "
    "dispensaryplantmaterial cannabisplantmaterial inflorescence botanical",
    "pre_roll": "preroll prerolls prerolledflower prerollflower plantpreroll joint prerolled prerolledflower",
    "infused_pre_roll": "infusedpreroll infusedprerolls prerollinfused enhancedpreroll plantinhalableinfused",
    "concentrate": "concentrates concentrateinhalable extract extracts wax shatter rosin resin hash kief "
    "inhalableconcentrate solventbasedconcentrate nonsolventbasedconcentrate nonsolventconcentrate distillate "
    "concentratesextracts inhalableextract crudeoil liveresin badder diamonds solventextract "
    "concentrateextract cannabisconcentrate sauce",
    "vape": "vapes vapecartridge vaporizer vapeproduct vapecart cartridge vaporizercartridge inhalablevape vapepen "
    "vapeoil",
    "edible": "edibles ediblesolid solidedible infusededible gummy gummies ingestible infusedproduct edibleproduct "
    "ediblesforingestion chocolate infusededibles marijuanainfusedproduct orallyconsumed solidedibles",
    "beverage": "beverages drink liquidedible infusedbeverage",
    "tincture": "tinctures tinctureoral sublingual oil oraltincture",
    "capsule": "capsules pill pills tablet softgel softgels",
    "suppository": "suppositories",
    "topical": "topicals lotion balm cream salve infusednonedible infusedtopical",
    "transdermal": "patch transdermalpatch transdermals",
}
_BY_WORD = {word: kind for kind, words in _ALSO.items() for word in (compact(kind), *words.split())}


_COUNTED_BY = re.compile(r"(?i)\s*\((?:weight|each|volume|count)(?:\s*-\s*(?:weight|each|volume|count))*\)$")


def product_type(word: str) -> str | None:
    """The kind ``word`` means (``"Pre-Roll"``, ``"edible_solid"``), or None where it means none we know for sure.
    Several words (``"Plant / Flower"``) have to mean the same."""
    kinds = {_BY_WORD.get(compact(_COUNTED_BY.sub("", part))) for part in word.split(" / ")}
    return kinds.pop() if len(kinds) == 1 else None
