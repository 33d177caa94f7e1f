"""Snapshots of all that AnimateDiff draws with, small and random, in the layouts of the real repositories."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from safetensors.torch import save_file
from tokenizers.pre_tokenizers import ByteLevel

from tests.present import present

WIDTHS = (8, 16)
VAE_WIDTHS = (8, 8, 8, 16)
"""Four levels, as the real one has: latents are an eighth of a frame."""
LAYERS = 1
GROUPS = 8
HEADS = 4
TEXT = 32
TOKENS = 77
WINDOW = 24
"""The longest clip of the motion adapters: less than the library's default of 32."""


def build(folder: Path) -> None:
    """Write a store: catalogue entries, the owner's checkpoints and styles. 6 MB, the same each time."""
    torch.manual_seed(7)
    for name in ("sd15", "epicrealism", "checkpoints/toon"):
        pipe = checkpoint()
        _write_checkpoint(pipe, folder / name)
    _write_single_file(pipe, folder / "checkpoints" / "toon-in-one.safetensors")
    adapter(mid_block=True).save_pretrained(folder / "motion-v1-5-2", variant="fp16")
    adapter(mid_block=False).save_pretrained(folder / "motion-v1-5-3", variant="fp16")
    adapter(mid_block=True).save_pretrained(folder / "animatelcm")
    spatial = r".*attentions.*attn[12]\.(to_q|to_v)"
    temporal = r".*motion_modules.*\.(to_q|to_k|to_v|to_out\.0)"
    save_file(_lora(spatial), folder / "animatelcm" / "AnimateLCM_sd15_t2v_lora.safetensors")
    lightning = folder / "lightning"
    lightning.mkdir()
    for steps in (2, 4, 8):
        weights = adapter(mid_block=True).state_dict()
        save_file(weights, lightning / f"animatediff_lightning_{steps}step_diffusers.safetensors")
    for way in ("zoom-in", "zoom-out", "pan-left", "pan-right", "tilt-up", "tilt-down"):
        camera = folder / f"motion-lora-{way}"
        camera.mkdir()
        save_file(_old_keys(_lora(temporal)), camera / "diffusion_pytorch_model.safetensors")
    styles = folder / "styles"
    styles.mkdir()
    save_file(_lora(spatial), styles / "ink.safetensors")
    save_file(_old_keys(_lora(spatial)), styles / "chalk.safetensors")
    save_file(_kohya(_lora(spatial)), styles / "clay.safetensors")
    save_file({"unet.conv_in.weight": torch.zeros(2)}, styles / "no-lora.safetensors")
    save_file(_lora(spatial, widths=(16, 32)), styles / "wrong-size.safetensors")
    save_file({"transformer.x.lora_A.weight": torch.zeros(2, 2)}, styles / "nothing-for-us.safetensors")
    (styles / "cut-off.safetensors").write_bytes((styles / "ink.safetensors").read_bytes()[:4000])
    _write_ip_adapter(folder / "sd15-ip-adapter")
    _sparse_control().save_pretrained(folder / "sparsectrl-rgb")


def control() -> diffusers.ControlNetModel:
    """A ControlNet as it is made: all that it adds is zero."""
    return diffusers.ControlNetModel.from_unet(
        unet(), conditioning_embedding_out_channels=(8,) * len(VAE_WIDTHS)
    )


def wake(module: torch.nn.Module) -> torch.nn.Module:
    """Give weights that begin at zero a value: a new ControlNet, or SparseCtrl, has no effect at all."""
    with torch.no_grad():
        for parameter in module.parameters():
            if not bool(parameter.any()):
                parameter.normal_(std=0.2)
    return module


def unet(widths: tuple[int, int] = WIDTHS) -> Any:
    return diffusers.UNet2DConditionModel(
        sample_size=16,
        block_out_channels=widths,
        layers_per_block=LAYERS,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=TEXT,
        attention_head_dim=HEADS,
        norm_num_groups=GROUPS,
    )


