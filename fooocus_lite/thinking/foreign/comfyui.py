"""ComfyUI's `prompt` JSON, where the graph is plain text-to-image: one sampler, an empty latent,
two texts and a checkpoint with LoRAs. Any other graph is said to be one, and nothing is guessed.
"""

import re
from typing import Any

from .found import FoundSettings, Reading, one_line, shortened

SOURCE = "ComfyUI"
SAMPLERS = frozenset({"KSampler", "KSamplerAdvanced"})
EMPTY_LATENTS = frozenset({"EmptyLatentImage", "EmptySD3LatentImage"})
TEXTS = frozenset({"CLIPTextEncode", "CLIPTextEncodeSDXL"})
LORAS = frozenset({"LoraLoader", "LoraLoaderModelOnly"})
CHECKPOINTS = {
    "CheckpointLoaderSimple": "ckpt_name",
    "CheckpointLoader": "ckpt_name",
    "UNETLoader": "unet_name",
}
PRIMITIVES = frozenset(
    {"PrimitiveString", "PrimitiveStringMultiline", "PrimitiveInt", "PrimitiveFloat"}
)
# Nodes that change nothing about what is asked for.
PLAIN = frozenset(
    {
        "VAEDecode", "VAEDecodeTiled", "VAELoader", "CLIPLoader", "DualCLIPLoader",
        "TripleCLIPLoader", "SaveImage", "PreviewImage", "SaveAnimatedWEBP", "Note",
        "ConditioningZeroOut",
    }
)  # fmt: skip
MAX_NODES = 5_000

Node = dict[str, Any]


class _NotPlain(Exception):
    """Why a graph is not text-to-image; becomes a note."""


def is_comfyui(values: dict[str, Any]) -> bool:
    """Whether a JSON object is a graph in the form that is run (not the editor's)."""
    first = next(iter(values.values()), None)
    return isinstance(first, dict) and "class_type" in first


def read(values: dict[str, Any]) -> FoundSettings:
    """The settings of a plain graph, else only a note; never raises, whatever it holds."""
    reading = Reading(SOURCE)
    try:
        _Graph(values, reading).take()
    except _NotPlain as reason:
        return not_plain(str(reason))
    return reading.done()


def not_plain(reason: str) -> FoundSettings:
    """Found, but nothing to use, with the reason as its note."""
    sentence = f"This ComfyUI graph is not a plain text-to-image graph: {reason}."
    return FoundSettings(source=SOURCE, notes=(sentence,))


class _Graph:
    """The nodes, walked from the one sampler against the arrows."""

    def __init__(self, values: dict[str, Any], reading: Reading) -> None:
        if len(values) > MAX_NODES:
            raise _NotPlain(f"it has {len(values):,} nodes")
        self.nodes = {name: each for name, each in values.items() if _is_node(each)}
        self.reading = reading
        self.seen: set[str] = set()

    def take(self) -> None:
        samplers = [name for name, node in self.nodes.items() if node["class_type"] in SAMPLERS]
        if len(samplers) != 1:
            raise _NotPlain(f"it has {len(samplers) or 'no'} plain samplers, not one")
        self.seen.add(samplers[0])
        sampler = self.nodes[samplers[0]]
        self._take_latent(sampler)
        self._take_texts(sampler)
        self._take_model(sampler)
        self._take_sampling(sampler)
        self._leave_others()

    def _take_latent(self, sampler: Node) -> None:
        latent = self._linked(sampler, "latent_image")
        if latent is None or latent["class_type"] not in EMPTY_LATENTS:
            raise _NotPlain("it does not begin with an empty picture")
        self.reading.take_size(self._value(latent, "width"), self._value(latent, "height"))
        if (count := self._value(latent, "batch_size")) not in (1, None):
            self.reading.leave("batch size", count)

    def _take_texts(self, sampler: Node) -> None:
        positive = self._linked(sampler, "positive")
        if positive is None or positive["class_type"] not in TEXTS:
            raise _NotPlain("its prompt goes through more than a text encoder")
        self._take_text("prompt", positive)
        negative = self._linked(sampler, "negative")
        if negative is None or negative["class_type"] == "ConditioningZeroOut":
            return
        if negative["class_type"] not in TEXTS:
            raise _NotPlain("its negative prompt goes through more than a text encoder")
        self._take_text("negative_prompt", negative)

    def _take_text(self, field: str, node: Node) -> None:
        inputs = ("text_g", "text_l") if node["class_type"] == "CLIPTextEncodeSDXL" else ("text",)
        first, *others = [self._value(node, name) for name in inputs]
        self.reading.take_text(field, _translated(first) if isinstance(first, str) else first)
        for other in others:
            if other not in (first, ""):
                self.reading.leave(f"second {field.replace('_', ' ')}", other)

    def _take_model(self, sampler: Node) -> None:
        """Up the chain of LoRAs to the checkpoint; other nodes on the way are named at the end."""
        loras: list[tuple[object, object]] = []
        passed = {id(sampler)}
        node = self._linked(sampler, "model")
        while node is not None and node["class_type"] not in CHECKPOINTS:
            if id(node) in passed:
                raise _NotPlain("its model goes round in a circle")
            passed.add(id(node))
            if node["class_type"] in LORAS:
                loras.append((self._value(node, "lora_name"), self._value(node, "strength_model")))
            else:
                self.reading.leave("node", node["class_type"])
            node = self._linked(node, "model")
        if node is None:
            raise _NotPlain("it loads no checkpoint")
        self.reading.take_name("model", self._value(node, CHECKPOINTS[node["class_type"]]))
        for name, weight in reversed(loras):
            self.reading.take_lora(name, weight)

    def _take_sampling(self, sampler: Node) -> None:
        seed = "noise_seed" if sampler["class_type"] == "KSamplerAdvanced" else "seed"
        self.reading.take_number("seed", self._value(sampler, seed))
        self.reading.take_number("num_inference_steps", self._value(sampler, "steps"), "steps")
        self.reading.take_number("guidance_scale", self._value(sampler, "cfg"), "cfg")
        self.reading.take_sampler(
            self._value(sampler, "sampler_name"), self._value(sampler, "scheduler")
        )
        for name, usual in (("denoise", 1), ("start_at_step", 0)):
            if (value := self._value(sampler, name)) not in (usual, None):
                self.reading.leave(name, value)

    def _leave_others(self) -> None:
        """Names the nodes that were not walked and do more than show the picture."""
        for name, node in self.nodes.items():
            if name not in self.seen and node["class_type"] not in PLAIN:
                self.reading.leave("node", node["class_type"])

    def _linked(self, node: Node, name: str) -> Node | None:
        """The node that an input comes from."""
        link = node["inputs"].get(name)
        if not (isinstance(link, list) and link and isinstance(link[0], (str, int))):
            return None
        self.seen.add(str(link[0]))
        return self.nodes.get(str(link[0]))

    def _value(self, node: Node, name: str) -> Any:
        """An input's value, also where it was moved to a node of its own."""
        value = node["inputs"].get(name)
        if not isinstance(value, list):
            return value
        source = self._linked(node, name)
        if source is not None and source["class_type"] in PRIMITIVES:
            return source["inputs"].get("value")
        where = shortened(source["class_type"]) if source else "nothing"
        raise _NotPlain(f"its {name} comes from {where}")


def _translated(text: str) -> str:
    """The same words in our language: there a new line and square brackets are nothing special."""
    return re.sub(r"(?<!\\)([\[\]])", r"\\\1", one_line(text))


def _is_node(value: object) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("class_type"), str)
        and isinstance(value.get("inputs"), dict)
    )
