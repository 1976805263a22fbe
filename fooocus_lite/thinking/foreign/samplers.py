"""What other programs call their samplers, and which of our schedulers does the same.

A1111 has one label, newer versions a label and a "schedule type"; ComfyUI and Fooocus have a
k-diffusion name and a schedule. A pair without an equal here is not in the table.
"""

from ..schedulers import SCHEDULERS

BY_A1111_LABEL = {scheduler.a1111.lower(): name for name, scheduler in SCHEDULERS.items()}

# Schedules that mean "the sampler's usual one".
USUAL = frozenset({"", "normal", "automatic", "none", "discrete"})

BY_PAIR: dict[tuple[str, str], str] = {
    ("euler", ""): "euler",
    ("euler", "karras"): "euler_karras",
    ("euler", "sgm_uniform"): "euler_trailing",
    ("euler", "simple"): "flow_euler",
    ("euler_ancestral", ""): "euler_a",
    ("heun", ""): "heun",
    ("dpm_2", ""): "dpm2",
    ("dpm_2", "karras"): "dpm2_karras",
    ("dpm_2_ancestral", ""): "dpm2_a",
    ("dpmpp_2m", ""): "dpmpp_2m",
    ("dpmpp_2m", "karras"): "dpmpp_2m_karras",
    ("dpmpp_2m", "simple"): "flow_dpmpp_2m",
    ("dpmpp_2m_sde", ""): "dpmpp_2m_sde",
    ("dpmpp_2m_sde", "karras"): "dpmpp_2m_sde_karras",
    ("dpmpp_sde", ""): "dpmpp_sde",
    ("dpmpp_sde", "karras"): "dpmpp_sde_karras",
    ("ddim", ""): "ddim",
    ("ddim", "ddim_uniform"): "ddim",
    ("ddim", "sgm_uniform"): "ddim_trailing",
    ("ddpm", ""): "ddpm",
    ("uni_pc", ""): "unipc",
    ("uni_pc_bh2", ""): "unipc",
    ("deis", ""): "deis",
    ("lcm", ""): "lcm",
    ("lcm", "lcm"): "lcm",
    ("tcd", ""): "tcd",
    ("tcd", "tcd"): "tcd",
}


def ours(sampler: str, schedule: str = "") -> str | None:
    """Our scheduler's name for a label or a pair, None when there is no equal."""
    name, kind = sampler.strip().lower(), schedule.strip().lower()
    kind = "" if kind in USUAL else kind
    # Fooocus writes "DPM++ 2M Karras" and "karras" beside it.
    label = name if name.endswith(f" {kind}") else f"{name} {kind}".strip()
    if label in BY_A1111_LABEL:
        return BY_A1111_LABEL[label]
    # "_gpu" only says where the noise was drawn.
    found = BY_PAIR.get((name.removesuffix("_gpu"), kind))
    return name if found is None and not kind and name in SCHEDULERS else found
