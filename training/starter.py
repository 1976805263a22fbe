"""The starter model's parts: how they are built, loaded, saved, and asked about text and noise.

Everything is a stock diffusers or transformers class, so that `StableDiffusionXLPipeline` loads it.
"""

import copy
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from diffusers import EulerDiscreteScheduler, UNet2DConditionModel
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from fooocus_lite.thinking.windows import pack

CHANNELS = (48, 96, 128)
HEADS = (1, 3, 4)
TEXT_WIDTH = 64
POSITIONS = 77
MAX_WINDOWS = 2
"""How much of a long prompt training reads; the engine reads all."""


@dataclass(frozen=True)
class Starter:
    """The trained parts, the codec left out."""

    unet: UNet2DConditionModel
    text_encoder: CLIPTextModel
    text_encoder_2: CLIPTextModelWithProjection
    tokenizer: CLIPTokenizer

    @property
    def modules(self) -> tuple[nn.Module, nn.Module, nn.Module]:
        return self.unet, self.text_encoder, self.text_encoder_2

    def copy(self) -> "Starter":
        """The same parts with weights of their own."""
        unet, text_encoder, text_encoder_2 = (copy.deepcopy(module) for module in self.modules)
        return replace(self, unet=unet, text_encoder=text_encoder, text_encoder_2=text_encoder_2)

    def to(self, device: torch.device) -> "Starter":
        """Move the weights; returns itself."""
        for module in self.modules:
            module.to(device)
        return self

    def save(self, folder: Path) -> None:
        """Write the parts as subfolders, the way diffusers does."""
        self.unet.save_pretrained(folder / "unet")
        self.text_encoder.save_pretrained(folder / "text_encoder")
        self.text_encoder_2.save_pretrained(folder / "text_encoder_2")
        self.tokenizer.save_pretrained(folder / "tokenizer")


def new_starter(tokenizer: CLIPTokenizer) -> Starter:
    """Untrained parts whose text already matters from the first step."""
    text_encoder = CLIPTextModel(_text_config(tokenizer, layers=2))
    text_encoder_2 = CLIPTextModelWithProjection(_text_config(tokenizer, layers=3))
    starter = Starter(_new_unet(), text_encoder, text_encoder_2, tokenizer)
    with torch.no_grad():
        _raise_text_gain(starter)
    return starter


def load_starter(folder: Path) -> Starter:
    """The parts saved at `folder`, in float32."""
    return Starter(
        UNet2DConditionModel.from_pretrained(folder / "unet").float(),
        CLIPTextModel.from_pretrained(folder / "text_encoder").float(),
        CLIPTextModelWithProjection.from_pretrained(folder / "text_encoder_2").float(),
        CLIPTokenizer.from_pretrained(folder / "tokenizer"),
    )


def new_scheduler() -> EulerDiscreteScheduler:
    """The scheduler the pipeline folder names; other classes take their settings from it."""
    return EulerDiscreteScheduler(
        beta_start=0.00085,
        beta_end=0.02,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        timestep_spacing="trailing",
        steps_offset=0,
    )


def encode_text(starter: Starter, prompts: list[str]) -> tuple[Tensor, Tensor]:
    """What the UNet reads of each prompt, as the program's engine writes it.

    Returns [n, 77 * windows, 128] and [n, 64], with two windows when a prompt has more than 75
    tokens; shorter prompts are then repeated, which attention does not notice. Words beyond two
    windows are dropped.
    """
    cut = [text_windows(starter.tokenizer, prompt)[:MAX_WINDOWS] for prompt in prompts]
    count = max(map(len, cut))
    tokens = torch.tensor([(each * count)[:count] for each in cut], device=starter.unet.device)
    first = starter.text_encoder(tokens.flatten(0, 1), output_hidden_states=True)
    second = starter.text_encoder_2(tokens.flatten(0, 1), output_hidden_states=True)
    hidden = torch.cat([first.hidden_states[-2], second.hidden_states[-2]], -1)
    return hidden.unflatten(0, (-1, count)).flatten(1, 2), second.text_embeds[::count]


def text_windows(tokenizer: CLIPTokenizer, prompt: str) -> list[list[int]]:
    """The prompt's tokens in windows of 77, start, end and padding included, no word cut in two."""
    words = prompt.split()
    ids = tokenizer(words, add_special_tokens=False).input_ids if words else []
    windows = []
    for parts in pack([len(each) for each in ids], POSITIONS - 2):
        inner = [token for word, start, stop in parts for token in ids[word][start:stop]]
        padding = [tokenizer.pad_token_id] * (POSITIONS - 2 - len(inner))
        windows.append([tokenizer.bos_token_id, *inner, tokenizer.eos_token_id, *padding])
    return windows


def predict(
    starter: Starter,
    noisy: Tensor,
    timesteps: Tensor,
    text: tuple[Tensor, Tensor],
    time_ids: Tensor,
) -> Tensor:
    """The UNet's velocity for noisy latents [n, 4, h, w]."""
    added = {"text_embeds": text[1], "time_ids": time_ids}
    return starter.unet(noisy, timesteps, text[0], added_cond_kwargs=added).sample


def _new_unet() -> UNet2DConditionModel:
    return UNet2DConditionModel(
        sample_size=32,
        in_channels=4,
        out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        block_out_channels=CHANNELS,
        layers_per_block=1,
        transformer_layers_per_block=1,
        attention_head_dim=HEADS,
        use_linear_projection=True,
        cross_attention_dim=2 * TEXT_WIDTH,
        norm_num_groups=16,
        addition_embed_type="text_time",
        addition_time_embed_dim=16,
        projection_class_embeddings_input_dim=6 * 16 + TEXT_WIDTH,
    )


def _text_config(tokenizer: CLIPTokenizer, *, layers: int) -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=TEXT_WIDTH,
        intermediate_size=4 * TEXT_WIDTH,
        num_hidden_layers=layers,
        num_attention_heads=2,
        max_position_embeddings=POSITIONS,
        projection_dim=TEXT_WIDTH,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


def _raise_text_gain(starter: Starter) -> None:
    """CLIP's own start leaves hidden states near zero, and words are then learnt very late."""
    for encoder in (starter.text_encoder, starter.text_encoder_2):
        for name, parameter in encoder.named_parameters():
            if "token_embedding" in name:
                nn.init.normal_(parameter, std=0.7)
            elif "position_embedding" in name:
                nn.init.normal_(parameter, std=0.2)
    starter.text_encoder_2.text_projection.weight.mul_(3)
    starter.unet.add_embedding.linear_2.weight.mul_(3)
    for name, parameter in starter.unet.named_parameters():
        if "attn2.to_k" in name:
            parameter.mul_(3)
        elif "attn2.to_v" in name or "attn2.to_out.0.weight" in name:
            parameter.mul_(1.7)
