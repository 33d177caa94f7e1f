"""Snapshots with random weights, in the layouts of the real repositories, from their public configurations.

Random weights cost what trained ones cost: enough for every figure of speed and memory, and nothing has to be
downloaded.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import engine.diffusion  # noqa: F401 - puts the libraries in order before they are imported

import diffusers  # isort: skip
import torch
import transformers
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from safetensors.torch import save_file
from tokenizers.pre_tokenizers import ByteLevel

from benchmarks.full_size import WAN_22_VAE, WAN_22_WIDTHS

SD_NOISE = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1}
TOKENS = 77


def build_svd(folder: Path, *, tiny: bool, where: str = "cpu") -> None:
    """Write ``svd-xt`` and ``animatelcm-svd``.

    1,525 million parameters of UNet, 98 of VAE, 632 of image encoder.
    """
    widths = (32, 32) if tiny else (320, 640, 1280, 1280)
    levels = len(widths) - 1
    vision = {"hidden_size": 32, "intermediate_size": 40, "num_hidden_layers": 1, "num_attention_heads": 2}
    if not tiny:
        vision = {
            "hidden_size": 1280,
            "intermediate_size": 5120,
            "num_hidden_layers": 32,
            "num_attention_heads": 16,
        }
    projected = 32 if tiny else 1024
    time = 16 if tiny else 256
    with torch.device(where):  # random numbers come fastest from a GPU
        unet = diffusers.UNetSpatioTemporalConditionModel(
            sample_size=96,
            num_frames=25,
            block_out_channels=widths,
            num_attention_heads=(2, 2) if tiny else (5, 10, 20, 20),
            layers_per_block=1 if tiny else 2,
            down_block_types=("CrossAttnDownBlockSpatioTemporal",) * levels + ("DownBlockSpatioTemporal",),
            up_block_types=("UpBlockSpatioTemporal",) + ("CrossAttnUpBlockSpatioTemporal",) * levels,
            cross_attention_dim=projected,
            addition_time_embed_dim=time,
            projection_class_embeddings_input_dim=3 * time,
        ).half()
        vae = diffusers.AutoencoderKLTemporalDecoder(
            block_out_channels=(32,) * 4 if tiny else (128, 256, 512, 512),
            down_block_types=("DownEncoderBlock2D",) * 4,
            layers_per_block=1 if tiny else 2,
            sample_size=768,
        ).half()
        image_encoder = transformers.CLIPVisionModelWithProjection(
            transformers.CLIPVisionConfig(
                **vision,
                projection_dim=projected,
                hidden_act="gelu",
                image_size=224,
                patch_size=56 if tiny else 14,
            )
        ).half()
    pipe = diffusers.StableVideoDiffusionPipeline(
        vae=vae,
        image_encoder=image_encoder,
        unet=unet,
        scheduler=diffusers.EulerDiscreteScheduler(
            **SD_NOISE,
            prediction_type="v_prediction",
            timestep_type="continuous",
            timestep_spacing="leading",
            use_karras_sigmas=True,
            sigma_min=0.002,
            sigma_max=700.0,
        ),
        feature_extractor=transformers.CLIPImageProcessorPil(size={"shortest_edge": 224}, crop_size=224),
    )
    pipe.save_pretrained(folder / "svd-xt", variant="fp16")
    distilled = folder / "animatelcm-svd"
    distilled.mkdir()
    save_file(
        {key: value.cpu().contiguous() for key, value in unet.state_dict().items()},
        distilled / "AnimateLCM-SVD-xt-1.1.safetensors",
    )


def build_animatediff(folder: Path, *, tiny: bool, where: str = "cpu") -> None:
    """Write ``sd15``, ``motion-v1-5-3`` and ``lightning``: 860 million parameters of UNet, 417 of motion."""
    widths = (8, 16) if tiny else (320, 640, 1280, 1280)
    levels = len(widths) - 1
    groups, heads = (8, 4) if tiny else (32, 8)
    text = 32 if tiny else 768
    with torch.device(where):
        vae = diffusers.AutoencoderKL(
            block_out_channels=(8,) * 4 if tiny else (128, 256, 512, 512),
            latent_channels=4,
            norm_num_groups=groups,
            layers_per_block=1 if tiny else 2,
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            sample_size=512,
        )
        text_encoder = _clip(text, layers=2 if tiny else 12, heads=4 if tiny else 12)
        unet = diffusers.UNet2DConditionModel(
            sample_size=64,
            block_out_channels=widths,
            layers_per_block=2,
            down_block_types=("CrossAttnDownBlock2D",) * levels + ("DownBlock2D",),
            up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * levels,
            cross_attention_dim=text,
            attention_head_dim=heads,
            norm_num_groups=groups,
        )
    pipe = diffusers.StableDiffusionPipeline(
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=_clip_tokenizer(),
        unet=unet,
        scheduler=diffusers.PNDMScheduler(**SD_NOISE, skip_prk_steps=True, set_alpha_to_one=False),
        safety_checker=None,
        feature_extractor=transformers.CLIPImageProcessorPil(size={"shortest_edge": 224}, crop_size=224),
        requires_safety_checker=False,
    )
    pipe.to(dtype=torch.float16).save_pretrained(folder / "sd15", variant="fp16")

    _adapter(tiny=tiny, mid_block=False, where=where).save_pretrained(
        folder / "motion-v1-5-3", variant="fp16"
    )
    lightning = folder / "lightning"
    lightning.mkdir()
    for steps in (4, 8):
        weights = _adapter(tiny=tiny, mid_block=True, where=where).state_dict()
        held = {key: value.cpu() for key, value in weights.items()}
        save_file(held, lightning / f"animatediff_lightning_{steps}step_diffusers.safetensors")


def build_animatelcm(folder: Path, *, tiny: bool, where: str = "cpu") -> None:
    """Write ``animatelcm``, beside ``sd15``: a motion adapter, and a LoRA for the UNet's attention."""
    adapter = _adapter(tiny=tiny, mid_block=True, where=where)
    adapter.save_pretrained(folder / "animatelcm", variant="fp16")
    unet = diffusers.UNet2DConditionModel.from_pretrained(folder / "sd15" / "unet", variant="fp16")
    whole: Any = diffusers.UNetMotionModel.from_unet2d(unet, adapter.to("cpu", torch.float32))
    targets = r".*attentions.*\.(to_q|to_k|to_v|to_out\.0)"
    rank = 2 if tiny else 64
    whole.add_adapter(LoraConfig(r=rank, lora_alpha=rank, target_modules=targets))
    lora = {
        f"unet.{key}": 0.01 * torch.randn(value.shape)
        for key, value in get_peft_model_state_dict(whole).items()
    }
    save_file(lora, folder / "animatelcm" / "AnimateLCM_sd15_t2v_lora.safetensors")


