"""Errors of a GPU that are no lack of memory: which they are, and whether it is lost for good.

After some of them CUDA refuses everything else that this process asks for; others pass.
"""

import torch

from ..errors import DeviceError, causes
from . import pipelines

SIGNS = ("cuda error", "cublas_status", "cudnn_status", "cudnn error", "hip error", "cusolver")
SHOWN_CHARACTERS = 120


def device_error(error: BaseException, device: str) -> DeviceError | None:
    """What an error of loading or cooking says about the device; None when it is about others.

    An error that was raised because of another one counts as that one.
    """
    cause = next(filter(_is_of_device, causes(error)), None)
    if cause is None or pipelines.is_out_of_memory(cause):
        return None
    said = (str(cause).strip().splitlines() or [type(cause).__name__])[0][:SHOWN_CHARACTERS]
    if answers(device):
        return DeviceError(f"The GPU failed for a moment ({said}).", is_lost=False)
    return DeviceError(
        f"The GPU no longer answers ({said}). Start the program again; if that does not help, the "
        "computer.",
        is_lost=True,
    )


def answers(device: str) -> bool:
    """Whether the device still adds one and one."""
    try:
        return torch.ones(1, device=device).add(1).item() == 2
    except RuntimeError as error:
        # A GPU that is full says so, and so it answers.
        return pipelines.is_out_of_memory(error)


def forget_frames(error: BaseException) -> None:
    """Lets go of the frames that an error went through: they hold the model and its numbers.

    To empty them is not enough, for a frame that called `locals()`, as diffusers' pipelines do for
    their callbacks, keeps what that gave.
    """
    for each in causes(error):
        each.__traceback__ = each.__context__ = None


def _is_of_device(error: BaseException) -> bool:
    if isinstance(error, torch.AcceleratorError):
        return True
    words = str(error).lower()
    return isinstance(error, RuntimeError) and any(sign in words for sign in SIGNS)
