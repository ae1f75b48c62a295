"""Every export holds what it says, opens with the tool it is for, and says why when it cannot be made."""

import ast
import asyncio
import html
import io
import json
import re
import xml.etree.ElementTree as ElementTree
import zipfile
from dataclasses import replace
from html.parser import HTMLParser

import h5py
import numpy as np
import pandas as pd
import pytest

from automind_dash.circuit import simulate
from automind_dash.circuit.parameters import HIGH, LOW, NAMES
from automind_dash.circuit.perturbation import Change, Perturbation
from automind_dash.dashboard.files import exports
from automind_dash.dashboard.files.exports import EXPORTS
from automind_dash.dashboard.files.report import report_html
from automind_dash.dashboard.frame.configurations_view import ConfigurationsView
from automind_dash.dashboard.stages.simulate.yield_meter import YieldMeter
from automind_dash.dashboard.state.examined import Examined
from automind_dash.errors import SessionError
from automind_dash.inference.asking.perturbed import PerturbedRuns, response_features
from automind_dash.inference.asking.provenance import Draws, Search
from automind_dash.inference.asking.simulated import Simulated
from automind_dash.recording import read_recording
from tests.dashboard.made_up import bursting, workspace

THETA = LOW + np.random.default_rng(0).random((5, len(NAMES))) * (HIGH - LOW)


@pytest.fixture
def space():
    space = workspace()
    asyncio.run(space.add(bursting("<b>culture</b>")))
    examined = space.current
    examined.take_samples(
        THETA, np.arange(5.0), Draws(estimator="bursts", seed=3, target=tuple(examined.target.vector))
    )
    recording = simulate(THETA[2], 1.5, n_neurons=200, seed=5, record="all")
    run = Simulated(THETA[2], 5, "active", examined.target.vector + 0.01, {}, recording)
    examined.take_simulations({2: run}, space.cards["bursts"])
    examined.kept = {"mine": [2, 4]}
    return space


def made(space, label, numbers=(0, 1, 2, 3, 4)):
    return EXPORTS[label].make(space.current, space.cards["bursts"], list(numbers))


def test_tables(space):
    csv = pd.read_csv(io.BytesIO(made(space, "CSV", [1, 2])))
    parquet = pd.read_parquet(io.BytesIO(made(space, "Parquet", [1, 2])))
    whole = json.loads(made(space, "JSON", [1, 2]))
    records = pd.DataFrame(whole["circuits"])
    assert csv["params_Epop.tau_w (ms)"].notna().all(), "headings say the units"
    assert parquet.attrs["units"]["params_Epop.tau_w"] == whole["units"]["params_Epop.tau_w"] == "ms"
    csv = csv.rename(columns=lambda name: name.partition(" (")[0])
    for table in (csv, parquet, records):
        assert table["circuit"].tolist() == [1, 2]
        np.testing.assert_allclose(table[list(NAMES)].to_numpy(float), THETA[[1, 2]], rtol=1e-9)
        assert table["state"].fillna("").tolist() == ["", "consistent"]
    assert whole["provenance"]["draws"]["seed"] == 3
    assert records["distance"].isna().tolist() == [True, False]


def test_netcdf_holds_posterior_and_predictive(space):
    with h5py.File(io.BytesIO(made(space, "ArviZ (NetCDF)"))) as file:
        assert file["posterior/E_tau_w"].shape == (1, 5)
        assert file["posterior_predictive/features"].shape[:2] == (1, 1)


def test_runs_as_nwb(space, tmp_path):
    with zipfile.ZipFile(io.BytesIO(made(space, "simulated runs (NWB)"))) as archive:
        assert archive.namelist() == ["circuit-2.nwb"]
        archive.extractall(tmp_path)
    again = read_recording(tmp_path / "circuit-2.nwb")
    assert again.n_units == 200
    assert again.n_spikes == space.current.simulations[2].recording.n_spikes
    with pytest.raises(SessionError, match="None of these circuits has been simulated"):
        made(space, "simulated runs (NWB)", [0])


def test_scripts_are_python_that_needs_nothing_of_this_package(space):
    with zipfile.ZipFile(io.BytesIO(made(space, "brian2 scripts", [0, 2]))) as archive:
        assert archive.namelist() == ["circuit_0.py", "circuit_2.py"]
        text = archive.read("circuit_2.py").decode()
    tree = ast.parse(text)
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert not any("automind" in name for name in imported)
    assert repr(float(THETA[2, 0])) in text


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.sources, self.text = [], [], ""

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.sources += [value for name, value in attributes if name in ("src", "href")]

    def handle_data(self, data):
        self.text += data


def test_report(space):
    page = made(space, "report (HTML)").decode()
    reader = Reader()
    reader.feed(page)
    assert "b" not in reader.tags  # the recording's name is shown, not rendered
    assert "<b>culture</b>" in reader.text
    assert not reader.sources  # nothing is fetched
    for said in (
        "Methods",
        "Yield 1/1 (",
        "Versions and provenance",
        "τ_w (ms)",
        "brian2",
    ):
        assert said in reader.text
    assert reader.text.index("This model makes this recording.") < reader.text.index("The recording")
    assert "10.1101/2024.08.21.608969" in reader.text
    assert reader.tags.count("figure") == reader.tags.count("svg") == 5
    assert "script" not in reader.tags
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_report_prints_no_python(space):
    """It printed a dictionary of the draws."""
    page = html.unescape(made(space, "report (HTML)").decode())
    assert not re.search(r"\{'|': |None|nan\b|np\.", re.sub(r"<(svg|style).*?</\1>", "", page, flags=re.S))


