"""A hub as a process of its own that is killed right after its next commit, before anybody is answered.

``python -m tests.hub.dying_hub FOLDER``: prints its port. While FOLDER/die exists, the next commit that wrote a record
or a claim is its last deed.
"""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from kiosk.hub.api import make_app
from kiosk.hub.main import Server
from kiosk.hub.staff import Staff
from kiosk.hub.stock import refresh
from kiosk.hub.store import opened
from kiosk.model.clock import ManualClock
from tests.hub.world import QuickStaff, TrialRegistry, TrialState, settings


async def main(folder: Path) -> None:
    state = TrialState()
    async with opened(settings(folder), state, TrialRegistry(), ManualClock(), work=False) as hub:
        staff: Staff = QuickStaff(hub.settings.staff)
        hub.desk.staff = staff
        await hub.database.write(refresh, await state.stock())
        write = hub.database.write

        async def write_and_die(work: Any, *args: Any, **kwargs: Any) -> Any:
            result = await write(work, *args, **kwargs)
            if work.__name__ in ("take", "whole") and (folder / "die").exists():
                (folder / "die").unlink()
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        hub.database.write = write_and_die  # type: ignore[method-assign]
        server = Server(make_app(hub), hub.identity)
        serving = asyncio.create_task(server.serve([socket.create_server(("127.0.0.1", 0))]))
        while not server.started:
            await asyncio.sleep(0.01)
        sys.stdout.write(f"{server.servers[0].sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        await serving


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
