"""The plainest script for the long history. `python -m bench.long FOLDER`"""

import asyncio
import os

from bench.plain import main
from bench.sleeper import Sleeper

if __name__ == "__main__":
    asyncio.run(main(Sleeper))
    os._exit(0)  # as plain.py does
