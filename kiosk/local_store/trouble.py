"""What can go wrong with a terminal's store, in words for people."""

import errno

from kiosk.model.errors import Unavailable
from kiosk.model.text import text


class NotKept(Unavailable):
    """A write or a sync failed (disk full, worn-out card). Nothing changed; the next write starts a new segment."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(
            text("This terminal cannot keep records now. The last step was not recorded. Call your manager."),
            errno.errorcode.get(cause.errno or 0, type(cause).__name__),
        )


class InUse(Unavailable):
    """Another process holds the folder."""

    def __init__(self, holder: str) -> None:
        super().__init__(
            text("Program {process} already uses this terminal's records. Close it, then start again.", process=holder)
        )


class WrongKey(Unavailable):
    """The records are sound and were written with another key."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            text("This terminal's records were written with another key. Put the right key file back."), detail
        )


class Damaged(Unavailable):
    """A record that was durable cannot be read any more, or the hub knows of more than is here.

    Nothing is changed or cut off: the folder stays as evidence. ``intact`` is the number of frames that are whole from
    the start on, ``salvaged`` how many behind the damage can still be read. Open with ``read_only=True`` to see them.
    """

    def __init__(self, detail: str, *, intact: int = 0, salvaged: int = 0) -> None:
        super().__init__(
            text(
                "Some of this terminal's records are damaged. Do not use it or switch it off and on. Call your manager."
            ),
            detail,
        )
        self.intact = intact
        self.salvaged = salvaged


class ReadOnly(Unavailable):
    """The store was opened for reading, or turned read-only by damage."""

    def __init__(self) -> None:
        super().__init__(
            text("This terminal's records can only be read now. Use another terminal and call your manager.")
        )