def checkpoint() -> Any:
    """The layout of an SD 1.5 repository, without its safety checker."""
    letters = sorted(ByteLevel.alphabet())
    pieces = [*letters, *(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    tokenizer = transformers.CLIPTokenizer(
        vocab={piece: index for index, piece in enumerate(pieces)}, merges=[], model_max_length=TOKENS
    )
    text_encoder = transformers.CLIPTextModel(
        transformers.CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=TEXT,
            intermediate_size=40,
            num_hidden_layers=2,
            num_attention_heads=HEADS,
            max_position_embeddings=TOKENS,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    vae = diffusers.AutoencoderKL(
        block_out_channels=VAE_WIDTHS,
        latent_channels=4,
        norm_num_groups=GROUPS,
        layers_per_block=LAYERS,
        down_block_types=["DownEncoderBlock2D"] * len(VAE_WIDTHS),
        up_block_types=["UpDecoderBlock2D"] * len(VAE_WIDTHS),
    )
    return diffusers.StableDiffusionPipeline(
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        unet=unet(),
        scheduler=diffusers.PNDMScheduler(
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
            skip_prk_steps=True,
            set_alpha_to_one=False,
            steps_offset=1,
        ),
        safety_checker=None,
        feature_extractor=transformers.CLIPImageProcessorPil(crop_size=224, size={"shortest_edge": 224}),
        requires_safety_checker=False,
    )


def _write_checkpoint(pipe: Any, folder: Path) -> None:
    """As the hub has them: with the names of classes from 2022, one of which is not even downloaded."""
    pipe.save_pretrained(folder)
    index = folder / "model_index.json"
    parts = json.loads(index.read_text())
    parts["safety_checker"] = ["stable_diffusion", "StableDiffusionSafetyChecker"]
    parts["feature_extractor"] = ["transformers", "CLIPFeatureExtractor"]
    index.write_text(json.dumps(parts))


def adapter(*, mid_block: bool, widths: tuple[int, int] = WIDTHS) -> Any:
    made = diffusers.MotionAdapter(
        block_out_channels=widths,
        motion_layers_per_block=LAYERS,
        motion_norm_num_groups=GROUPS,
        motion_num_attention_heads=HEADS,
        motion_max_seq_length=WINDOW,
        use_motion_mid_block=mid_block,
    )
    return wake(made)


def _lora(layers: str, *, widths: tuple[int, int] = WIDTHS) -> dict[str, torch.Tensor]:
    """A LoRA with the keys that diffusers writes today, and new random weights."""
    return {key: torch.randn(shape) * 0.2 for key, shape in _lora_shapes(layers, widths).items()}


@functools.cache
def _lora_shapes(layers: str, widths: tuple[int, int]) -> dict[str, torch.Size]:
    whole = diffusers.UNetMotionModel.from_unet2d(unet(widths), adapter(mid_block=True, widths=widths))
    whole.add_adapter(LoraConfig(r=2, lora_alpha=2, target_modules=layers))
    return {f"unet.{key}": value.shape for key, value in get_peft_model_state_dict(whole).items()}


def _old_keys(lora: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """As diffusers wrote them in 2023; the motion LoRAs have them."""
    renamed = {}
    for key, value in lora.items():
        old = re.sub(r"\.(to_q|to_k|to_v)\.lora_([AB])\.weight", r".processor.\1_lora.\2.weight", key)
        old = re.sub(r"\.to_out\.0\.lora_([AB])\.weight", r".processor.to_out_lora.\1.weight", old)
        renamed[old.replace(".A.weight", ".down.weight").replace(".B.weight", ".up.weight")] = value
    return renamed


def _kohya(lora: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """As the trainers of the community write them: one long name, and an alpha for each layer."""
    renamed: dict[str, torch.Tensor] = {}
    for key, value in lora.items():
        if "motion_modules" in key:
            continue
        layer, which = present(re.fullmatch(r"unet\.(.*)\.lora_([AB])\.weight", key)).groups()
        name = "lora_unet_" + layer.replace(".", "_")
        renamed[f"{name}.lora_{'down' if which == 'A' else 'up'}.weight"] = value
        renamed[f"{name}.alpha"] = torch.tensor(2.0)
    return renamed


def _write_ip_adapter(folder: Path) -> None:
    """The repository's layout: the encoder of pictures in a folder beside the weights."""
    models = folder / "models"
    encoder = transformers.CLIPVisionModelWithProjection(
        transformers.CLIPVisionConfig(
            hidden_size=TEXT,
            intermediate_size=40,
            projection_dim=TEXT,
            num_hidden_layers=1,
            num_attention_heads=HEADS,
            image_size=224,
            patch_size=56,
        )
    )
    encoder.save_pretrained(models / "image_encoder")
    weights = {
        "image_proj.proj.weight": torch.randn(4 * TEXT, TEXT) * 0.3,
        "image_proj.proj.bias": torch.zeros(4 * TEXT),
        "image_proj.norm.weight": torch.ones(TEXT),
        "image_proj.norm.bias": torch.zeros(TEXT),
    }
    plain = unet()
    number = 1  # the real file counts cross-attentions by odd numbers
    for name in plain.attn_processors:
        if name.endswith("attn2.processor"):
            attention = plain.get_submodule(name.removesuffix(".processor"))
            for which in ("k", "v"):
                shape = attention.get_submodule(f"to_{which}").weight.shape
                weights[f"ip_adapter.{number}.to_{which}_ip.weight"] = torch.randn(shape) * 0.3
            number += 2
    save_file(weights, models / "ip-adapter_sd15.safetensors")


def _sparse_control() -> Any:
    """The kind that is shown pictures, not sketches: it sees them through the VAE."""
    return wake(
        diffusers.SparseControlNetModel(
            block_out_channels=WIDTHS,
            layers_per_block=LAYERS,
            in_channels=4,
            conditioning_channels=4,
            down_block_types=("CrossAttnDownBlockMotion", "DownBlockMotion"),
            cross_attention_dim=TEXT,
            norm_num_groups=GROUPS,
            num_attention_heads=HEADS,
            motion_num_attention_heads=HEADS,
            concat_conditioning_mask=True,
            use_simplified_condition_embedding=True,
        )
    )


_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "time_emb_proj": "emb_layers.1",
    "conv_shortcut": "skip_connection",
}
_ENDS = {"conv_in": "input_blocks.0.0", "conv_norm_out": "out.0", "conv_out": "out.2"}
_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}


def _write_single_file(pipe: Any, path: Path) -> None:
    """One file with the names of the original Stable Diffusion code, as the community trades them."""
    tensors = {}
    for key, value in pipe.unet.state_dict().items():
        tensors["model.diffusion_model." + _ldm_unet(key)] = value
    for key, value in pipe.vae.state_dict().items():
        name = _ldm_vae(key)
        is_conv = re.search(r"attn_1\.(q|k|v|proj_out)\.weight", name)
        tensors["first_stage_model." + name] = value[:, :, None, None] if is_conv else value
    for key, value in pipe.text_encoder.state_dict().items():
        inner = key.removeprefix("text_model.")
        tensors["cond_stage_model.transformer.text_model." + inner] = value
    path.parent.mkdir(exist_ok=True)
    save_file({key: value.contiguous() for key, value in tensors.items()}, path)


def _ldm_unet(key: str) -> str:
    head, _, rest = key.partition(".")
    if head == "time_embedding":
        return "time_embed." + rest.replace("linear_1", "0").replace("linear_2", "2")
    if head in _ENDS:
        return f"{_ENDS[head]}.{rest}"
    if head == "mid_block":
        kind, index, rest = rest.split(".", 2)
        return f"middle_block.{1 if kind == 'attentions' else 2 * int(index)}.{_ldm_layer(kind, rest)}"
    level, kind, index, rest = rest.split(".", 3)
    first = (LAYERS + 1) * int(level)  # of a level's blocks: layers, and a change of size
    if kind == "downsamplers":
        place = f"input_blocks.{first + LAYERS + 1}.0"
    elif kind == "upsamplers":  # where it stands in its block hangs on the attention before it; here is none
        place = f"output_blocks.{first + LAYERS}.1"
    elif head == "down_blocks":
        place = f"input_blocks.{first + int(index) + 1}.{int(kind == 'attentions')}"
    else:
        place = f"output_blocks.{first + int(index)}.{int(kind == 'attentions')}"
    return f"{place}.{_ldm_layer(kind, rest)}"


def _ldm_layer(kind: str, rest: str) -> str:
    if kind == "downsamplers":
        return rest.replace("conv", "op")
    if kind != "resnets":
        return rest
    layer, _, ending = rest.rpartition(".")
    return f"{_RESNET[layer]}.{ending}"


def _ldm_vae(key: str) -> str:
    levels = len(VAE_WIDTHS)
    name = key.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
    name = re.sub(r"down_blocks\.(\d)\.resnets\.(\d)", r"down.\1.block.\2", name)
    name = re.sub(r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample", name)
    name = re.sub(
        r"up_blocks\.(\d)\.resnets\.(\d)", lambda m: f"up.{levels - 1 - int(m[1])}.block.{m[2]}", name
    )
    name = re.sub(r"up_blocks\.(\d)\.upsamplers\.0", lambda m: f"up.{levels - 1 - int(m[1])}.upsample", name)
    name = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", name)
    if "mid_block.attentions.0." in name:
        for new, old in _ATTENTION.items():
            name = name.replace(f"attentions.0.{new}.", f"attentions.0.{old}.")
        name = name.replace("mid_block.attentions.0", "mid.attn_1")
    return name
