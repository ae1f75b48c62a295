"""Refining, finding and checking on the Posterior stage, without a browser; the simulator is made up."""

import asyncio
import queue
import threading
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from automind_dash.circuit.parameters import N_PARAMETERS
from automind_dash.dashboard.figures.posterior_words import caption
from automind_dash.dashboard.figures.predictive_band import FEW, deviations
from automind_dash.dashboard.files.exports import rows
from automind_dash.dashboard.frame.configurations_view import ConfigurationsView
from automind_dash.dashboard.frame.work_view import WorkView, how_far
from automind_dash.dashboard.stages.geometry.geometry_part import circuits_of
from automind_dash.dashboard.stages.posterior import spending_view
from automind_dash.dashboard.stages.posterior.calibration_plot import CalibrationPlot, words
from automind_dash.dashboard.stages.posterior.check_view import words as check_words
from automind_dash.dashboard.stages.posterior.posterior_view import PosteriorView
from automind_dash.dashboard.stages.posterior.searching import Asked, take_ensemble
from automind_dash.dashboard.stages.posterior.spending_view import SpendingView
from automind_dash.dashboard.state import batch, cluster_runs
from automind_dash.dashboard.state.marks import Mark
from automind_dash.dashboard.state.run_curves import RunCurves
from automind_dash.dashboard.widgets.colours import palette
from automind_dash.inference.asking.plausibility import Plausibility
from automind_dash.inference.asking.provenance import Draws, Refined
from automind_dash.inference.asking.simulated import Simulated
from automind_dash.inference.asking.verification import Tally
from automind_dash.inference.estimators.calibration import CALIBRATION, Calibration, weights_digest
from automind_dash.inference.estimators.estimator import WEIGHTS, Estimator
from automind_dash.inference.estimators.prior import Prior
from automind_dash.inference.spending.ensembles import Ensemble
from automind_dash.inference.spending.lessons import Repetition
from automind_dash.inference.spending.refinement import Refinement
from tests.dashboard.made_up import steady, until, workspace


@pytest.fixture
def space():
    found = workspace()
    asyncio.run(found.add(steady()))
    return found


def refinement(examined, before, after):
    return Refinement(
        examined.estimator, examined.target.vector, None, Tally(consistent=before, alive=100 - before),
        Tally(consistent=after, alive=100 - after), 400, 150, 20, 1, 60.0,
    )  # fmt: skip


def test_circuits_drawn_near_others_are_told_apart_where_they_are_used(space):
    examined = space.current
    card = space.cards[examined.estimator]
    take_ensemble(
        examined,
        examined.target,
        card,
        ensemble(examined, card),
        Asked(examined.seed, examined.oversampling, examined.tolerance, 100, 1000, examined.digest),
    )
    view = SpendingView(workspace=space)
    assert "proposed 2 of them" in view.said.object
    assert "1 was drawn near circuits that had matched or come nearest (0 consistent)" in view.said.object
    assert circuits_of(examined, card).source.endswith("besides, 1 that a search drew near others")
    assert circuits_of(examined, card, posterior=True).numbers.tolist() == [0, 2]
    assert rows(examined, [2, 1])["parent"].tolist() == [-1, 0]
    table = ConfigurationsView(workspace=space).table.value
    assert table["notes"].str.contains("drawn near 0").tolist() == [False, True, False]
    assert rows(examined, [2, 1])["origin"].tolist() == ["proposed by a search", "drawn near others"]


def test_a_refinement_is_told_with_both_yields_and_forgotten_when_the_question_changes(space):
    view, examined = SpendingView(workspace=space), space.current
    assert not view.said.visible
    examined.refinement = refinement(examined, 30, 60)
    assert examined.refined.pays
    assert "before 30 of 100" in view.said.object
    assert "after 60 of 100" in view.said.object
    examined.refinement = refinement(examined, 60, 30)
    assert "did not help" in view.said.object
    examined.estimator = "bursts"
    assert examined.refined is None


def test_refining_runs_beside_the_page_and_is_kept_with_the_recording(space, monkeypatch):
    view, examined = SpendingView(workspace=space), space.current
    asked = {}

    def refine(aimed, estimator, *, progress, should_stop, **options):
        asked.update(options)
        progress(0.5)
        return refinement(examined, 30, 60)

    monkeypatch.setattr(spending_view, "refine", refine)
    view.simulations.value = 200
    asyncio.run(view._refine())
    assert (asked["simulations"], asked["seed"]) == (200, examined.seed)
    assert examined.refined is not None
    assert examined.busy == ""


