"""Fails where threads run already, as a module does that lets gevent patch all."""

import threading

from worker import main

if threading.active_count() > 1:
    raise RuntimeError("cannot release un-acquired lock")
