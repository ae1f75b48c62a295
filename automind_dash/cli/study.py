"""The verb for many recordings: study."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import UserError
from .options import (
    Answers,
    EstimatorName,
    Json,
    MinimumRate,
    Refractory,
    Scheduler,
    Seed,
    answers_from,
    on_cluster,
    print_json,
    say,
    spoken_errors,
)
from .outputs import ready_folder

verbs = typer.Typer()


@verbs.command()
def study(
    source: Annotated[
        Path,
        typer.Argument(
            help="Table (.csv, .parquet) with a column of files, a folder of recordings, or one file with --plate."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the results; a study that is there goes on.")] = Path("results"),
    plate: Annotated[
        Path | None,
        typer.Option(
            help="Map of the plate's wells, a grid or a table with a column `well`; the source is then one recording."
        ),
    ] = None,
    circuits: Annotated[
        int, typer.Option(help="Confirmed circuits to find for each recording; 0 for draws only.", min=0)
    ] = 100,
    confirm: Annotated[
        int, typer.Option(help="Count a circuit only when it matches with this many more seeds.", min=0, max=100)
    ] = 1,
    budget: Annotated[int, typer.Option(help="Most simulations to spend on each recording.", min=1)] = 1000,
    draws: Annotated[
        int, typer.Option(help="Posterior draws for each recording and each of its halves.", min=100)
    ] = 500,
    replicate: Annotated[
        str | None,
        typer.Option(
            help="Column of the unit that was recorded repeatedly (culture, animal); `none` for none; guessed if not given."
        ),
    ] = None,
    order: Annotated[
        str | None,
        typer.Option(help="Column that orders recordings (age, dose); `none` for none; guessed if not given."),
    ] = None,
    condition: Annotated[
        list[str] | None,
        typer.Option(help="Column of a condition; repeat for several; `none` for none; guessed if not given."),
    ] = None,
    estimator: EstimatorName = None,
    minimum_rate: MinimumRate = 0.0,
    refractory: Refractory = 0.0,
    answers: Answers = None,
    seed: Seed = 1,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Find features, draws and confirmed circuits of many recordings, and the differences between them. You can stop and run it again."""
    with spoken_errors():
        from ..dashboard.files.study_session import write_study_session
        from ..inference.asking.verification import run_on_cluster
        from ..inference.estimators.estimator import list_estimators, load_estimator
        from ..study.batch import common_estimator, reader_of, run_study
        from ..study.measuring import Asked
        from ..study.opening.reading import read_study
        from ..study.opening.roles import ask_roles, roles_of, suspicious
        from ..study.telling.concluding import write_conclusions

        ready_folder(out)
        table = read_study(source, plate=plate)
        given = {"replicate": replicate, "order": order, "condition": condition}
        for question in ask_roles(table):
            if given[question.key] is None:
                say(f"guessed: {question.text} → {question.guess} ({question.reason}); set it with --{question.key}")
        roles = roles_of(table, replicate=replicate, order=order, conditions=condition)
        for problem in (*table.problems, *suspicious(table, roles)):
            say(f"note: {problem}")
        read = reader_of(table, answers_from(answers))
        if estimator is not None:
            chosen = load_estimator(estimator)
        else:
            known = list_estimators(broken=lambda error: say(f"left out: {error}"))
            if not known:
                raise UserError("There are no pretrained estimators; train one with `automind-dash train`.")
            chosen = known[common_estimator(table, read, known)]
            say(f"estimator: {chosen.name} (suits most recordings; --estimator takes another)")
        asked = Asked(
            circuits=circuits, confirm=confirm, budget=budget, draws=draws, seed=seed, minimum_rate=minimum_rate,
            refractory=refractory / 1000,
        )  # fmt: skip
        if circuits:
            on_cluster(scheduler)
        results = run_study(
            table, roles, chosen, asked, out, run_many=run_on_cluster, read=read, progress=_progress_by_recording()
        )
        found, notes = write_conclusions(results, chosen, out)
        for note in notes:
            say(f"note: {note}")
        path, held = write_study_session(results, chosen, asked, read, out)
        say(f"{path} opens on the page{'' if held == len(results.metadata) else f' (the first {held} recordings)'}.")
        _tell(results, found, out, as_json)


def _progress_by_recording() -> Any:
    """Return a callback that writes a line when a recording enters a stage, at each quarter of its circuits, and at its end."""
    last: dict[tuple[int, str], int] = {}

    def show(moved: Any) -> None:
        quarter = int(4 * moved.share)
        if last.get((moved.row, moved.stage), -1) >= quarter or moved.stage == "features":
            return
        last[moved.row, moved.stage] = quarter
        if moved.stage == "failed":
            say(f"[{moved.done}/{moved.total}] row {moved.row}, {moved.name}: failed. {moved.error}")
        elif moved.stage == "done":
            say(f"[{moved.done}/{moved.total}] row {moved.row}, {moved.name}: done")
        elif moved.stage == "circuits":
            say(f"[{moved.done}/{moved.total}] row {moved.row}, {moved.name}: circuits {25 * quarter} %")

    return show


def _tell(results: Any, found: Any, out: Path, as_json: bool) -> None:
    """State the result."""
    from ..study.telling.sentences import summary

    said = {"claimed": [], "hints": [], "unclear": "", "unseen": "", "notes": []}
    if found is not None:
        said = summary(found, results.roles.replicate or "recording")
    rows = results.recordings
    counts = rows["status"].value_counts().to_dict()
    verdicts = rows.loc[rows["status"] == "done", "verdict"].value_counts().to_dict()
    told = {
        "out": str(out), "recordings": len(rows), "status": counts, "verdicts": verdicts, "confirmed": int(rows["confirmed"].sum()),
        "simulated": int(rows["simulated"].sum()), "problems": results.about["problems"],
        "effects": said,
        "failed": {str(row): error for row, error in rows.loc[rows["status"] == "failed", "error"].items()},
    }  # fmt: skip
    if as_json:
        print_json(told)
        return
    for sentence in (*said["claimed"], *said["hints"], said["unclear"], said["unseen"], *said["notes"]):
        if sentence:
            typer.echo(sentence)
    typer.echo(
        f"{counts.get('done', 0)} of {len(rows)} recordings, {told['confirmed']} confirmed circuits of {told['simulated']} "
        f"simulated → {out}"
    )
