"""Whether a model stays as it is loaded, or is loaded again by the plan that is best now.

Free memory hovers by some hundred MiB, as browsers and desktops do; a model that followed it would
be thrown away and read again, back and forth.
"""

from dataclasses import replace

from . import memory
from .costs import BYTES_OF, Picture
from .memory import HardwareFacts, MemoryPlan
from .model_size import ModelSize

LOADING_MIB_S = 4 * 1024
"""Of a model that was read not long ago: from the system's file cache, part by part."""


def choice(
    best: MemoryPlan,
    loaded: MemoryPlan,
    facts: HardwareFacts,
    model: ModelSize,
    picture: Picture,
) -> MemoryPlan:
    """The plan for this picture: `best`, or what the model is `loaded` with if that is to stay.

    It stays while what it takes is free, unless `best` saves more seconds over this one picture
    than loading takes. What plans keep to spare is more than hovers, so a plan that was left for a
    better one is not taken again.
    """
    if loaded.label == best.label:
        return best
    as_is = memory.planned_again(loaded, facts, model, picture)
    saved_s = memory.waiting_s(as_is) - memory.waiting_s(best)
    # On a GPU the weights are out of the computer's memory, or in their place there, by now.
    takes_mib = as_is.expected_vram_mib or as_is.expected_ram_mib
    if takes_mib > facts.free_mib or saved_s > loading_s(as_is, model):
        return best
    why = "loading it again would take longer than that saves"
    if saved_s <= 0:
        why = "what it takes is still free"
    words = [f"it stays as it was loaded, {as_is.place}, for {why}"]
    words += [memory.LOSS_WORDS[loss] for loss in as_is.losses]
    return replace(as_is, reason=f"{facts.name}: {as_is.dtype}; {'; '.join(words)}.")


def loading_s(plan: MemoryPlan, model: ModelSize) -> float:
    """Seconds for loading a model once more."""
    return model.parameters * BYTES_OF[plan.dtype] / 2**20 / LOADING_MIB_S
