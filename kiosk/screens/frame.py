"""Everything around a step: who works here, the patient's banner, the remark, the choices, the connection's condition.

The frame lays the whole picture out in one pass, with the largest letters at which everything fits, and judges every
touch: which target, whether it may count, and what it means.
"""

from collections.abc import Callable, Iterator
from typing import Any, get_args

from kivy.properties import BooleanProperty, StringProperty

from kiosk.flows.steps import Act, AnyStep, Choice, Documents, Notice, Picture, Ticketed
from kiosk.model.clock import Clock
from kiosk.model.connection import Condition
from kiosk.model.errors import Ours
from kiosk.model.text import text
from kiosk.screens.guard import Guard
from kiosk.screens.layout import Box, Column, Row
from kiosk.screens.nouns import CONDITIONS, word_for
from kiosk.screens.panel import Panel
from kiosk.screens.parts import Words
from kiosk.screens.step import StepScreen, filled, load_kv, make_screen
from kiosk.screens.targets import Press, Target
from kiosk.screens.theme import THEMES, Skin
from kiosk.screens.words import LANGUAGES, Language, name_of

KIOSK_STEPS = (Documents, Ticketed, Notice)
"""All that may ever be drawn in front of the public (PAT-01)."""

THEME_ORDER = ("standard", "large", "contrast")

COVER = "cover"
"""Kind of the screen that hides everything; it has no step of its own."""

STRIPS: dict[Condition, tuple[str, str, str]] = {
    Condition.ALL_WELL: ("surface", "ink", "go"),
    Condition.STATE_AWAY: ("warn", "on_warn", "on_warn"),
    Condition.HUB_AWAY: ("warn", "on_warn", "on_warn"),
    Condition.BOTH_AWAY: ("ink", "surface", "surface"),
}
"""Ground, ink and sign of the line at the foot. The signs differ in shape as well: see ``pictures/``."""


def kinds_for(role: str) -> list[str]:
    """The kinds of screen a terminal of this role may draw."""
    steps = KIOSK_STEPS if role == "checkin" else get_args(AnyStep)
    return [COVER, *(str(step.__struct_config__.tag) for step in steps)]


class Facts(Row):
    """The patient's facts: each its name and value; close below each other where they do not fit side by side."""

    def _stacks(self, width: float) -> bool:
        boxes = self.boxes()
        return sum(child.natural() for child in boxes) + self._gap * (len(boxes) - 1) > width

    def need(self, width: float) -> float:
        if self._stacks(width):
            return sum(child.need(width) for child in self.boxes())
        return super().need(width)

    def arrange(self, x: float, top: float, width: float, height: float) -> None:
        if not self._stacks(width):
            super().arrange(x, top, width, height)
            return
        top -= max(0, height - self.need(width)) / 2
        for child in self.boxes():
            tall = child.need(width)
            child.place(x, top, width, tall)
            top -= tall


class Strip(Facts):
    """The words of the condition, and what is allowed now: side by side on a landscape panel."""

    def _stacks(self, width: float) -> bool:
        return self.skin.panel.portrait


