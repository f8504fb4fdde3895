"""Sign-in, first half: hold the badge in front of the scanner."""

from kiosk.screens.step import StepScreen


class BadgeScreen(StepScreen):
    pass


SCREEN = BadgeScreen