def _adapter(*, tiny: bool, mid_block: bool, where: str) -> Any:
    with torch.device(where):
        return diffusers.MotionAdapter(
            block_out_channels=(8, 16) if tiny else (320, 640, 1280, 1280),
            motion_norm_num_groups=8 if tiny else 32,
            motion_num_attention_heads=4 if tiny else 8,
            use_motion_mid_block=mid_block,
        ).half()


def build_wan(folder: Path, *, tiny: bool, where: str = "cpu") -> None:
    """Write ``wan-2.1-1.3b``: 1,419 million parameters of transformer, 127 of VAE; and the text encoder."""
    _wan_text(folder, tiny=tiny, where=where)
    small = {"base_dim": 3, "dim_mult": [1] * 4, "num_res_blocks": 1} if tiny else {}
    entry = folder / "wan-2.1-1.3b"
    with torch.device(where):
        _wan_transformer(12, 16, 8960, tiny=tiny).save_pretrained(entry / "transformer")
        diffusers.AutoencoderKLWan(**small).save_pretrained(entry / "vae")


def build_wan_5b(folder: Path, *, tiny: bool, where: str = "cpu") -> None:
    """Write ``wan-2.2-ti2v-5b`` and ``fastwan-2.2-ti2v-5b``; and the text encoder.

    5,000 million parameters of transformer, 705 of VAE. The distilled transformer is the same file.
    """
    _wan_text(folder, tiny=tiny, where=where)
    own, distilled = (folder / name / "transformer" for name in ("wan-2.2-ti2v-5b", "fastwan-2.2-ti2v-5b"))
    widths = WAN_22_WIDTHS
    if tiny:
        widths = {"base_dim": 4, "decoder_base_dim": 4, "dim_mult": [1] * 4, "num_res_blocks": 1}
    with torch.device(where):
        _wan_transformer(24, 48, 14336, tiny=tiny).save_pretrained(own)
        vae = diffusers.AutoencoderKLWan(**widths, **WAN_22_VAE)
        vae.save_pretrained(folder / "wan-2.2-ti2v-5b" / "vae")
    distilled.mkdir(parents=True)
    for file in own.iterdir():
        os.link(file, distilled / file.name)


