"""Notes whether Workflow code asks for its Workflow Id where the history does not tell it."""

import sys
from types import FrameType

from temporalio.workflow import Info

from replaygate.frames import OURS, is_library

UNKNOWN_ID = "a-workflow-id-that-the-file-does-not-tell"


class InfoWithoutId(Info):
    """What ``workflow.info()`` returns then. One replay at a time in a process."""

    asked = False  # for the id, by the user's code in this replay

    @property
    def workflow_id(self) -> str:
        """The id that is made up."""
        InfoWithoutId.asked = InfoWithoutId.asked or asked_by_user(sys._getframe(1))
        return str(self.__dict__["workflow_id"])

    @workflow_id.setter
    def workflow_id(self, value: str) -> None:
        self.__dict__["workflow_id"] = value


def without_id(info: Info) -> Info:
    """Let it note who asks for the id."""
    InfoWithoutId.asked = False
    object.__setattr__(info, "__class__", InfoWithoutId)
    return info


def asked_by_user(frame: FrameType | None) -> bool:
    """Tell whether the user's code asks, through Python's own at most; the SDK asks to log it."""
    while frame and is_library(frame.f_code.co_filename):
        if frame.f_code.co_filename.startswith(OURS):
            return False
        frame = frame.f_back
    return frame is not None
