"""The troubles that the calibrated score recognises, and the measures that show each of them.

A trouble that a single measure detects as well has that measure's name and words.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.sentence import Sentence


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """One kind of defect, as the gate recognises it; the ones that tests inject are in benchmarks/defects.py.

    Attributes:
        words: what a member reads.
        measures: those that show it. The first that knows a frame gives the time.
        against_input: without the input picture it may be content, so that it is a warning at most.
    """

    words: str
    measures: tuple[str, ...]
    against_input: bool = False

    def rejects(self, *, has_input: bool) -> bool:
        """Whether it can reject a take."""
        return has_input or not self.against_input


TROUBLES: dict[str, Trouble] = {
    "brightness_flickers": Trouble(
        words=Sentence("brightness flickers"),
        measures=("brightness_flickers", "brightness_reverses", "coarse_residue"),
    ),
    "colours_flicker": Trouble(
        words=Sentence("colours flicker"),
        measures=("colours_flicker", "tint_reverses", "patches_change_tint"),
    ),
    "light_boils": Trouble(
        words=Sentence("patches of light flicker"),
        measures=(
            *("light_boils", "tiles_reverse", "coarse_residue", "unrest", "part_strobes"),
            *("patches_pulse", "some_patches_pulse"),
        ),
    ),
    "part_strobes": Trouble(
        words=Sentence("part of the picture flashes"),
        measures=(
            *("part_strobes", "light_boils", "tiles_reverse", "coarse_residue"),
            *("some_patches_pulse", "patches_pulse"),
        ),
    ),
    "scene_cut": Trouble(
        words=Sentence("there is a hard cut"),
        measures=("scene_cut", "residual_jumps", "picture_jumps", "palette_jumps", "detail_jumps"),
    ),
    "broken_end": Trouble(
        words=Sentence("the end is broken"),
        measures=("broken_end", "end_residual", "detail_jumps", "palette_jumps"),
    ),
    "torn": Trouble(words=Sentence("a frame is torn"), measures=("torn", "rows_slip", "torn_rows")),
    "blur_collapses": Trouble(
        words=Sentence("the picture gets blurry"), measures=("blur_collapses", "small_blur", "contrast_falls")
    ),
    "colours_fade": Trouble(
        words=Sentence("colours fade away"),
        measures=("colours_fade", "followed_colours_fade", "colours_fade_steadily"),
    ),
    "colours_drift": Trouble(
        words=Sentence("colours drift"),
        measures=(
            "colours_drift",
            "tint_trend",
            "tint_trends_agree",
            "colour_is_added",
            "tint_gathers",
            "tint_goes_one_way",
            "means_drift",
        ),
    ),
    "subject_drifts": Trouble(
        words=Sentence("the scene changes into a different one"),
        measures=(
            "melts",
            "palette_leaves",
            "end_is_another",
            "end_contrast",
            "change_goes_on",
            "contrast_falls",
        ),
    ),
    "fresh_blotches": Trouble(
        words=Sentence("blotches come and go"),
        measures=(
            "fresh_blotches",
            "colour_blotches",
            "colour_residue",
            "calm_residue",
            "middle_residue",
            "usual_fresh_blotches",
        ),
    ),
    "fresh_noise": Trouble(
        words=Sentence("the picture is noisy"),
        measures=("fresh_noise", "colour_noise", "usual_fresh_noise", "fine_residue", "noise"),
    ),
    "noise": Trouble(
        words=Sentence("there is noise over the picture"),
        measures=("noise", "noisier", "grain_stays"),
    ),
    "burnt": Trouble(
        words=Sentence("the picture is overexposed"),
        measures=("burnt", "clipped", "more_clipped", "more_contrast"),
        against_input=True,
    ),
    "oversaturated": Trouble(
        words=Sentence("colours are too strong"),
        measures=("oversaturated", "more_saturated"),
        against_input=True,
    ),
}
"""All of them, by name."""
