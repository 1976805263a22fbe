"""What is said about a model family, and the questions asked of it. Knows no family by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import gcd
from typing import Literal

PERFORMANCES = ("Quality", "Speed", "Extreme Speed", "Lightning", "Hyper-SD")
"""The choices people know, in the order they are shown; a family offers some of them."""


@dataclass(frozen=True)
class Aspect:
    """A ratio such as "3:2" and the pixels it means for a family."""

    name: str
    width: int
    height: int


@dataclass(frozen=True)
class PerformanceLoRA:
    """The LoRA a quick performance needs: `file` of the Hub's `repo_id`, kept here as `name`.

    Without a `repo_id` it comes with the model. `licence` is what its card there says, or empty.
    """

    name: str
    file: str
    repo_id: str | None = None
    weight: float = 1.0
    size_mib: int | None = None
    licence: str = ""


@dataclass(frozen=True)
class Performance:
    """A row of choices a beginner should not have to make; None leaves one to preset and family."""

    name: str
    num_inference_steps: int
    hint: str
    guidance_scale: float | None = None
    scheduler: str | None = None
    lora: PerformanceLoRA | None = None


@dataclass(frozen=True)
class Offer:
    """One performance as a page shows it: `reason` says why it is grey, or is empty."""

    name: str
    hint: str
    reason: str = ""


@dataclass(frozen=True)
class TextEncoder:
    """A text encoder's place in the pipeline, its tokenizer's, and the tokens it reads at once.

    `max_tokens` counts the marks for beginning and end. `title` is what people call it.
    """

    name: str
    tokenizer: str
    title: str
    max_tokens: int


@dataclass(frozen=True)
class Latents:
    """The form of latents in the step callback: a grid [B, channels, height/factor, width/factor].

    `is_packed`: the grid is a sequence of 2 × 2 patches instead, [B, tokens, 4 * channels].
    """

    channels: int
    factor: int = 8
    is_packed: bool = False


@dataclass(frozen=True, kw_only=True)
class Family:
    """What every model of a family has in common; sides are in pixels.

    `text` "clip": encoders of 77 tokens, whose prompts are chunked and weighted; "long": encoders
    that read whole sentences and take the text as it is.
    `guidance_off` is the largest value of `guidance_argument` at which there is no guidance.
    `performances` are for models as they were trained, `distilled` for those made for few steps.
    """

    name: str
    title: str
    pipeline: str
    img2img: str | None
    inpaint: str | None
    denoiser: str
    """The class of the part that is asked at every step."""

    text: Literal["clip", "long"]
    text_encoders: tuple[TextEncoder, ...]
    unguided_tokens: int | None = None
    """What the last text encoder reads for models that take no guidance, where that is fewer."""
    has_negative_prompt: bool = True
    has_two_passes: bool = True
    """Whether guidance is two looks at each step, not a number that the denoiser is told."""
    guidance_argument: Literal["guidance_scale", "true_cfg_scale"] = "guidance_scale"
    guidance_off: float = 1.0
    guidance_scale: float
    call: Mapping[str, bool] = field(default_factory=dict)
    """What its pipeline has to be told at every call, besides what all are told."""

    schedulers: tuple[str, ...]
    """The ones that work, best first; the first is the family's default."""

    latents: Latents
    size_multiple: int
    min_side: int
    max_side: int
    aspects: tuple[Aspect, ...]
    """A few, for buttons; the first is the family's default."""
    sizes: tuple[tuple[int, int], ...] = ()
    """Every width and height its models were trained on, where that is known."""

    strength: float = 0.6
    """How much of a picture that another one starts from changes, if nobody says; 0..1."""

    performances: tuple[Performance, ...]
    distilled: tuple[Performance, ...] = ()

    has_lora: bool = True
    has_step_callback: bool = True
    has_step_cache: bool = False
    can_compile_blocks: bool = True
    """What its classes have in diffusers: a test holds each to the class."""

    is_float16_safe: bool = True
    """Whether its numbers stay below 65,504, the largest of float16."""

    @property
    def default_performance(self) -> Performance:
        return self.performances[0]

    @property
    def scheduler(self) -> str:
        return self.schedulers[0]

    @property
    def all_aspects(self) -> tuple[Aspect, ...]:
        """The buttons, then every other size under its shortest ratio, such as "9:7"."""
        shown = {(each.width, each.height) for each in self.aspects}
        others = (Aspect(ratio(*size), *size) for size in self.sizes if size not in shown)
        return (*self.aspects, *others)

    def rows(self, is_distilled: bool = False) -> tuple[Performance, ...]:
        """The performances that a model of this family can really do, the default first."""
        return self.distilled if is_distilled and self.distilled else self.performances

    def offers(self, is_distilled: bool = False) -> tuple[Offer, ...]:
        """All of PERFORMANCES, those it cannot do with the reason why."""
        rows = {row.name: row for row in self.rows(is_distilled)}
        return tuple(
            Offer(name, rows[name].hint)
            if name in rows
            else Offer(name, "", self._why_not(name, is_distilled))
            for name in PERFORMANCES
        )

    def _why_not(self, name: str, is_distilled: bool) -> str:
        if is_distilled and self.distilled:
            steps = self.distilled[0].num_inference_steps
            return f"This model is distilled: it was made for {steps} steps."
        kind = "LCM" if name == "Extreme Speed" else name
        return f"There is no {kind} LoRA for this model."


def ratio(width: int, height: int) -> str:
    """The shortest whole numbers of this shape: 1152 × 896 is "9:7"."""
    common = gcd(width, height)
    return f"{width // common}:{height // common}"
