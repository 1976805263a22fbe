"""Model families as data, one table entry each. Class names stand here as text."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Aspect:
    """One aspect button: a ratio such as "3:2" and the pixels it means for a family."""

    name: str
    width: int
    height: int


@dataclass(frozen=True)
class Performance:
    """A row of choices a beginner should not have to make."""

    name: str
    num_inference_steps: int
    guidance_scale: float
    scheduler: str
    hint: str


@dataclass(frozen=True)
class Family:
    """What every model of a family has in common. `size_multiple` is in pixels."""

    name: str
    title: str
    pipeline: str
    size_multiple: int
    min_side: int
    max_side: int
    aspects: tuple[Aspect, ...]
    performances: tuple[Performance, ...]

    @property
    def default_performance(self) -> Performance:
        return self.performances[0]


STARTER = Family(
    name="starter",
    title="Starter (built in)",
    pipeline="StableDiffusionXLPipeline",
    size_multiple=8,
    min_side=64,
    max_side=512,
    aspects=(
        Aspect("1:1", 256, 256),
        Aspect("3:2", 240, 160),
        Aspect("2:3", 160, 240),
        Aspect("16:9", 256, 144),
        Aspect("9:16", 144, 256),
    ),
    performances=(
        Performance("Quality", 20, 3.0, "euler", "20 steps, the best the model can do"),
        Performance("Speed", 12, 3.0, "dpmpp_2m", "12 steps, nearly as good"),
    ),
)

FAMILIES: dict[str, Family] = {family.name: family for family in (STARTER,)}
