"""Schedulers as data: from the field's common name to a diffusers class and its settings.

Class names stand here as text; the engine finds them. Only classes that need no package beyond the
project's own are here, so there is no LMS (scipy) and no Brownian-tree SDE (torchsde).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import UnknownName

Setting = bool | int | float | str | None


@dataclass(frozen=True)
class Scheduler:
    """One sampling method. `overrides` beat the model's own config; `a1111` is its label there.

    `is_flow`: for models trained by flow matching, and for no others.
    """

    class_name: str
    a1111: str
    overrides: Mapping[str, Setting] = field(default_factory=dict)
    is_flow: bool = False


_KARRAS: dict[str, Setting] = {"use_karras_sigmas": True}
_SDE: dict[str, Setting] = {"algorithm_type": "sde-dpmsolver++"}
# The first step at full noise, as few-step models were trained (arXiv:2305.08891).
_TRAILING: dict[str, Setting] = {"timestep_spacing": "trailing"}
# A latent is not bounded by 1, so the clipping that pixel models need turns pictures to mud.
_UNCLIPPED: dict[str, Setting] = {"clip_sample": False, "set_alpha_to_one": False}
# An odd number of steps leaves a singlestep solver of order 2 with one first-order step at the end.
_SINGLE: dict[str, Setting] = {"lower_order_final": True}
_FLOW: dict[str, Setting] = {"use_flow_sigmas": True, "prediction_type": "flow_prediction"}
# One shift of 3 for every size, where the model's own grows with the picture.
_SHIFT_3: dict[str, Setting] = {
    "base_shift": math.log(3), "max_shift": math.log(3), "shift_terminal": None
}  # fmt: skip

SCHEDULERS: dict[str, Scheduler] = {
    "euler": Scheduler("EulerDiscreteScheduler", "Euler"),
    "euler_karras": Scheduler("EulerDiscreteScheduler", "Euler Karras", _KARRAS),
    "euler_trailing": Scheduler("EulerDiscreteScheduler", "Euler SGM Uniform", _TRAILING),
    "euler_a": Scheduler("EulerAncestralDiscreteScheduler", "Euler a"),
    "heun": Scheduler("HeunDiscreteScheduler", "Heun"),
    "dpm2": Scheduler("KDPM2DiscreteScheduler", "DPM2"),
    "dpm2_karras": Scheduler("KDPM2DiscreteScheduler", "DPM2 Karras", _KARRAS),
    "dpm2_a": Scheduler("KDPM2AncestralDiscreteScheduler", "DPM2 a"),
    "dpmpp_2m": Scheduler("DPMSolverMultistepScheduler", "DPM++ 2M"),
    "dpmpp_2m_karras": Scheduler("DPMSolverMultistepScheduler", "DPM++ 2M Karras", _KARRAS),
    "dpmpp_2m_sde": Scheduler("DPMSolverMultistepScheduler", "DPM++ 2M SDE", _SDE),
    "dpmpp_2m_sde_karras": Scheduler(
        "DPMSolverMultistepScheduler", "DPM++ 2M SDE Karras", _SDE | _KARRAS
    ),
    "dpmpp_3m": Scheduler("DPMSolverMultistepScheduler", "DPM++ 3M", {"solver_order": 3}),
    "dpmpp_2s": Scheduler("DPMSolverSinglestepScheduler", "DPM++ 2S", _SINGLE),
    "dpmpp_sde": Scheduler("DPMSolverSinglestepScheduler", "DPM++ SDE", _SINGLE | _SDE),
    "dpmpp_sde_karras": Scheduler(
        "DPMSolverSinglestepScheduler", "DPM++ SDE Karras", _SINGLE | _SDE | _KARRAS
    ),
    "ddim": Scheduler("DDIMScheduler", "DDIM", _UNCLIPPED),
    "ddim_trailing": Scheduler("DDIMScheduler", "DDIM SGM Uniform", _UNCLIPPED | _TRAILING),
    "ddpm": Scheduler("DDPMScheduler", "DDPM", {"clip_sample": False}),
    "unipc": Scheduler("UniPCMultistepScheduler", "UniPC"),
    "pndm": Scheduler("PNDMScheduler", "PLMS", {"skip_prk_steps": True, "set_alpha_to_one": False}),
    "deis": Scheduler("DEISMultistepScheduler", "DEIS"),
    "lcm": Scheduler("LCMScheduler", "LCM", _UNCLIPPED),
    "tcd": Scheduler("TCDScheduler", "TCD", _UNCLIPPED),
    "flow_euler": Scheduler("FlowMatchEulerDiscreteScheduler", "Euler Simple", is_flow=True),
    "flow_euler_shift_3": Scheduler(
        "FlowMatchEulerDiscreteScheduler", "Euler Simple Shift 3", _SHIFT_3, is_flow=True
    ),
    "flow_dpmpp_2m": Scheduler(
        "DPMSolverMultistepScheduler", "DPM++ 2M Simple", _FLOW, is_flow=True
    ),
}


def scheduler_named(name: str) -> Scheduler:
    """The table entry of `name`. Raises UnknownName with the nearest names."""
    if name not in SCHEDULERS:
        raise UnknownName.among("scheduler", name, SCHEDULERS)
    return SCHEDULERS[name]
