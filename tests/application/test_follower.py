"""What the starter says of a Workflow Task that fails again and again, and of a lost Service."""

import signal
from pathlib import Path

from temporalio.client import Client

from connection import TASK_QUEUE
from tests.support.programs import ALWAYS, Project, free_port, the_one_line
from tests.support.servers import serve


async def test_a_stuck_task(project: Project, own_client: Client) -> None:
    """After the second attempt one line says what failed and what to do; then, that none polls."""
    project.change("backgroundcheck.py", "workflow.random()", "workflow.randm()")
    worker = await project.start("worker.py")
    starter = await project.start("main.py")
    stuck = await starter.says(r"This Workflow Task has failed \d times: (.*)\n", 60)
    assert "has no attribute 'randm'. Mend the code and restart the Worker" in stuck[1]
    for program in (starter, worker):
        program.send(signal.SIGINT)
        await program.ends()
    again = await project.start("main.py")
    await again.says("No Worker has taken this Workflow Task", 60)


async def test_another_type(project: Project, own_client: Client) -> None:
    """The starter joins no Execution of another Workflow type."""
    await own_client.start_workflow("Other", id="backgroundcheck_workflow", task_queue=TASK_QUEUE)
    line = the_one_line(await project.run("main.py"))
    assert line.startswith("A Workflow Execution of another type, Other, runs under the id")


async def test_a_restarted_service(project: Project, tmp_path: Path) -> None:
    """A killed Temporal Service is said once; when it is back, the rows go on where they were."""
    port = free_port()
    project.serve_at(f"127.0.0.1:{port}")
    project.change("backgroundcheck.py", "random_number < 50", ALWAYS)
    project.change("backgroundcheck.py", "sleep(60)", "sleep(20)")
    service = await serve(project, tmp_path / "dev.db", port)
    await project.start("worker.py")
    starter = await project.start("main.py")
    await starter.says("TimerStarted +20s")
    service.send(signal.SIGKILL)
    await service.ends()
    await starter.says("The Temporal Service does not answer")
    await serve(project, tmp_path / "dev.db", port)
    assert await starter.ends(60) == 0
    assert starter.err.count("does not answer") == 1
    assert starter.err.count("answers again") == 1
    assert starter.err.count("\n") == 2, starter
    assert starter.out.count("TimerStarted") == 1
