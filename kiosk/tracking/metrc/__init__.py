"""METRC's Web API, version 2, spoken for one facility."""

from kiosk.tracking.metrc.client import Metrc, MetrcAccount

__all__ = ["Metrc", "MetrcAccount"]
