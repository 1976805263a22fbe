"""How many tokens a prompt has for each text encoder of a model, while it is typed. No torch."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from ..errors import BadRequest, WeightsError
from ..thinking import emphasis, lora_tags, windows
from ..thinking.families import Family, TextEncoder
from ..thinking.windows import Word
from . import embeddings, verify

# As in the tokenizer of OpenAI's CLIP.
_CLIP_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
_CLIP_MARKS = ("<|startoftext|>", "<|endoftext|>")


@dataclass(frozen=True)
class TokenCount:
    """`tokens` without the marks for beginning and end, of which `limit` fit into one chunk.

    `encoder` is the name people know it by. Encoders that are not CLIP read one chunk, and lose
    what is over the limit.
    """

    encoder: str
    tokens: int
    limit: int
    chunks: int


def counts(
    folder: Path, family: Family, prompt: str, embedding_files: Mapping[str, Path]
) -> tuple[TokenCount, ...]:
    """The prompt's tokens for each text encoder of a model folder.

    Brackets, weights and LoRA tags have none; what else is still to be filled in counts as it is
    written. An embedding counts as its vectors. Left out is an encoder whose tokenizer is of a kind
    that is not read here. Raises WeightsError when a file is damaged.
    """
    readers = {
        encoder: tokenizer
        for encoder in family.text_encoders
        if (tokenizer := _tokenizer(folder / encoder.tokenizer)) is not None
    }
    with suppress(BadRequest):  # a LoRA's weight that is not fit to be used, yet
        prompt, _ = lora_tags.taken(prompt)
    if family.text == "clip" and readers:
        return _counts_in_chunks(readers, prompt, embedding_files)
    text = emphasis.plain(prompt)
    return tuple(
        TokenCount(encoder.title, len(_tokens(tokenizer, text)), _limit(encoder, tokenizer), 1)
        for encoder, tokenizer in readers.items()
    )


def _counts_in_chunks(
    readers: Mapping[TextEncoder, Tokenizer], prompt: str, embedding_files: Mapping[str, Path]
) -> tuple[TokenCount, ...]:
    """As the engine cuts it: all encoders read the same words in the same chunk."""
    files = {name.casefold(): file for name, file in embedding_files.items()}
    limit = min(_limit(encoder, tokenizer) for encoder, tokenizer in readers.items())
    sizes = [
        [_sizes(readers, word, files) for word in windows.words(chunk)]
        for condition in emphasis.conditions(prompt)
        for chunk in condition
    ]
    chunks = sum(len(windows.pack([max(word) for word in words], limit)) for words in sizes)
    return tuple(
        TokenCount(
            encoder=encoder.title,
            tokens=sum(word[index] for words in sizes for word in words),
            limit=limit,
            chunks=max(1, chunks),
        )
        for index, encoder in enumerate(readers)
    )


def _sizes(
    readers: Mapping[TextEncoder, Tokenizer], word: Word, embedding_files: Mapping[str, Path]
) -> list[int]:
    """How many tokens a word is for each encoder."""
    if not word.is_embedding:
        return [len(_tokens(tokenizer, word.text)) for tokenizer in readers.values()]
    file = embedding_files.get(word.text.casefold())
    if file is None:
        return [0] * len(readers)
    vectors = embeddings.vectors(file)
    found = embeddings.fitting(vectors, [encoder.name for encoder in readers])
    return [found[each.name].count if each.name in found else 0 for each in readers]


def _tokens(tokenizer: Tokenizer, text: str) -> Sequence[int]:
    ids: Sequence[int] = tokenizer.encode(text, add_special_tokens=False).ids
    return ids


def _limit(encoder: TextEncoder, tokenizer: Tokenizer) -> int:
    return encoder.max_tokens - int(tokenizer.num_special_tokens_to_add(is_pair=False))


def _tokenizer(folder: Path) -> Tokenizer | None:
    """The tokenizer of a folder, kept while its files stay as they are."""
    whole = folder / "tokenizer.json"
    if whole.is_file():
        return _read_whole(whole, verify.state(whole))
    vocabulary, merges = folder / "vocab.json", folder / "merges.txt"
    # These two files say nothing of the rules around them; only CLIP's are known here.
    if _is_clip(folder) and vocabulary.is_file() and merges.is_file():
        return _read_clip(vocabulary, merges, (verify.state(vocabulary), verify.state(merges)))
    return None


def _is_clip(folder: Path) -> bool:
    try:
        config = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
        return str(config["tokenizer_class"]).startswith("CLIPTokenizer")
    except (OSError, ValueError, LookupError, TypeError):
        return False


@lru_cache(maxsize=8)
def _read_whole(file: Path, _: object) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(file))
    # The library raises nothing narrower.
    except Exception as error:
        raise WeightsError(
            f"The tokenizer {file.parent.name}/{file.name} cannot be read: {error}. "
            f"{verify.WAY_OUT}"
        ) from None
    # The file may say to fill up and to cut at 77.
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


@lru_cache(maxsize=8)
def _read_clip(vocabulary: Path, merges: Path, _: object) -> Tokenizer:
    """The tokenizer that these two files are the data of, with CLIP's rules."""
    begin, end = _CLIP_MARKS
    try:
        model = models.BPE.from_file(
            str(vocabulary), str(merges), end_of_word_suffix="</w>", unk_token=end
        )
    except Exception as error:
        raise WeightsError(
            f"The tokenizer {vocabulary.parent.name} cannot be read: {error}. {verify.WAY_OUT}"
        ) from None
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_CLIP_WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.add_special_tokens([begin, end])
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        special_tokens=[(mark, tokenizer.token_to_id(mark)) for mark in _CLIP_MARKS],
    )
    return tokenizer