def ensemble(examined, card):
    """Three circuits: one consistent, one drawn near it and given up early, one silent."""
    theta = Prior().draw(3, 1)
    near, far = examined.target.vector.copy(), examined.target.vector + 10
    runs = [
        Simulated(theta[0], 11, "active", near), Simulated(theta[1], 12, "active", far, rejected_after=5.0),
        Simulated(theta[2], 13, "silent", np.full(len(near), np.nan)),
    ]  # fmt: skip
    counts = Tally(consistent=1, alive=1, silent=1)
    distances = [float(card.distance(run.vector, near)[0]) for run in runs]
    return Ensemble(
        None,
        60,
        3,
        2,
        1,
        1,
        29.0,
        4.0,
        40,
        counts,
        Tally(consistent=1, silent=1),
        Tally(alive=1),
        0.35,
        runs,
        distances,
        [0.0, 1.0, 2.0],
        [-1, 0, -1],
    )


def test_found_circuits_come_with_all_that_were_simulated_and_are_selected(space):
    view, examined = SpendingView(workspace=space), space.current
    card = space.cards[examined.estimator]
    take_ensemble(
        examined,
        examined.target,
        card,
        ensemble(examined, card),
        Asked(examined.seed, examined.oversampling, examined.tolerance, 100, 1000, examined.digest),
    )
    assert examined.configurations["state"].tolist() == ["consistent", "alive", "silent"]
    assert examined.selection == [0]
    assert examined.configurations["seed"].tolist() == [11, 12, 13]
    assert "1 consistent circuit (selected) in 3 simulations, 1 of them given up early" in view.said.object


def searching(examined, card, spikes, seen):
    """What stands in for `fit` and the cluster: the runs of `ensemble`, with so many spikes each, through `run_many`."""
    made = ensemble(examined, card)
    spoken = [replace(run, recording=steady(rate=spikes / 6000)) for run in made.runs]

    def on_cluster(items, **_):
        yield from enumerate(spoken)

    def fit(*_, run_many, **__):
        seen.extend(run for _, run in run_many([]))
        return replace(made, runs=list(seen))

    return on_cluster, fit


def confirmed_once(examined, card):
    """`ensemble`, whose third circuit matches as well; of the two matches the first one matched again."""
    made = ensemble(examined, card)
    second = replace(made.runs[2], outcome="active", vector=made.runs[0].vector)
    again = {
        0: [Repetition(replace(made.runs[0], seed=21), 0.0, "consistent")],
        2: [Repetition(replace(second, seed=22, vector=made.runs[1].vector), 9.0, "alive")],
    }
    return replace(
        made, runs=[*made.runs[:2], second], distances=[0.0, 9.0, 0.0], tally=Tally(2, 1, tested=2, confirmed=1), consistent=2,
        confirm=1, confirmed=1, repeated=Tally(1, 1), repetitions=again,
    )  # fmt: skip


def test_matches_that_were_confirmed_are_told_in_table_words_and_exports(space):
    view, examined = SpendingView(workspace=space), space.current
    card = space.cards[examined.estimator]
    how = Asked.of(examined, 100, 1000, view.confirm.value)
    take_ensemble(examined, examined.target, card, confirmed_once(examined, card), how)
    assert examined.configurations[["seeds", "matched"]].to_numpy().tolist() == [[2, 2], [1, 0], [2, 1]]
    assert examined.selection == [0]
    assert (
        "1 of the 2 matches that were simulated again matched with every seed. This one is selected."
        in view.said.object
    )
    search = examined.provenance.searches[0]
    assert (search.confirm, search.tested, search.confirmed, search.seeds_again) == (1, 2, 1, ((0, 21), (2, 22)))
    table = ConfigurationsView(workspace=space)
    told = table.table.value.loc[[0, 1, 2]]
    assert told["matched"].tolist() == ["2 of 2", "0 of 1", "1 of 2"]
    assert told["state"].str.contains("confirmed").tolist() == [True, False, False]
    examined.selection = []
    table._pick(confirmed=True)
    assert examined.selection == [0]
    assert rows(examined, [2])[["seeds", "matched"]].to_numpy().tolist() == [[2, 1]]
    examined.marks = {0: frozenset({Mark.REJECTED})}
    assert examined.judged(examined.configurations, card)["matched"].tolist() == [1, 0, 1], "it is rejected"


