"""Whether a second model ends a picture."""

from ..errors import BadRequest
from .families import CANNOT_SPLIT, REFINERS, Family, Performance
from .presets import Preset


def refiner_for(
    preset: Preset, performance: Performance | None, family: Family, scheduler: str
) -> str | None:
    """The preset's refiner, or None.

    There is none for a performance with a LoRA either: that is made for the base alone, and its few
    steps leave nothing to refine. Raises BadRequest when model or scheduler cannot have one.
    """
    needs_lora = performance is not None and performance.lora is not None
    if preset.refiner not in preset.needs or needs_lora:
        return None
    if family.name not in REFINERS:
        raise BadRequest(
            f"The preset {preset.name} asks for the refiner {preset.refiner}, and {family.title} "
            "has no refiners. Choose another preset.",
            field="preset",
        )
    if scheduler in CANNOT_SPLIT:
        raise BadRequest(
            f"The scheduler {scheduler} cannot hand over to the refiner {preset.refiner}. Choose "
            f"another scheduler, such as {family.scheduler}.",
            field="scheduler",
            allowed=[name for name in family.schedulers if name not in CANNOT_SPLIT],
        )
    return preset.refiner
