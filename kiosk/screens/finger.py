"""A finger without a hand: a touch that goes the same way through Kivy as one from the panel."""

from typing import Any

from kivy.base import EventLoop
from kivy.input.motionevent import MotionEvent


class Finger(MotionEvent):  # type: ignore[misc]
    def __init__(self, x: float, y: float) -> None:
        window = EventLoop.window
        place = {"x": x / (window.width - 1.0), "y": y / (window.height - 1.0)}
        super().__init__("finger", 1, place, is_touch=True, type_id="touch")
        self.profile = ["pos"]

    def depack(self, args: Any) -> None:
        self.sx, self.sy = args["x"], args["y"]
        super().depack(args)


def touch_at(x: float, y: float, *, let_go_at: tuple[float, float] | None = None) -> None:
    """Down and up at a point in window pixels, from below; ``let_go_at`` slides off before letting go."""
    finger = Finger(x, y)
    EventLoop.post_dispatch_input("begin", finger)
    if let_go_at is not None:
        finger.move({"x": let_go_at[0] / EventLoop.window.width, "y": let_go_at[1] / EventLoop.window.height})
        EventLoop.post_dispatch_input("update", finger)
    EventLoop.post_dispatch_input("end", finger)
