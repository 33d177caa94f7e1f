"""The licences of the weights in the catalogue, as their pages state them. None of this is legal advice."""

from __future__ import annotations

from engine.weights.model_spec import Licence

APACHE = Licence(
    name="Apache-2.0",
    url="https://www.apache.org/licenses/LICENSE-2.0",
    commercial="Clips may be sold.",
    free=True,
)
MIT = Licence(
    name="MIT", url="https://opensource.org/license/mit", commercial="Clips may be sold.", free=True
)
BSD = Licence(
    name="BSD-2-Clause",
    url="https://github.com/yahoo/open_nsfw/blob/master/LICENSE.md",
    commercial="Clips may be sold.",
    free=True,
)
SPAN = Licence(
    name="Apache-2.0",
    url="https://github.com/hongyuanyu/SPAN/blob/main/LICENSE.txt",
    commercial=(
        "Clips may be sold. The package that the file is taken from is GPL-3.0; nothing of its code is used."
    ),
    free=True,
)
STABILITY = Licence(
    name="Stability AI Community License",
    url="https://huggingface.co/stabilityai/stable-video-diffusion-img2vid-xt/blob/main/LICENSE.md",
    commercial=(
        "Clips may be sold if you earn less than 1,000,000 US dollars a year and have registered with "
        "Stability AI; above that, you need to buy a licence."
    ),
)
OPENRAIL_M = Licence(
    name="CreativeML OpenRAIL-M",
    url="https://huggingface.co/spaces/CompVis/stable-diffusion-license",
    commercial="Clips may be sold; the uses its attachment A forbids stay forbidden, also for members.",
)
OPENRAIL = Licence(
    name="OpenRAIL",
    url="https://huggingface.co/lllyasviel/ControlNet-v1-1",
    commercial="Clips may be sold; the uses that Stable Diffusion's licence forbids stay forbidden.",
)
ANIMATEDIFF = Licence(
    name="Apache-2.0 (of the original, guoyww/animatediff)",
    url="https://huggingface.co/guoyww/animatediff",
    commercial="Clips may be sold; this copy in another format states no licence of its own.",
)
UNSTATED = Licence(
    name="not stated",
    url="https://huggingface.co/wangfuyun/AnimateLCM",
    commercial="Its page states no licence: ask its authors before you sell clips.",
)
UNSTATED_OVER_STABILITY = Licence(
    name="not stated; made from Stable Video Diffusion",
    url="https://huggingface.co/wangfuyun/AnimateLCM-SVD-xt",
    commercial="Its page states no licence; at least the Stability AI Community License applies.",
)
ANNOTATORS = Licence(
    name="Apache-2.0 (HED), MIT (MiDaS)",
    url="https://github.com/lllyasviel/ControlNet-v1-1-nightly",
    commercial="Clips may be sold.",
)
OPENPOSE = Licence(
    name="CMU OpenPose: non-commercial",
    url="https://github.com/CMU-Perceptual-Computing-Lab/openpose/blob/master/LICENSE",
    commercial="For non-commercial use only: clips that follow a pose may not be sold.",
)
LTX = Licence(
    name="LTX-2 Community License",
    url="https://huggingface.co/Lightricks/LTX-2.3/blob/main/LICENSE",
    commercial=(
        "Clips may be sold if you, with your affiliates, earn less than 10,000,000 US dollars a year; above "
        "that, even to use it you need a paid licence from Lightricks. The uses that it forbids stay "
        "forbidden, also for members."
    ),
)
LTX_WITH_GEMMA = Licence(
    name="LTX-2 Community License; Gemma Terms of Use",
    url="https://ai.google.dev/gemma/terms",
    commercial=(
        "Clips may be sold if you earn less than 10,000,000 US dollars a year, as for ltx-2.3-distilled; "
        "Google's Gemma, which reads the words, has a list of forbidden uses of its own."
    ),
)
