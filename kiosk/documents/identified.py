"""What reading an identity document gives: who it is, and on request what else stands on it."""

from collections.abc import Callable
from typing import NamedTuple

from kiosk.model.documents import PhotoId

Particulars = dict[str, str]
"""What an ID says besides: ``street1 street2 city state postal country sex height iin``, each only where it is there.

``sex`` is M, F or X; ``height`` as it stands. No step of a visit needs any of it, so a terminal never asks for it.
"""


class Identified(NamedTuple):
    photo_id: PhotoId
    particulars: Callable[[], Particulars]
