"""Edits that are no step removed, added, exchanged, renamed or reordered.

For each Workflow of `flows` and each edit: what was, what is now, an expression that the likely
cause must match, and words of the line to show (empty where there is none, or whichever).
"""

Special = tuple[str, str, str, str]

RAISE = "from temporalio.exceptions import ApplicationError; raise ApplicationError"
FOREVER = "await workflow.wait_condition(lambda: False)"


def before(code: str, new: str) -> tuple[str, str]:
    """Put a statement before another."""
    return code, f"{new}\n        {code}"


SPECIAL: dict[str, dict[str, Special]] = {
    "activities": {
        "ends early": (
            'await do.act("notify")',
            'return "early"',
            "notify was removed, or the Workflow ends before it",
            'return "early"',
        ),
        "waits": (
            *before('await do.act("notify")', FOREVER),
            "Activity notify was removed, or the code waits before",
            FOREVER,
        ),
        "fails its task": (
            'await do.act("notify")',
            'raise ValueError("broken")',
            "the code fails where it went on before",
            "broken",
        ),
        "fails": (
            'await do.act("notify")  # the Activity notify',
            f'{RAISE}("no")',
            "the code raises no where it went on before",
            RAISE,
        ),
        "fails at its end": (
            'return "done"',
            f'{RAISE}("no")',
            "it fails where it completes",
            RAISE,
        ),
        "continues as new": (
            'return "done"',
            "workflow.continue_as_new()",
            "it continues as new where it completes",
            "continue_as_new",
        ),
        "cancels at once": (
            'await do.act("ship")',
            "gone = do.start('ship'); await do.asyncio.sleep(0); gone.cancel()",
            "the Activity ship is cancelled in the Workflow Task",
            "gone =",
        ),
        "local": (
            'await do.act("ship")',
            'await do.local("ship")',
            "the Activity ship became a Local Activity",
            'do.local("ship")',
        ),
    },
    "random_children": {
        "draws once more": (
            "lot = workflow.random().randint(1, 6)",
            "lot = workflow.random().randint(1, 6) + workflow.random().randint(1, 6)",
            "random number or uuid4 was added or removed",
            'do.child("pack")',
        ),
        "takes a uuid": (
            'await do.act("draw")',
            'await do.act(f"{workflow.uuid4()}"[:0] + "draw")',
            "random number or uuid4 was added or removed",
            'do.child("pack")',
        ),
        "draws no more": (
            "lot = workflow.random().randint(1, 6)",
            "lot = 4",
            "random number or uuid4 was added or removed",
            'do.child("pack")',
        ),
    },
    "children": {
        "another id": ("{me}-first", "{me}-uno", "the id '.*-first' .* became '.*-uno'", "-uno"),
        "another second id": ("{me}-second", "{me}-dos", "-second' .* became '.*-dos'", "-dos"),
        "ids drawn": (
            'id=f"{me}-first"',
            "id=str(workflow.uuid4())",
            "the id '.*-first' .* became",
            "uuid4",
        ),
    },
    "numbered": {
        "another id": ('"one"', '"uno"', "the id 'one' of the Activity say became 'uno'", "uno"),
        "another second id": ('"two"', '"dos"', "the id 'two' of .* became 'dos'", "dos"),
        "no id": (', activity_id="three"', "", "the id 'three' of .* became '3'", '"sing"'),
    },
    "patches": {
        "removed": (
            'workflow.patched("greet")',
            "True",
            "the patch greet was removed while Executions with its Marker are open",
            'do.act("greet")',
        ),
        "removed with its branch": (
            'workflow.patched("greet")',
            "False",
            "the patch greet was removed while Executions with its Marker are open",
            'do.act("charge")',
        ),
        "second removed": (
            'workflow.patched("thank")',
            "True",
            "the patch thank was removed while Executions with its Marker are open",
            'do.act("thank")',
        ),
        "another id": (
            'workflow.patched("greet")',
            'workflow.patched("hello")',
            "patch greet was removed|the patch id 'greet' became 'hello'",
            'do.act("charge")',
        ),
        "second with another id": (
            'workflow.patched("thank")',
            'workflow.patched("thanks")',
            "patch thank was removed|the patch id 'thank' became 'thanks'",
            "",
        ),
    },
    "updates": {
        "handler removed": (
            "@workflow.update\n",
            '@workflow.update(name="other")\n',
            "the handler of Update change was removed",
            "",
        ),
        "arguments": (
            "def change(self, what: str)",
            "def change(self, what: int)",
            "the handler of Update change can't take its arguments any more",
            "",
        ),
        "rejected": (
            "    @workflow.run\n",
            "    @change.validator\n    def refuse(self, what: str) -> None:\n"
            "        raise ValueError('no')\n\n    @workflow.run\n",
            "the handler of Update change has a validator that rejects it",
            "",
        ),
        "handler waits": (
            "return what",
            f"{FOREVER}; return what",
            "the handler of Update change does not end where it ended",
            "",
        ),
        "handler returns early": (
            *before('await do.act("store")', 'return "early"'),
            "the Activity store was removed",
            'return "early"',
        ),
    },
    "signals": {
        "waits for more": (
            "self.steps > 0",
            "self.steps > 5",
            "the Activity work was removed, or the code waits before",
            "self.steps > 5",
        ),
        "handler removed": (
            "@workflow.signal\n",
            '@workflow.signal(name="other")\n',
            "the Activity work was removed, or the code waits before",
            "self.steps > 0",
        ),
        "does not wait": (
            "        await workflow.wait_condition(lambda: self.steps > 1)\n",
            "",
            "",
            "",
        ),
    },
    "signal_handler": {
        "waits in the handler": (
            *before('await do.act("answer")', FOREVER),
            "the Activity answer was removed, or the code waits before",
            FOREVER,
        ),
        "returns early": (
            *before('await do.act("answer")', "if not self.steps: return None"),
            "the Activity answer was removed, or the code waits before",
            "return None",
        ),
    },
    "gathered": {
        "another at once": (
            'do.act("east")',
            'workflow.execute_activity("west", start_to_close_timeout=do.A_MINUTE)',
            "the Activity east was renamed to west",
            '"west"',
        ),
        "a Timer at once": (
            'do.act("east")',
            "asyncio.sleep(9)",
            "the Activity east was removed and a Timer was added in its place",
            "asyncio.sleep",
        ),
        "a child at once": (
            'do.act("east")',
            'workflow.execute_child_workflow("west")',
            "the Activity east was removed and the Child Workflow west was added in its place",
            '"west"',
        ),
    },
    "cancellation": {
        "abandons": (
            'do.start("hang")',
            'do.start("hang", cancellation_type=workflow.ActivityCancellationType.ABANDON)',
            "the Activity hang has the cancellation type ABANDON now",
            "",
        ),
        "cancels at once": (
            "await workflow.wait_condition(lambda: self.steps > 0)",
            "await do.asyncio.sleep(0)",
            "the Activity hang is cancelled in the Workflow Task that asks for it",
            "do.start",
        ),
    },
    "child_cancelled": {
        "abandons": (
            "do.linger()",
            "do.linger(cancellation_type=workflow.ChildWorkflowCancellationType.ABANDON)",
            "the Child Workflow linger has the cancellation type ABANDON now",
            "",
        ),
        "cancels before": (
            *before('await do.act("open")', "kid.cancel()"),
            "the cancellation of the Child Workflow linger was (added|moved)|changed places",
            "",
        ),
    },
    "continued": {
        "completes": (
            "            workflow.continue_as_new()\n",
            "            pass\n",
            "it completes where it continues as new",
            "",
        ),
    },
    "failing": {
        "completes": (
            'raise ApplicationError("no")',
            'return "fine"',
            "it completes where it fails",
            'return "fine"',
        ),
    },
    "nexus": {
        "another service": (
            'do.ask("hello")',
            'do.ask("hello", service="counter")',
            "the Nexus Operation hello is asked of service 'counter' instead of 'desk'",
            "counter",
        ),
    },
    "locals": {
        "remote": (
            'await do.local("check")',
            'await do.act("check")',
            "the Local Activity check became an Activity",
            'do.act("check")',
        ),
    },
    "helpers": {
        "finishes first": (
            "        await self.prepare()\n        await self.finish()\n",
            "        await self.finish()\n        await self.prepare()\n",
            "moved|changed places",
            "",
        ),
        "does not prepare": (
            "        await self.prepare()\n",
            "",
            "the Activity measure was removed|.*measure and .* were removed",
            "",
        ),
    },
    "loops": {
        "one less": ("range(3)", "range(2)", "the Activity poll was removed", 'do.act("report")'),
        "one more": ("range(3)", "range(4)", "the Activity poll was added", 'do.act("poll")'),
        "does not loop": ("range(3)", "range(0)", "the Activity poll was removed", '"report"'),
    },
    "timeouts": {
        "waits for ever": (", timeout=600", "", "a Timer was removed", ""),
        "does not wait": (
            "await workflow.wait_condition(lambda: self.steps > 0, timeout=600)",
            "pass",
            "a Timer was removed",
            'do.act("work")',
        ),
    },
    "still_open": {
        "ends": (
            'await do.act("work")',
            'return "early"',
            "Activity work was removed",
            'return "early"',
        ),
    },
    "tasks": {
        "waits aside": (
            *before('await do.act("beside")', FOREVER),
            "the Activity beside was removed, or the code waits before",
            FOREVER,
        ),
        "no task": (
            "await task",
            'await do.act("straight")',
            "the Activity straight was added",
            "straight",
        ),
    },
}
