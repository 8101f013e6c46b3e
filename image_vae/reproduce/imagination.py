"""The three C's of a run, for a table: classifier, queries and scores, saved in the run folder.

Source: Vedantam et al. 2017, §4 (correctness, coverage, compositionality).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from tqdm import tqdm

from graphvae_data.core.errors import InputError
from graphvae_data.images.image_data import PartName
from graphvae_data.images.images import load_images
from graphvae_data.machine import devices
from graphvae_data.runs.run_folder import read_json, write_json
from image_vae.data.attributes import AttributeColumns, observed_attributes
from image_vae.data.binarize import Binarization
from image_vae.data.feed import Feed
from image_vae.imagination.classifier import QUICK, Judge, JudgeSettings, obtain_judge
from image_vae.imagination.queries import Queries, draw_queries
from image_vae.imagination.three_cs import IMAGES, QUERIES, ThreeCs, require_good, three_cs
from image_vae.reproduce.imagination_table import IID, QUICK_QUERIES, SMALLER, UNSEEN
from image_vae.results.result import ImageFitResult

FILE = "imagination.json"
"""The file of the queries and scores in the run folder."""


@dataclass(frozen=True)
class Imagined:
    """The scores of a run by column of the table."""

    figures: dict[str, float]
    """Correctness and coverage by number of given attributes, and `digit`."""
    spread: dict[str, float]
    """Their standard deviations over resamples of the queries."""
    limits: dict[str, float]
    """The coverage of a perfect model, by column."""


def judge_of(
    dataset: str, *, quick: bool, weak: bool, device: str, threads: int, progress: bool
) -> Judge:
    """Return the attribute classifier of a dataset, trained on its random (iid) split.

    The split with unseen combinations uses the same classifier.

    Raises:
        InputError: the classifier's accuracy is too low.
    """
    name = SMALLER[IID] if quick else IID
    assert dataset in (*SMALLER, *SMALLER.values())
    data = load_images(name, progress=progress)
    columns = AttributeColumns(observed_attributes(data))
    resolved = devices.resolve_device(device)

    def feed(part: PartName) -> Feed:
        images = getattr(data, part)
        return Feed(images, Binarization.NONE, seed=0, device=resolved, attributes=columns)

    settings = QUICK if quick else JudgeSettings()
    silent = None if progress else True
    with (
        devices.computing(threads),
        tqdm(total=settings.steps, desc="judge", unit="step", leave=False, disable=silent) as bar,
    ):
        judge = obtain_judge(
            feed("train"), feed("test"), data.split_fingerprint, settings, on_step=bar.update
        )
    if not weak:
        require_good(judge)
    return judge


def imagination_scores(result: ImageFitResult, judge: Judge, *, quick: bool) -> Imagined:
    """Return the three C's of a run, computed with the classifier and cached in the run folder.

    Raises:
        InputError: the folder has scores of another classifier or of other queries.
    """
    assert result.folder is not None
    queries = queries_of(result, quick=quick)
    path, about = result.folder / FILE, {"judge": judge.sha256, "queries": queries.digest}
    if path.is_file():
        content = read_json(path)
        if content["about"] != about:
            raise InputError(
                f"{path}: contains scores of another classifier or other queries; choose another "
                "--out"
            )
        return Imagined(**content["columns"])
    with devices.computing(result.config.run.threads):
        scores = three_cs(result, judge, queries, weak=True)  # `judge_of` checks the accuracy
    imagined = columns(scores)
    content = {
        "about": about,
        "columns": asdict(imagined),
        "scores": [each.to_dict() for each in scores],
        "judge": judge.to_dict(),
        "queries": queries.to_dict(),
    }
    write_json(path, content)
    return imagined


def queries_of(result: ImageFitResult, *, quick: bool) -> Queries:
    """Return the queries of a run; with unseen combinations, each query gives all attributes."""
    data = result.experiment.data
    table = observed_attributes(data)
    unseen = data.name in (UNSEEN, SMALLER[UNSEEN])
    fewest = len(table.names) if unseen else 1
    attributes = table.of_row[data.test.rows]
    each = QUICK_QUERIES if quick else QUERIES
    return draw_queries(attributes, each, IMAGES, seed=result.config.run.seed, fewest=fewest)


def columns(scores: list[ThreeCs]) -> Imagined:
    """Return the scores for each number of given attributes as columns of the table."""
    imagined = Imagined({}, {}, {})
    for score in scores:
        named = {"correctness": score.correctness, "coverage": score.coverage}
        for name, figure in named.items():
            if figure is not None:
                imagined.figures[f"{name}_{score.given}"] = figure.mean
                imagined.spread[f"{name}_{score.given}"] = figure.spread
        if score.ceiling is not None:
            imagined.limits[f"coverage_{score.given}"] = score.ceiling
    if "digit" in scores[-1].by_attribute:
        imagined.figures["digit"] = scores[-1].by_attribute["digit"]
    return imagined
