"""The words for the keys of the model: shapes, forms, routes, states. An unknown key is shown as it is."""

from collections.abc import Mapping

from kiosk.model.connection import Condition
from kiosk.model.text import Text, text

SHAPES: Mapping[tuple[str, str], Text] = {
    ("blue", "circle"): text("Blue circle"),
    ("blue", "square"): text("Blue square"),
    ("blue", "triangle"): text("Blue triangle"),
    ("blue", "star"): text("Blue star"),
    ("blue", "hexagon"): text("Blue hexagon"),
    ("blue", "diamond"): text("Blue diamond"),
    ("orange", "circle"): text("Orange circle"),
    ("orange", "square"): text("Orange square"),
    ("orange", "triangle"): text("Orange triangle"),
    ("orange", "star"): text("Orange star"),
    ("orange", "hexagon"): text("Orange hexagon"),
    ("orange", "diamond"): text("Orange diamond"),
    ("sky", "circle"): text("Light blue circle"),
    ("sky", "square"): text("Light blue square"),
    ("sky", "triangle"): text("Light blue triangle"),
    ("sky", "star"): text("Light blue star"),
    ("sky", "hexagon"): text("Light blue hexagon"),
    ("sky", "diamond"): text("Light blue diamond"),
    ("yellow", "circle"): text("Yellow circle"),
    ("yellow", "square"): text("Yellow square"),
    ("yellow", "triangle"): text("Yellow triangle"),
    ("yellow", "star"): text("Yellow star"),
    ("yellow", "hexagon"): text("Yellow hexagon"),
    ("yellow", "diamond"): text("Yellow diamond"),
    ("purple", "circle"): text("Purple circle"),
    ("purple", "square"): text("Purple square"),
    ("purple", "triangle"): text("Purple triangle"),
    ("purple", "star"): text("Purple star"),
    ("purple", "hexagon"): text("Purple hexagon"),
    ("purple", "diamond"): text("Purple diamond"),
    ("green", "circle"): text("Green circle"),
    ("green", "square"): text("Green square"),
    ("green", "triangle"): text("Green triangle"),
    ("green", "star"): text("Green star"),
    ("green", "hexagon"): text("Green hexagon"),
    ("green", "diamond"): text("Green diamond"),
}
"""Whole phrases, because in many languages the colour follows the gender of the shape."""

FORMS: Mapping[str, Text] = {
    "flower": text("flower"),
    "pre_roll": text("pre-roll"),
    "tincture": text("tincture"),
    "vape": text("vape cartridge"),
    "concentrate": text("concentrate"),
    "capsule": text("capsules"),
    "edible": text("edible"),
    "topical": text("topical"),
    "suppository": text("suppository"),
    "patch": text("patch"),
}

ROUTES: Mapping[str, Text] = {
    "smoking": text("smoked"),
    "sublingual": text("under the tongue"),
    "inhalation": text("inhaled"),
    "oral": text("swallowed"),
    "edible": text("eaten"),
    "topical": text("on the skin"),
    "suppository": text("suppository"),
}

ID_KINDS: Mapping[str, Text] = {
    "licence": text("Driver license"),
    "license": text("Driver license"),
    "driver_licence": text("Driver license"),
    "driver_license": text("Driver license"),
    "id": text("Identification card"),
    "id_card": text("Identification card"),
    "identification_card": text("Identification card"),
    "passport": text("Passport"),
    "passport_card": text("Passport card"),
    "military": text("Military ID"),
}

SOURCES: Mapping[str, Text] = {
    "store": text("counted by this store"),
    "registry": text("figure of the state registry"),
    "physician": text("limit of the physician"),
    "outage": text("limit while the state registry is away"),
}

CONDITIONS: Mapping[Condition, Text] = {
    Condition.ALL_WELL: text("Everything connected"),
    Condition.STATE_AWAY: text("State system not reached"),
    Condition.HUB_AWAY: text("Working without the hub"),
    Condition.BOTH_AWAY: text("Hub and state not reached"),
}


def word_for(table: Mapping[str, Text], key: str) -> Text:
    """The words for a key; the key itself, with spaces, where the table does not know it."""
    return table.get(key) or Text(sentence="{key}", args={"key": key.replace("_", " ")})


def ticket_words(colour: str, shape: str) -> Text:
    return SHAPES.get((colour, shape)) or Text(sentence="{key}", args={"key": f"{colour} {shape}"})
