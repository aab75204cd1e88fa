"""A real HTTP server with a few slots: each request takes the first free one, in order of arrival, and sleeps in it.

Runs in a process of its own: ``python -m tests.validity.real_server SLOTS`` prints its port, then serves until killed.
``GET /work?for=0.2`` holds a slot for that many seconds; ``GET /count`` tells what the slots have done so far.
"""

from __future__ import annotations

import asyncio
import sys

from aiohttp import web


class Slots:
    """Slots that are handed out first come, first served, and an account of how busy they were."""

    def __init__(self, slots: int) -> None:
        self._free = asyncio.Semaphore(slots)  # asyncio wakes its waiters in the order they came
        self._present = 0
        self._busy = 0
        self._busy_seconds = 0.0
        self._present_seconds = 0.0
        self._since = asyncio.get_running_loop().time()

    async def work(self, request: web.Request) -> web.Response:
        """Hold a slot for as long as the request says."""
        seconds = float(request.query["for"])
        self._change(present=1)
        try:
            async with self._free:
                self._change(busy=1)
                try:
                    await asyncio.sleep(seconds)
                finally:
                    self._change(busy=-1)
        finally:
            self._change(present=-1)
        return web.Response(text="done")

    async def count(self, _: web.Request) -> web.Response:
        """Give the integrals over time of the requests in service, and of those in service or waiting [request-seconds]."""
        self._change()
        return web.json_response({"busy": self._busy_seconds, "present": self._present_seconds})

    def _change(self, present: int = 0, busy: int = 0) -> None:
        now = asyncio.get_running_loop().time()
        self._busy_seconds += self._busy * (now - self._since)
        self._present_seconds += self._present * (now - self._since)
        self._since = now
        self._present += present
        self._busy += busy


async def serve(slots: int) -> None:
    """Serve on a free port of the loopback interface, whose number is the one line of output."""
    service = Slots(slots)
    app = web.Application()
    app.add_routes([web.get("/work", service.work), web.get("/count", service.count)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