def test_a_search_tells_what_it_found_and_what_it_confirmed():
    runs = batch.SearchRuns(lambda items: enumerate(items), 0.0, 1.0, matches=lambda one: one == "match", confirm=2)
    list(runs.again(["match", "match", "match", "other", "match"]))
    assert (runs.repeated, runs.tested, runs.confirmed) == (5, 2, 1)
    assert runs.so_far(10, 100).startswith("0 found, 1 confirmed\n5 of 100 simulations  ·  ")


def test_what_is_drawn_of_found_circuits_is_worked_out_beside_the_page(space, monkeypatch):
    view, examined = SpendingView(workspace=space), space.current
    threads, seen = [], []
    on_cluster, fit = searching(examined, space.cards[examined.estimator], 600, seen)
    monkeypatch.setattr(cluster_runs, "run_on_cluster", on_cluster)
    monkeypatch.setattr(spending_view, "fit", fit)

    def curves_of(run, warm_up, shown):
        threads.append(threading.current_thread())
        return RunCurves(shown)

    monkeypatch.setattr(batch, "curves_of", curves_of)
    monkeypatch.setattr(spending_view, "curves_of", curves_of)
    asyncio.run(view._find())
    assert len(threads) == 3
    assert threading.main_thread() not in threads
    assert sorted(examined.curves) == [0, 1, 2]
    assert [run.recording.n_spikes for run in examined.simulations.values()] == [600, 600, 600]
    assert examined.selection == [0]


def test_a_search_that_lost_its_cluster_says_so_and_shows_what_it_had(space, monkeypatch):
    view, examined = SpendingView(workspace=space), space.current
    on_cluster, fit = searching(examined, space.cards[examined.estimator], 600, [])
    monkeypatch.setattr(cluster_runs, "run_on_cluster", on_cluster)
    monkeypatch.setattr(spending_view, "fit", lambda *_, **given: replace(fit(**given), lost="The cluster was lost."))
    said = []
    monkeypatch.setattr(spending_view, "notify", lambda *words: said.append(words))
    asyncio.run(view._find())
    assert examined.selection == [0]
    assert said == [("The cluster was lost. The 3 circuits simulated before are in the table.", "error", 0)]


def test_a_search_holds_no_more_spikes_than_the_page_keeps(space, monkeypatch):
    view, examined = SpendingView(workspace=space), space.current
    seen = []
    on_cluster, fit = searching(examined, space.cards[examined.estimator], 600, seen)
    monkeypatch.setattr(cluster_runs, "run_on_cluster", on_cluster)
    monkeypatch.setattr(spending_view, "fit", fit)
    monkeypatch.setattr(batch, "MAX_KEPT_SPIKES", 1000)
    asyncio.run(view._find())
    assert all(run.recording is None for run in seen), "the search itself keeps none"
    assert [run.recording is None for run in examined.simulations.values()] == [True, True, False]


def test_a_search_is_told_with_what_it_was_begun_with(space, monkeypatch):
    view, examined = SpendingView(workspace=space), space.current
    on_cluster, fit = searching(examined, space.cards[examined.estimator], 600, [])
    monkeypatch.setattr(cluster_runs, "run_on_cluster", on_cluster)

    def changed_meanwhile(*_, **given):
        examined.param.update(seed=7, tolerance=3.0, oversampling=5)
        return fit(**given)

    monkeypatch.setattr(spending_view, "fit", changed_meanwhile)
    before = (examined.seed, examined.oversampling)
    asyncio.run(view._find())
    assert (examined.provenance.searches[0].seed, examined.provenance.searches[0].oversampling) == before
    assert examined.seed == 7


@pytest.mark.parametrize(("consistent", "said"), [(True, "1 of 3 simulated"), (False, "none of 3 simulated")])
def test_a_cancelled_search_adds_what_it_found_and_takes_nothing(space, monkeypatch, consistent, said):
    """It replaced the table, its simulations and what was kept by a fragment."""
    view, examined = SpendingView(workspace=space), space.current
    examined.take_samples(Prior().draw(5, 1), np.zeros(5), Draws(estimator=examined.estimator, seed=1))
    examined.kept = {"mine": [1, 2]}
    on_cluster, fit = searching(examined, space.cards[examined.estimator], 600, [])
    monkeypatch.setattr(cluster_runs, "run_on_cluster", on_cluster)

    def cancelled(*_, **given):
        found = fit(**given)
        examined.stop.set()
        return found if consistent else replace(found, distances=[9.0, 9.0, np.inf], tally=Tally(alive=2, silent=1))

    monkeypatch.setattr(spending_view, "fit", cancelled)
    told = []
    monkeypatch.setattr(spending_view, "notify", lambda *words: told.append(words))
    asyncio.run(view._find())
    assert said in told[0][0]
    assert examined.kept == {"mine": [1, 2]}
    assert len(examined.configurations) == 8
    assert len(examined.posterior) == 5
    assert examined.selection == [5] * consistent
    assert list(examined.simulations) == [5, 6, 7]


