"""A small, honest fake of ComfyUI over real sockets, its messages as recorded from real servers."""

from tests.fake_comfyui.faults import Fault
from tests.fake_comfyui.process import ComfyProcess
from tests.fake_comfyui.server import FakeComfyUI
from tests.fake_comfyui.workflow import ENGINE, WEIGHTLESS, write_workflow

__all__ = ["ENGINE", "WEIGHTLESS", "ComfyProcess", "FakeComfyUI", "Fault", "write_workflow"]