class Frame(Column):
    head: Any = BooleanProperty(True)
    terminal: Any = StringProperty("")
    sop: Any = StringProperty("")
    staff: Any = StringProperty("")
    person: Any = StringProperty("")
    ticket_shape: Any = StringProperty("")
    ticket_ink: Any = StringProperty("on_banner")
    ticket_number: Any = StringProperty("")
    can_cover: Any = BooleanProperty(False)
    remark: Any = StringProperty("")
    busy: Any = StringProperty("")
    device: Any = StringProperty("")
    condition: Any = StringProperty("")
    condition_words: Any = StringProperty("")
    allowed: Any = StringProperty("")
    strip_ground: Any = StringProperty("surface")
    strip_ink: Any = StringProperty("ink")
    strip_sign: Any = StringProperty("go")

    def __init__(
        self, panel: Panel, clock: Clock, on_act: Callable[[Act], None], language: Callable[[str], Language]
    ) -> None:
        load_kv("theme")
        load_kv("frame")
        self.panel, self.clock, self.on_act = panel, clock, on_act
        self._language_of = language
        self.theme = panel.theme
        self.guard = Guard()
        self.screen: StepScreen | None = None
        self.picture: Picture | None = None
        self.touched = ""
        """Key of the last target that took a touch; tests and rehearsals look at it."""
        self.last_touch = float("-inf")
        self._kind = ""
        self._held: Target | None = None
        self._layout: tuple[Any, ...] = ()
        self._rail_of: tuple[Any, ...] = ()
        self._facts_said: tuple[tuple[str, str], ...] = ()
        super().__init__()

    # --- showing

    def show(self, picture: Picture) -> None:
        """Draws a picture. An older one than the present is not drawn."""
        before = self.picture
        if before is not None and picture.generation < before.generation:
            return
        if picture.role == "checkin" and not isinstance(picture.step, KIOSK_STEPS):
            raise Ours(text("This step does not belong to the check-in."), picture.step.kind)
        if before is not None and _session_ends(before, picture):
            self.theme = self.panel.theme
        language = self._language_of(picture.language)
        self.picture = picture
        screen = self._screen_for(picture)
        screen.language, screen.clock = language, self.clock
        screen.show(picture)
        self._fill_chrome(picture, language)
        self._fill_rail(picture, language, screen)
        new = before is None or before.generation != picture.generation or before.covered != picture.covered
        self.lay_out(changed=new)

    def clear(self) -> None:
        """Forgets picture and screen, as before the first one."""
        if self.screen is not None:
            self.ids.body.remove_widget(self.screen)
            self.screen.wipe()
        self.picture, self.screen, self._kind, self._rail_of = None, None, "", ()

    def _screen_for(self, picture: Picture) -> StepScreen:
        kind = COVER if picture.covered else picture.step.kind
        if self.screen is None or kind != self._kind:
            old, self._kind = self.screen, kind
            self.screen = make_screen(kind)
            self.screen.stretch = 1
            self.screen.again = self.lay_out
            self.screen.send = self._send_typed
            if old is not None:
                self.ids.body.remove_widget(old)
                old.wipe()
            self.ids.body.add_widget(self.screen)
        return self.screen

    def _fill_chrome(self, picture: Picture, language: Language) -> None:
        assert self.screen is not None
        say = language.say
        alone = self.screen.takes_over or picture.covered
        self.ground = "stop" if self.screen.takes_over else "paper"
        self.head = picture.role != "checkin" and not self.screen.takes_over
        self.terminal = picture.terminal
        self.sop = "" if picture.covered else picture.step.sop
        self.staff = picture.staff if picture.role != "checkin" else ""
        # The vault never shows a patient, and the entrance nobody at all, whatever it is given (PRV-03, PAT-01).
        banner = picture.banner if picture.role == "counter" and not alone else None
        self.person = name_of(banner.person) if banner else ""
        self.can_cover = banner is not None
        if banner is not None:
            self.ticket_shape, self.ticket_ink = banner.ticket.shape, f"ticket.{banner.ticket.colour}"
            self.ticket_number = str(banner.ticket.number)
        said = tuple(self._facts(picture, language)) if banner else ()
        if said != self._facts_said:
            self._facts_said = said
            filled(self.ids.facts, [_fact(name, value) for name, value in said])
        apart = not self.screen.takes_remarks
        self.remark, self.busy = (say(picture.remark), say(picture.busy)) if apart else ("", "")
        self.device = say(picture.printer) if picture.role != "checkin" else ""
        connection = picture.connection
        self.condition = connection.condition.value
        self.condition_words = say(
            text(
                "{condition} since {time}",
                condition=say(word_for(CONDITIONS, connection.condition)),  # type: ignore[arg-type]
                time=language.moment(connection.since, self.clock),
            )
        )
        allowed = say(connection.allowed)
        if connection.unsent:
            allowed += " " + say(text("Kept here until it can be sent: {n}.", n=connection.unsent))
        self.allowed = allowed
        self.strip_ground, self.strip_ink, self.strip_sign = STRIPS[connection.condition]

    def _facts(self, picture: Picture, language: Language) -> Iterator[tuple[str, str]]:
        assert picture.banner is not None
        yield language.say(text("Born")), language.day(picture.banner.person.born)
        yield language.say(text("Card ending")), picture.banner.card_ending

    def _fill_rail(self, picture: Picture, language: Language, screen: StepScreen) -> None:
        choices = () if picture.covered or screen.own_choices else screen.choices(picture)
        back = picture.step.can_go_back and not picture.covered and not screen.takes_over
        kiosk = picture.role == "checkin" and isinstance(picture.step, Documents)
        rail = screen.rail(self.panel.portrait) or self.ids.rail
        key = (rail, choices, back, picture.language, self.theme if kiosk else "", kiosk, picture.step.kind)
        if key != self._rail_of:
            self._rail_of = key
            presses = [choice_press(choice, language) for choice in choices]
            if kiosk:
                presses = [*self._kiosk_presses(picture, language), *presses]
            for press in presses:
                press.main = press.key == "person" if kiosk else press.look == "go"
                press.look = "plain" if press.key == "person" else press.look
            words = language.say(text("Back"))
            returning = Press(text=words, icon="back", key="back", look="quiet", returns=True) if back else None
            rail.fill(presses, returning)
        self.ids.rail.shown = rail is self.ids.rail and bool(choices or back or (kiosk and not picture.covered))
        for press in rail.children:
            press.enabled = not picture.busy

    def _kiosk_presses(self, picture: Picture, language: Language) -> list[Press]:
        others = [code for code in LANGUAGES if code != picture.language]
        narrow = self.panel.portrait
        words, icon = {
            "standard": (text("Larger letters"), "letters"),
            "large": (text("More contrast"), "contrast"),
            "contrast": (text("Usual letters"), "letters"),
        }[self.theme]
        return [
            *(
                Press(text=LANGUAGES[code], icon="" if narrow else "language", key=f"language:{code}", kind="body")
                for code in others
            ),
            Press(text=language.say(words), icon="" if narrow else icon, key="look:next", local=True, kind="body"),
        ]

    # --- laying out

    def lay_out(self, *, changed: bool = False) -> None:
        """One pass. ``changed``: the picture is another one; else that is found out from where the targets are."""
        assert self.picture is not None
        font = Skin(THEMES[self.theme], self.panel, self.picture.role)
        self._choose_letters(font)
        self.place(0, self.panel.height, self.panel.width, self.panel.height)
        layout = tuple((target.key, *target.pos, *target.size) for target in self.targets())
        if changed or layout != self._layout:
            self.guard.changed(self.clock.monotonic())
            self._let_go()
        self._layout = layout

    def _choose_letters(self, skin: Skin) -> None:
        """Dresses everything in the largest letters that fit, or in the smallest there are."""

        def fits(scale: float) -> bool:
            self.dress(skin.at(scale))
            return self.need(self.panel.width) <= self.panel.height and not self._broken()

        scales = skin.scales
        if fits(scales[0]):
            return
        low, high = 1, len(scales) - 1
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if fits(scales[middle]) else (middle + 1, high)
        fits(scales[low])

    def _broken(self) -> bool:
        """Something is cut although there is height for it."""
        return any(part.overfull or (isinstance(part, Words) and part.broken) for part in self.everything())

    def targets(self) -> list[Target]:
        """All that can be touched now, in reading order."""
        return [part for part in self.everything() if isinstance(part, Target) and part.key and part.width > 0]

    def words(self) -> list[Words]:
        """All that is written on the screen now."""
        return [part for part in self.everything() if isinstance(part, Words) and part.text]

    def target(self, key: str) -> Target | None:
        return next((target for target in self.targets() if target.key == key), None)

    # --- touches

    def on_touch_down(self, touch: Any) -> bool:
        self.last_touch = self.clock.monotonic()
        target = next((target for target in self.targets() if target.reached_by(*touch.pos)), None)
        if target is None or not target.enabled:
            return False
        if self.guard.quiet_for(target.key, target.again_ms / 1000, self.clock.monotonic()) > 0:
            return True
        self._let_go()
        touch.grab(self)
        self._held = target
        target.hold_down(True)
        return True

    def on_touch_up(self, touch: Any) -> bool:
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        target = self._held
        self._let_go()
        if target is not None and target.reached_by(*touch.pos):
            self.guard.took(target.key, self.clock.monotonic())
            self.touched = target.key
            self._fire(target)
        return True

    def on_touch_move(self, touch: Any) -> bool:
        return touch.grab_current is self

    def _let_go(self) -> None:
        if self._held is not None:
            self._held.hold_down(False)
            self._held = None

    def _fire(self, target: Target) -> None:
        assert self.picture is not None
        assert self.screen is not None
        if target.local and target.key == "look:next":
            order = list(THEME_ORDER)
            self.theme = order[(order.index(self.theme) + 1) % len(order)]
            self.show(self.picture)
        elif target.local:
            self.screen.turn(target.key)
            self.lay_out()
        elif target.returns:
            self.on_act(Act(generation=self.picture.generation, back=True))
        else:
            self.on_act(Act(generation=self.picture.generation, chosen=target.key))

    def _send_typed(self, digits: str) -> None:
        assert self.picture is not None
        self.on_act(Act(generation=self.picture.generation, typed=digits))


def choice_press(choice: Choice, language: Language) -> Press:
    """The target for a choice. Its symbol says again what its colour and words say."""
    icon = {"person": "person", "confirm": "go"}.get(choice.key, {"go": "go", "stop": "stop"}.get(choice.look, ""))
    return Press(text=language.say(choice.label), icon=icon, key=choice.key, look=choice.look)


def _fact(name: str, value: str) -> Box:
    row = Row(gap="s")
    row.add_widget(Words(text=name, kind="note", ink="on_banner"))
    row.add_widget(Words(text=value, kind="body", bold=True, ink="on_banner", share=0))
    return row


def _session_ends(before: Picture, after: Picture) -> bool:
    """At the kiosk, an empty first screen after anything else belongs to somebody else: their looks start afresh."""

    def empty(picture: Picture) -> bool:
        return isinstance(picture.step, Documents) and not (picture.step.card or picture.step.photo_id)

    return after.role == "checkin" and empty(after) and not empty(before)