class Job:
    """One round's job on the cluster."""

    total, done, rate, seconds_left = 20, 7, 2.0, 6.5

    def __init__(self):
        self.paused = self.cancelled = False

    def pause(self):
        self.paused = True

    def resume(self):
        self.paused = False

    def cancel(self):
        self.cancelled = True


@pytest.fixture
def searched(space, monkeypatch):
    """A search in rounds: a round's job comes, and the round goes on, when the test says so. steps: what the test lets happen."""
    jobs, steps, examined = [], queue.SimpleQueue(), space.current

    def on_cluster(items, *, started, **_):
        jobs.append(Job())
        started(jobs[-1])
        steps.get(timeout=20)
        yield from ()

    def fit(*_, run_many, progress, should_stop, **__):
        rounds = 0
        while rounds < 3 and not should_stop():
            list(run_many([]))
            rounds += 1
            progress(rounds / 10)
            steps.get(timeout=20)
        return None

    monkeypatch.setattr(cluster_runs, "run_on_cluster", on_cluster)
    monkeypatch.setattr(spending_view, "fit", fit)
    return SimpleNamespace(
        view=SpendingView(workspace=space),
        bar=WorkView(workspace=space),
        target=examined,
        jobs=jobs,
        go=lambda: steps.put(None),
    )


def test_a_search_in_rounds_tells_how_far_all_of_it_is(searched):
    async def search():
        work = asyncio.ensure_future(searched.view._find())
        await until(lambda: len(searched.jobs) == 1)
        told = "Find 100 circuits that match … 0 found, 0 confirmed\n0 of 1,000 simulations"
        assert how_far(searched.target) == told
        for done in (1, 2, 3):
            searched.go()
            await until(lambda done=done: searched.target.progress == done / 10)
            assert how_far(searched.target) == told
            assert searched.bar.pause.visible
            searched.go()
        await work

    asyncio.run(search())
    assert searched.target.job is None


def test_a_pause_between_rounds_holds_the_next_one(searched):
    async def search():
        work = asyncio.ensure_future(searched.view._find())
        await until(lambda: len(searched.jobs) == 1)
        searched.go()
        await until(lambda: searched.target.progress == 0.1)
        searched.bar._pause(None)  # the first round is over, the second has not begun
        assert searched.bar.pause.label == "Resume"
        assert "paused" in searched.bar._text.object
        searched.go()
        await asyncio.sleep(0.2)
        assert len(searched.jobs) == 1
        searched.bar._pause(None)
        await until(lambda: len(searched.jobs) == 2)
        searched.bar._pause(None)
        assert searched.jobs[1].paused
        searched.bar._pause(None)
        assert not searched.jobs[1].paused
        for _ in range(4):
            searched.go()
        await work

    asyncio.run(search())
    assert len(searched.jobs) == 3


def test_a_paused_search_can_be_cancelled(searched):
    async def search():
        work = asyncio.ensure_future(searched.view._find())
        await until(lambda: len(searched.jobs) == 1)
        searched.bar._pause(None)
        searched.bar.workspace.cancel()
        assert searched.jobs[0].cancelled
        searched.bar._pause(None)  # too late
        searched.go()
        searched.go()
        await asyncio.wait_for(work, 20)

    asyncio.run(search())
    assert len(searched.jobs) == 1
    assert searched.target.busy == ""


def test_draws_of_a_refined_posterior_say_so(space):
    examined = space.current
    refined = Refined(simulations=400)
    draws = Draws(estimator=examined.estimator, target=tuple(examined.target.vector), refined=refined)
    examined.take_samples(Prior().draw(5, 1), np.zeros(5), draws)
    assert "refined with 400 simulations" in caption(examined)


