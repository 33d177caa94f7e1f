"""``framekiln doctor --gpu``: the GPU, what it can draw with what is installed, and what to pull next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from itertools import groupby

from bot import drawing_policies, policies
from bot.cli.catalogue_lines import entries, size_text
from bot.cli.trials import Trial, not_tried, trials
from bot.cli.tried import described, kept, size_of
from bot.config.choices import Where
from bot.config.settings import Settings
from engine.core.capabilities import Capabilities
from engine.core.device import GIB, Device, DeviceKind, find_device
from engine.core.precision import Precision, precision_of
from engine.core.recipe import Recipe
from engine.core.request import SECONDS, Length
from engine.families import CATALOGUE, FAMILIES
from engine.planning.first_rung import beginning
from engine.planning.plan import PlanLimits
from engine.planning.recommended import recommended
from engine.runtime.capabilities import capabilities_of
from engine.runtime.gpu import Gpu, driver_gpus, gpu_of
from engine.weights.model_spec import ModelSpec

CLIP = SECONDS[Length.NORMAL]
"""Seconds of the clips that are reckoned with."""

NOT_MEASURED = "not measured on this GPU yet; framekiln try measures it"


def gpu_report(settings: Settings) -> tuple[list[str], bool]:
    """Look at this machine.

    Returns:
        Lines to print, and whether all is well: without a GPU it is, with one that cannot be used it is not.
    """
    device = find_device(settings.device)
    gpu = gpu_of(device)
    store = drawing_policies.store_of(settings)
    slow = drawing_policies.allows_slow_models(settings)
    here = capabilities_of(store, CATALOGUE, device, slow=slow)
    limits = policies.for_plan(settings)
    if gpu is None:
        listed = driver_gpus()
        idle = bool(listed) and settings.device != Where.CPU
        return [*without(settings, listed), "", *_still_works(here, limits)], not idle
    return list(report_on(gpu, device, here, limits, measured=kept(settings.data_dir, gpu))), True


def report_on(
    gpu: Gpu,
    device: Device,
    here: Capabilities,
    limits: PlanLimits,
    *,
    measured: Mapping[tuple[str, str], tuple[float, str]],
) -> Iterator[str]:
    """Lines on a GPU that models run on.

    Args:
        gpu: what its driver says.
        device: what torch says of it.
        here: what is installed.
        limits: of the owner.
        measured: what clips took on it: engine and way → seconds, and what was drawn.
    """
    free = (gpu.memory if gpu.free is None else gpu.free) if device.kind is DeviceKind.CUDA else None
    yield f"GPU: {described(gpu)}"
    yield _free(gpu)
    yield ""
    yield from what_it_draws(tuple(trials(here, limits, seconds=CLIP)), free, measured)
    yield ""
    yield from what_to_pull(recommended(device), here)


def without(settings: Settings, listed: tuple[Gpu, ...]) -> Iterator[str]:
    """Why models do not run on a GPU here.

    Args:
        settings: of the owner.
        listed: the GPUs that a driver knows of.
    """
    if settings.device == Where.CPU:
        yield "GPU: not used, because FRAMEKILN_DEVICE=cpu"
        return
    if not listed:
        yield "GPU: none found. Engines with models need one."
        yield "    → What one of 12 GB would need: framekiln models pull --for 12GB"
        return
    yield f"GPU: {described(listed[0])}. Models cannot use it:"
    if find_spec("torch") is None:
        yield "    torch is not installed"
        yield "    → make models (or, without the Makefile: pip install 'framekiln[models]')"
        return
    import torch  # noqa: PLC0415 - seconds, and not installed everywhere

    if torch.version.cuda is None:
        yield f"    torch {torch.__version__} was built without CUDA"
        yield "    → pip uninstall torch torchvision, then make models, without an extra index for the CPU"
    else:
        yield f"    torch {torch.__version__}, built for CUDA {torch.version.cuda}, cannot reach it"
        yield "    → Install a driver that is new enough for this CUDA. In a container, hand the GPU in."


def what_it_draws(
    ways: tuple[Trial, ...], free: int | None, measured: Mapping[tuple[str, str], tuple[float, str]]
) -> Iterator[str]:
    """A paragraph for each engine with models: its ways, where the memory ladder begins, and seconds.

    Args:
        ways: what is installed.
        free: bytes of the GPU that are free; None: that is not known.
        measured: what clips took here: engine and way → seconds, and what was drawn.
    """
    models = [trial for trial in ways if FAMILIES[trial.recipe.engine].trained]
    if not models:
        yield "No weights are installed yet, so only the engines without models draw."
        return
    yield f"Drawn with the installed weights (clips of {CLIP:g} s; memory as counted, not as measured):"
    for engine, group in groupby(models, key=lambda trial: trial.recipe.engine):
        yield f"  {engine}: {FAMILIES[engine].about}"
        for trial in group:
            recipe = trial.recipe
            yield f"    {recipe.way}: {size_of(recipe)}; {_kept(recipe)}{_beginning(trial, free)}"
            seconds = measured.get((engine, recipe.way))
            yield "        " + (
                NOT_MEASURED if seconds is None else f"framekiln try: {seconds[0]:.1f} s for {seconds[1]}"
            )


def what_to_pull(specs: tuple[ModelSpec, ...], here: Capabilities) -> Iterator[str]:
    """What is recommended and not installed, with sizes and licences."""
    missing = [spec for spec in specs if spec.name not in here.weights]
    if not missing:
        yield "All weights that are recommended for it are installed."
        return
    yield "Recommended for it, and not installed:"
    yield from entries(missing)
    yield f"    → framekiln models pull --for card   ({size_text(sum(spec.size for spec in missing))})"


def _still_works(here: Capabilities, limits: PlanLimits) -> Iterator[str]:
    names = dict.fromkeys(trial.recipe.engine for trial in trials(here, limits, seconds=CLIP))
    yield "What works here:"
    for name in names:
        yield f"  {name}: {FAMILIES[name].about}"
    yield "  the quality check, smoothing by optical flow, and everything in Discord"
    idle = not_tried(here)
    if idle:
        yield f"Installed, but without a GPU not used: {', '.join(idle)}."
        yield "    → FRAMEKILN_DEVICE=cpu lets them draw on the processor. That is very slow."


def _kept(recipe: Recipe) -> str:
    """In how many bits its weights are kept, where that is not as they were trained."""
    precision = precision_of(recipe)
    return "" if precision is Precision.BF16 else f"weights in {precision}; "


def _beginning(trial: Trial, free: int | None) -> str:
    """Where the memory ladder begins, in words."""
    if free is None:
        return "begins at the top of the memory ladder, for only CUDA tells what is free"
    begins = beginning(trial.recipe, free)
    if begins is None:
        return "its memory is not counted"
    size = f"{begins.needed / GIB:.1f} GiB"
    if not begins.fits:
        return f"may not fit: at the end of the memory ladder ({begins.rungs[-1]}) it takes {size}"
    if not begins.rungs:
        return f"nothing is given up, {size}"
    return f"begins at the rung “{begins.rungs[-1]}”, {size}: {begins.about}"


def _free(gpu: Gpu) -> str:
    if gpu.free is None:
        return "    how much of it is free is not known; all of it is counted on"
    return f"    {gpu.free / GIB:.1f} GiB are free now"