def _wan_transformer(heads: int, channels: int, wide: int, *, tiny: bool) -> Any:
    return diffusers.WanTransformer3DModel(
        num_attention_heads=2 if tiny else heads,
        attention_head_dim=12 if tiny else 128,
        in_channels=channels,
        out_channels=channels,
        text_dim=16 if tiny else 4096,
        freq_dim=16 if tiny else 256,
        ffn_dim=32 if tiny else wide,
        num_layers=2 if tiny else 30,
    ).to(torch.bfloat16)


def _wan_text(folder: Path, *, tiny: bool, where: str) -> None:
    """Write ``wan-umt5``, if it is not there: 5,681 million parameters, with a small alphabet."""
    entry = folder / "wan-umt5"
    if entry.exists():
        return
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581", -2.0)]
    pieces += [(chr(code), -3.0) for code in range(33, 127)]
    tokenizer = transformers.T5Tokenizer(vocab=pieces, extra_ids=0, model_max_length=512)
    config = transformers.UMT5Config(
        vocab_size=len(tokenizer) if tiny else 256384,
        d_model=16 if tiny else 4096,
        d_kv=8 if tiny else 64,
        d_ff=32 if tiny else 10240,
        num_layers=2 if tiny else 24,
        num_heads=2 if tiny else 64,
    )
    with torch.device(where):
        encoder = transformers.UMT5EncoderModel(config).eval().to(torch.bfloat16)
    encoder.save_pretrained(entry / "text_encoder")
    tokenizer.save_pretrained(entry / "tokenizer")
    # The repository has these, too, and without them the entry counts as incomplete.
    (entry / "tokenizer" / "special_tokens_map.json").write_text("{}")
    (entry / "tokenizer" / "spiece.model").write_bytes(b"not read")


BUILDERS: dict[str, Callable[..., None]] = {
    "svd": build_svd,
    "animatediff": build_animatediff,
    "wan": build_wan,
    "wan-5b": build_wan_5b,
}
"""Engine → what writes its weights."""


def _clip(width: int, *, layers: int, heads: int) -> Any:
    tokenizer = _clip_tokenizer()
    return transformers.CLIPTextModel(
        transformers.CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=width,
            intermediate_size=4 * width,
            num_hidden_layers=layers,
            num_attention_heads=heads,
            max_position_embeddings=TOKENS,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def _clip_tokenizer() -> Any:
    letters = sorted(ByteLevel.alphabet())
    pieces = [*letters, *(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {piece: index for index, piece in enumerate(pieces)}
    return transformers.CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=TOKENS)
