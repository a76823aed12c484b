"""Puts event loops of its own in place of asyncio's, as trio-asyncio does."""

import asyncio

from worker import main

told = asyncio.get_running_loop


class Own(asyncio.SelectorEventLoop):
    runs = None

    def run_forever(self):
        Own.runs = self
        super().run_forever()
        Own.runs = None


def running():
    return Own.runs or told()


asyncio.get_running_loop = asyncio.events.get_running_loop = running
asyncio.new_event_loop = asyncio.events.new_event_loop = Own
