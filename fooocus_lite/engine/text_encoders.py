"""The CLIP text encoders of a pipeline: lines of any length in, one hidden state a token out.

Long text is cut into windows, weights are applied, and what was encoded is remembered.
"""

from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from diffusers.utils.torch_utils import get_module_execution_device

from ..thinking import windows
from ..thinking.emphasis import Chunk, Condition
from ..thinking.windows import Word
from ..weights import verify
from . import embeddings

CACHED_WINDOWS = 128
"""For each encoder; of 77 tokens. SDXL in half precision fills 40 MB with them."""


@dataclass(frozen=True)
class Encoded:
    """`tokens` [1, length, width], a window is 77 long; `pooled` [1, width] if the model has it."""

    tokens: torch.Tensor
    pooled: torch.Tensor | None


class _Vector(NamedTuple):
    """A token that the tokenizer does not know: a row of an embedding's file."""

    file: tuple[str, int, int]
    row: int


_Token = int | _Vector
_Window = tuple[tuple[_Token, float], ...]
"""What one encoder reads at once, without start and end: each token with its weight."""


class _Encoder(NamedTuple):
    part: str
    model: Any
    tokenizer: Any


class TextEncoders:
    """Encodes for one loaded pipeline, whose modules it calls and never moves."""

    def __init__(self, pipeline: Any) -> None:
        self._is_sdxl = "text_encoder_2" in pipeline.components
        self._encoders = [
            _Encoder(f"text_encoder{end}", model, getattr(pipeline, f"tokenizer{end}"))
            for end in (("", "_2") if self._is_sdxl else ("",))
            # SDXL's refiner has the second only.
            if (model := getattr(pipeline, f"text_encoder{end}")) is not None
        ]
        self._length = min(each.model.config.max_position_embeddings for each in self._encoders)
        self._cache: OrderedDict[Hashable, Encoded] = OrderedDict()
        self._loras: Hashable = None
        self._files: dict[str, tuple[str, int, int]] = {}
        self._vectors: dict[tuple[str, tuple[str, int, int]], torch.Tensor] = {}

    def prepare(self, embedding_files: Mapping[str, Path], loras: Hashable) -> None:
        """Reads these embeddings by name; `loras` is what tells the LoRAs now applied from others.

        Raises WeightsError when an embedding is missing, damaged or of another width.
        """
        self._loras = loras
        self._files, self._vectors = {}, {}
        widths = {each.part: each.model.config.hidden_size for each in self._encoders}
        for name, file in embedding_files.items():
            state = self._files[name.casefold()] = verify.state(file)
            for part, vectors in embeddings.read(name, file, widths).items():
                self._vectors[part, state] = vectors

    @torch.no_grad()
    def encode(self, lines: Sequence[Condition]) -> list[list[Encoded]]:
        """The windows of each line, at least one, and as many as it takes to lose no word.

        What fits one window and has no weights is encoded exactly as diffusers does it. Raises
        WeightsError when a line names an embedding that was not prepared.
        """
        cut = [[window for chunk in line for window in self._cut(chunk)] for line in lines]
        every = [window for line in cut for window in line]
        # One encoder after the other, so that with offload each comes to the device only once.
        by_encoder = [
            [self._weighted(index, window[index]) for window in every]
            for index in range(len(self._encoders))
        ]
        joined = iter([_side_by_side(parts) for parts in zip(*by_encoder, strict=True)])
        return [[next(joined) for _ in line] for line in cut]

    def _cut(self, chunk: Chunk) -> list[list[_Window]]:
        """The chunk's windows, each as every encoder reads it: the same words in other tokens."""
        words = windows.words(chunk)
        tokens = [self._tokens(encoder, words) for encoder in self._encoders]
        sizes = [max(map(len, each)) for each in zip(*tokens, strict=True)]
        return [
            [
                tuple(
                    (token, words[word].weight)
                    for word, start, stop in parts
                    for token in each[word][start:stop]
                )
                for each in tokens
            ]
            for parts in windows.pack(sizes, self._length - 2)
        ]

    def _tokens(self, encoder: _Encoder, words: Sequence[Word]) -> list[tuple[_Token, ...]]:
        texts = [word.text for word in words if not word.is_embedding]
        # A word alone has the tokens it has in a sentence: CLIP's tokenizer parts at spaces first.
        numbers = encoder.tokenizer(texts, add_special_tokens=False).input_ids if texts else []
        rest = iter(numbers)
        return [
            self._rows(encoder, word.text) if word.is_embedding else tuple(next(rest))
            for word in words
        ]

    def _rows(self, encoder: _Encoder, embedding: str) -> tuple[_Token, ...]:
        file = self._files.get(embedding.casefold())
        if file is None:
            raise embeddings.missing(embedding)
        return tuple(_Vector(file, row) for row in range(len(self._vectors[encoder.part, file])))

    def _weighted(self, index: int, window: _Window) -> Encoded:
        """The window with every token at its weight.

        A token's hidden state moves away from what an empty prompt has in its place, or towards it
        (ComfyUI's interpolation), and the window keeps its mean (AUTOMATIC1111's rule).
        """
        encoded = self._encoded(index, tuple(token for token, _ in window))
        weights = [weight for _, weight in window]
        if all(weight == 1 for weight in weights):
            return encoded
        hidden = encoded.tokens.float()
        empty = self._encoded(index, ()).tokens.float()
        factors = torch.ones(self._length, 1)
        factors[1 : 1 + len(weights), 0] = torch.tensor(weights)
        moved = empty + (hidden - empty) * factors.to(hidden)
        moved += hidden.mean() - moved.mean()
        return Encoded(moved.to(encoded.tokens), encoded.pooled)

    def _encoded(self, index: int, tokens: tuple[_Token, ...]) -> Encoded:
        """These tokens without weights, from the cache when they were encoded before."""
        key = (index, tokens, self._loras)
        if key not in self._cache:
            self._cache[key] = self._run(self._encoders[index], tokens)
            if len(self._cache) > CACHED_WINDOWS * len(self._encoders):
                self._cache.popitem(last=False)
        self._cache.move_to_end(key)
        return self._cache[key]

    def _run(self, encoder: _Encoder, tokens: tuple[_Token, ...]) -> Encoded:
        tokenizer = encoder.tokenizer
        # In an embedding's place any number will do that is not the end's: it is not looked at.
        numbers = [token if isinstance(token, int) else 0 for token in tokens]
        numbers = [tokenizer.bos_token_id, *numbers, tokenizer.eos_token_id]
        numbers += [tokenizer.pad_token_id] * (self._length - len(numbers))
        vectors = {
            place: self._vectors[encoder.part, token.file][token.row]
            for place, token in enumerate(tokens, start=1)
            if isinstance(token, _Vector)
        }
        device = get_module_execution_device(encoder.model)
        with embeddings.inserted(encoder.model, vectors):
            output = encoder.model(
                torch.tensor([numbers], device=device), output_hidden_states=self._is_sdxl
            )
        if not self._is_sdxl:
            return Encoded(output[0], None)
        # SDXL was trained on the layer before the last, and on the last encoder's pooled output.
        pooled = output[0] if output[0].ndim == 2 else None
        return Encoded(output.hidden_states[-2], pooled)


def _side_by_side(parts: Sequence[Encoded]) -> Encoded:
    """What several encoders made of one window: their widths add up."""
    return Encoded(torch.concat([each.tokens for each in parts], dim=-1), parts[-1].pooled)
