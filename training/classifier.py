"""A small network that says which object a picture shows: it judges the starter."""

import itertools
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor, nn

from training.vocabulary import OBJECTS

SIDE = 64


def new_classifier() -> nn.Sequential:
    """Five convolutions over 64x64 pixels, one output per object word."""
    layers: list[nn.Module] = []
    channels = (3, 16, 32, 48, 64, 64)
    for before, after in itertools.pairwise(channels):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU()]
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.2), nn.Linear(64 * 4, len(OBJECTS)))


def load_classifier(path: Path) -> nn.Sequential:
    """The trained classifier, ready to judge."""
    classifier = new_classifier()
    classifier.load_state_dict({name: t.float() for name, t in load_file(path).items()})
    return classifier.eval()


def classifier_input(image: Image.Image) -> Tensor:
    """The middle of a picture as [3, 64, 64]; shorter sides are padded with their own edge."""
    side = max(image.size)
    width, height = (max(8, round(SIDE * length / side)) for length in image.size)
    pixels = np.asarray(image.convert("RGB").resize((width, height), Image.Resampling.BOX))
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    edges = ((top, SIDE - height - top), (left, SIDE - width - left), (0, 0))
    square = np.pad(pixels, edges, mode="edge")
    return torch.from_numpy(square.copy()).permute(2, 0, 1).float() / 127.5 - 1


@torch.no_grad()
def classify(classifier: nn.Module, images: list[Image.Image]) -> list[str]:
    """The object word for each picture."""
    scores = classifier(torch.stack([classifier_input(image) for image in images]))
    return [OBJECTS[index] for index in scores.argmax(1).tolist()]
