"""What a program asks for: the one `ImageRequest` of all doors, under the names people use; and a
place in the line.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from ..recipe import ImageRequest
from ..studio import To

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "steps": "num_inference_steps",
        "cfg_scale": "guidance_scale",
        "cfg": "guidance_scale",
        "sampler": "scheduler",
        "sampler_name": "scheduler",
        "n": "count",
        "batch_size": "count",
        "num_images": "count",
        "num_images_per_prompt": "count",
        "format": "image_format",
        "output_format": "image_format",
        "aspect_ratio": "aspect",
    }
)


class GenerateRequest(ImageRequest):
    """A request for pictures. `null`, or a field left out, means "you choose".

    Also understood: steps, cfg_scale, cfg, sampler, sampler_name, n, batch_size, num_images,
    num_images_per_prompt, format, output_format, aspect_ratio.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"prompt": "a red apple on a table", "count": 2}]},
    )

    webhook: Annotated[
        str | None,
        Field(
            max_length=2_000,
            description="An http or https address that is told, signed, when the job has ended.",
        ),
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _under_their_own_names(cls, given: Any) -> Any:
        """The same values with each alias replaced by the field it stands for."""
        if not isinstance(given, dict):
            return given
        named: dict[str, Any] = {}
        given_as: dict[str, str] = {}
        for name, value in given.items():
            field = ALIASES.get(name, name)
            if field in named:
                raise PydanticCustomError(
                    "given_twice",
                    "{name} and {other} mean the same. Give one of them",
                    {"name": given_as[field], "other": name, "field": field},
                )
            named[field], given_as[field] = value, name
        return named

    def image_request(self) -> ImageRequest:
        """What the studio is asked, without what only HTTP knows."""
        values = {name: getattr(self, name) for name in ImageRequest.model_fields}
        return ImageRequest.model_validate(values)


class Move(BaseModel):
    """Where a waiting job goes among those of its owner: one of the two is given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    before: Annotated[str | None, Field(description="The id of another waiting job.")] = None
    to: To | None = None

    @model_validator(mode="after")
    def _is_one_place(self) -> "Move":
        if (self.before is None) == (self.to is None):
            raise ValueError("Give either “before” (a job's id) or “to” (first, last, up, down)")
        return self
