"""Trains the starter's own CLIP tokenizer on captions and everyday English."""

import argparse
import json
import random
from pathlib import Path

from tokenizers import Tokenizer, models, trainers
from tokenizers.pre_tokenizers import ByteLevel
from transformers import CLIPTokenizer

from training.captions import caption
from training.scene import random_scene

MERGES = 1200
WORD_END = "</w>"
START, END = "<|startoftext|>", "<|endoftext|>"
ENGLISH = """
the of and a to in is that it was for on are with as at be this have from or one had by word but
not what all were we when your can said there use an each which she do how their if will up
other about out many then them these so some her would make like him into time has look two more
write go see number no way could people my than first water been call who oil its now find long
down day did get come made may part over new sound take only little work know place year live me
back give most very after thing our just name good sentence man think say great where help
through much before line right too mean old any same tell boy follow came want show also around
form three small set put end does another well large must big even such because turn here why
ask went men read need land different home us move try kind hand picture again change off play
spell air away animal house point page letter mother answer found study still learn should world
dog horse dragon woman portrait robot knight queen king girl child face eyes hair dress hat
sword wizard river lake bridge street garden window table chair bottle bread cheese pizza cake
fruit lemon banana grape train plane bicycle ghost pumpkin zebra lion tiger elephant monkey
rabbit bear wolf fox owl snake whale dinosaur unicorn painting drawing sketch render realistic
abstract modern ancient fantasy future space planet sun moon galaxy cloud fog spring summer
autumn winter warm cold bright dark happy sad angry sleeping running flying sitting standing
left right above below behind front low quality worst blurry ugly deformed watermark text
"""
"""Everyday words, so that prompts about other things fall into few pieces."""


def train_tokenizer(folder: Path, *, samples: int = 20_000, seed: int = 1) -> CLIPTokenizer:
    """A CLIP tokenizer with 77 positions, saved at `folder`; unknown words become pieces."""
    rng = random.Random(seed)
    texts = [caption(random_scene(rng), rng) for _ in range(samples)]
    merges = _learned_merges([*texts, *ENGLISH.split() * 12])
    letters = sorted(ByteLevel.alphabet())
    words = [*letters, *(letter + WORD_END for letter in letters), *map("".join, merges)]
    vocabulary = {word: index for index, word in enumerate([*dict.fromkeys(words), START, END])}
    tokenizer = CLIPTokenizer(vocabulary, merges, model_max_length=77)
    tokenizer.save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False))
    lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tokenizer


def _learned_merges(texts: list[str]) -> list[tuple[str, str]]:
    """Byte-pair merges in order, cut into words exactly as CLIPTokenizer cuts them."""
    reader = CLIPTokenizer().backend_tokenizer
    inner = Tokenizer(models.BPE(end_of_word_suffix=WORD_END))
    inner.normalizer, inner.pre_tokenizer = reader.normalizer, reader.pre_tokenizer
    trainer = trainers.BpeTrainer(
        vocab_size=MERGES + 512,
        initial_alphabet=ByteLevel.alphabet(),
        end_of_word_suffix=WORD_END,
        show_progress=False,
    )
    inner.train_from_iterator(texts, trainer)
    return [tuple(pair) for pair in json.loads(inner.to_str())["model"]["merges"]]


def main() -> None:
    """Read the command line, train and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("training/runs/tokenizer"))
    train_tokenizer(parser.parse_args().output)


if __name__ == "__main__":
    main()