def test_calibration_is_drawn_with_its_words_or_said_to_be_missing(tmp_path, space):
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / WEIGHTS).write_bytes(b"weights")
    estimator = Estimator(folder, space.cards["spectrum"])
    plot = CalibrationPlot(palette(dark=False))
    plot.show(estimator)
    assert "evaluate spectrum --write" in plot.caption.object
    rng = np.random.default_rng(0)
    found = Calibration(
        rng.random((150, N_PARAMETERS)), rng.random(150), np.linspace(0, 1, 16), np.linspace(0, 1, 16), 0.001, 100, 0,
        weights_digest(folder / WEIGHTS),
    )  # fmt: skip
    (folder / CALIBRATION).write_text(found.to_json())
    plot.show(estimator)
    assert len(plot.ranks.data["x"]) == N_PARAMETERS
    assert plot.caption.object == words(estimator.calibration())
    assert "neither too narrow nor too wide" in plot.caption.object


def test_the_predictive_check_names_what_lies_outside_the_band(space):
    card = space.cards["bursts"]
    target = np.zeros(4)
    rng = np.random.default_rng(0)
    vectors = [np.array([0.0, 0.0, 0.9, 0.0]) + 0.1 * rng.standard_normal(4) for _ in range(FEW)]
    drawn = deviations([*vectors, np.full(4, np.nan)], target, card)
    assert drawn.shape == (FEW, 4)
    near = Plausibility(1.0, 2.0, 0.5, False, np.zeros(28), np.zeros(4), ())
    low, high = np.quantile(drawn, 0.05, axis=0), np.quantile(drawn, 0.95, axis=0)
    said = check_words(list(card.feature_set.features), drawn, low, high, near, 0.4)
    assert "outside it in 1 of 4" in said
    assert "p = 0.40" in said
    assert "given up" not in said
    assert "3 draws more were given up" in check_words(list(card.feature_set.features), drawn, low, high, near, 0.4, 3)
    assert "simulate 8 draws" in check_words(list(card.feature_set.features), drawn[:2], low, high, near, 0.4)


def test_a_search_leaves_the_picture_of_the_posterior_as_it_was(space, monkeypatch):
    """After a search, marginals, bits and caption were of relatives of what had matched: V_reset went from 0.00 to 0.40 bits."""
    view, examined = SpendingView(workspace=space), space.current
    posterior = PosteriorView(workspace=space)
    space.stage = "Posterior"
    draws = Draws(
        estimator=examined.estimator, digest=examined.digest, target=tuple(examined.target.vector), n=60, seed=1
    )
    examined.take_samples(Prior().draw(60, 1), np.zeros(60), draws)
    bits, bars = posterior.marginals.gains.copy(), posterior.marginals.bars.data["top"].copy()
    on_cluster, fit = searching(examined, space.cards[examined.estimator], 600, [])
    monkeypatch.setattr(cluster_runs, "run_on_cluster", on_cluster)
    monkeypatch.setattr(spending_view, "fit", fit)
    asyncio.run(view._find())
    examined.add_circuits(Prior().draw(5, 2), np.zeros(5), "by hand")
    assert len(examined.configurations) == 68
    assert np.array_equal(posterior.marginals.gains, bits)
    assert np.array_equal(posterior.marginals.bars.data["top"], bars)
    assert posterior.caption.object.startswith(
        "60 circuits drawn by spectrum (bars; not among them: 3 that a search simulated and 5 that were added)"
    )
    assert list(dict.fromkeys(examined.provenance.origins(examined.configurations.index))) == [
        "drawn", "proposed by a search", "drawn near others", "added",
    ]  # fmt: skip


def test_a_second_search_finds_others(space, monkeypatch):
    view, examined = SpendingView(workspace=space), space.current
    on_cluster, fit = searching(examined, space.cards[examined.estimator], 600, [])
    seeds = []
    monkeypatch.setattr(cluster_runs, "run_on_cluster", on_cluster)

    def seeded(*_, seed, run_many, **given):
        seeds.append(seed)
        return replace(fit(run_many=run_many), runs=[run for _, run in run_many([])])

    monkeypatch.setattr(spending_view, "fit", seeded)
    asyncio.run(view._find())
    asyncio.run(view._find())
    assert seeds == [examined.seed, examined.seed + 1]
    assert [search.first for search in examined.provenance.searches] == [0, 3]
    assert examined.provenance.parents(range(6)) == [-1, 0, -1, -1, 3, -1]


def test_a_search_for_another_question_takes_the_place_of_circuits_that_answer_none_any_more(space):
    examined = space.current
    card, before = space.cards[examined.estimator], examined.generation
    examined.take_samples(Prior().draw(9, 1), np.zeros(9), Draws(estimator=card.name, target=(1.0, 2.0)))
    how = Asked.of(examined, 100, 1000)
    take_ensemble(examined, examined.target, card, ensemble(examined, card), how)
    assert len(examined.configurations) == 3
    assert examined.generation == before + 2
