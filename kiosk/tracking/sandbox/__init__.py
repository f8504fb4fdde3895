"""A METRC and a patient registry for rehearsals and tests: the same bytes over real sockets, with faults."""

from kiosk.tracking.sandbox.app import Sandbox
from kiosk.tracking.sandbox.serving import make, serve, serving

__all__ = ["Sandbox", "make", "serve", "serving"]