def test_the_report_tells_of_experiments_and_other_recordings(space):
    examined, card = space.current, space.cards["bursts"]
    rng = np.random.default_rng(0)
    n, k = 5, len(response_features(card))
    features = rng.uniform(4, 6, (n, 2, 2, k))
    runs = PerturbedRuns(
        Perturbation("Block <inhibition>", (Change("params_Epop.Q_gi", "set", 0.0),)), np.arange(n), THETA, features, np.full((n, 2, 2),
        "active", "U12"),
        np.zeros((n, 2), dtype=np.int64), "bursts", 10.0,
    )  # fmt: skip
    examined.experiments = {"Block <inhibition>": runs}
    many = LOW + rng.random((30, len(NAMES))) * (HIGH - LOW)
    told = Draws(estimator="bursts", seed=3, target=tuple(examined.target.vector))
    examined.take_samples(many, np.zeros(30), told)
    examined.experiments = {"Block <inhibition>": runs}
    other = Examined(bursting("another"), estimator="bursts")
    other.take_samples(many * 0.9 + 0.1 * HIGH, np.zeros(30), replace(told, target=()))
    page = report_html(examined, card, [other])
    assert "<h3>Block &lt;inhibition&gt;</h3>" in page
    assert "<h3>another (30 draws)</h3>" in page


def test_figure_one_as_files(space):
    with zipfile.ZipFile(io.BytesIO(made(space, "Figure 1 (SVG, PDF, PNG)"))) as files:
        assert set(files.namelist()) == {"figure-1.svg", "figure-1.pdf", "figure-1.png", "caption.txt"}
        caption = files.read("caption.txt").decode()
        assert "n = 5 draws of the posterior" in caption
        assert "1 of 1 simulated draws match the recording" in caption
        assert caption in ElementTree.fromstring(files.read("figure-1.svg")).itertext()


def test_report_before_anything_was_drawn(space):
    space.current.take_samples(THETA[:0], np.empty(0), Draws())
    assert "No circuits have been drawn yet" in made(space, "report (HTML)", []).replace(b"\n", b" ").decode()


def test_the_button_exports_what_is_selected(space):
    view = ConfigurationsView(workspace=space)
    assert view.download.label == "Export (all)"
    space.current.selection = [1, 3]
    assert view.download.label == "Export (2)"
    assert pd.read_csv(io.BytesIO(view._file()))["circuit"].tolist() == [1, 3]
    view.format.value = "report (HTML)"
    assert (view.download.label, view.download.filename) == ("Export", "b_culture_b-report.html")


def test_what_cannot_be_made_is_told_and_nothing_is_sent(space, monkeypatch):
    said = []
    monkeypatch.setattr("automind_dash.dashboard.widgets.download.report", lambda error: said.append(str(error)))
    view = ConfigurationsView(workspace=space)
    view.format.value = "simulated runs (NWB)"
    space.current.selection = [0]
    asyncio.run(view.download._async_sync_data())
    assert "None of these circuits" in said[0]
    assert view.download.data is None
    space.current.selection = [2]
    asyncio.run(view.download._async_sync_data())
    assert view.download.data.startswith("data:")


def test_more_circuits_than_one_download_takes_are_not_cut_in_silence(space, monkeypatch):
    monkeypatch.setattr(exports, "MAX_SCRIPTS", 3)
    with pytest.raises(SessionError, match="5 circuits; 3 scripts at most"):
        made(space, "brian2 scripts")


def test_scripts_are_of_the_estimators_network(space):
    card = space.cards["bursts"]
    small = replace(card, plan=replace(card.plan, n_neurons=150))
    with zipfile.ZipFile(io.BytesIO(EXPORTS["brian2 scripts"].make(space.current, small, [2]))) as files:
        script = files.read("circuit_2.py").decode()
    assert re.search(r"neurons.*default=150", script)


def test_the_report_tells_how_long_circuits_were_run(space):
    """It told how long the estimator's training simulations were."""
    run = space.current.simulations[2]
    longer = replace(run.recording, provenance={**run.recording.provenance, "asked_s": 8.0})
    space.current.simulations[2] = replace(run, recording=longer)
    page = made(space, "report (HTML)").decode()
    assert "Simulated circuits ran for 6 s after 2 s of warm-up" in page
    assert "labelled" not in page, "nobody labelled its units"


def test_netcdf_is_refused_where_the_recording_is_measured_otherwise_than_it_was_drawn_for(space):
    """What was observed was that of today's window, not what the posterior is conditioned on."""
    examined = space.current
    asyncio.run(space.reanalyse(examined, replace(examined.settings, start=5.0)))
    with pytest.raises(SessionError, match="drawn for another window"):
        made(space, "ArviZ (NetCDF)")


def test_the_report_and_the_page_tell_the_same_yield(space):
    """The page said 1 of 4 and 8 besides, the report 9 of 12."""
    examined, card = space.current, space.cards["bursts"]
    vector = examined.target.vector
    runs = {n: Simulated(THETA[n], n, "active", vector + (0.0 if n == 1 else 9.0)) for n in (0, 1, 3, 4)}
    examined.simulations = {}
    examined.take_simulations(runs, card)
    search = Search(estimator="bursts", target=tuple(vector), simulated=3, parents=(-1, 0, 0), drawn_near=(2, 2))
    found = examined.take_search(THETA[:3], np.zeros(3), search)
    added = examined.add_circuits(THETA[:1], np.zeros(1), "by hand")
    examined.take_simulations({n: Simulated(THETA[0], n, "active", vector) for n in (*found, *added)}, card)
    meter = YieldMeter(workspace=space)
    space.stage = "Simulate"
    meter.redraw()
    said = meter.text.object.split("\n")[:2]
    assert said[0].startswith("Yield 2/5 (")
    assert said[1] == "Besides, 3 of 3 that a search found and 1 of 1 that were added are consistent."
    assert " ".join(said) in html.unescape(report_html(examined, card))
