"""Replay histories of `Overview` in a process of its own, where its set may have another order.

They come as one JSON object on stdin, by their names; the names of those that fail go to stdout.
"""

import json
import sys

from temporalio.client import WorkflowHistory
from temporalio.workflow import NondeterminismError

from program import run
from tests.support.nondeterministic import Overview
from tests.support.outcomes import outcomes


async def main() -> int:
    histories = [WorkflowHistory.from_json(*item) for item in json.load(sys.stdin).items()]
    failures = {k: v for k, v in (await outcomes(Overview, histories)).items() if v}
    assert all(type(failure) is NondeterminismError for failure in failures.values()), failures
    print(json.dumps(list(failures)))
    return 0


if __name__ == "__main__":
    run(main())
