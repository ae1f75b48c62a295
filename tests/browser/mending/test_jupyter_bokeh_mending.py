"""Whether jupyter_bokeh's own view, run in a page with a stand-in for JupyterLab, sends back to the kernel what the kernel sent."""

import json
import sys
from pathlib import Path

import bokeh
import pytest
from bokeh.document import Document
from bokeh.embed.util import standalone_docs_json_and_render_items
from bokeh.models import Spacer

from automind_dash.dashboard.mending.notebook import SCRIPT

BOKEH = Path(bokeh.__file__).parent / "server" / "static" / "js" / "bokeh.min.js"
EXTENSION = Path(sys.prefix) / "share/jupyter/labextensions/@bokeh/jupyter_bokeh/static"

STAND_IN = """
// loads the extension's chunk without JupyterLab: its own modules as they are, all else as empty as it may be
() => {
  class View {
    constructor(options) { this.model = options.model; this.el = options.el; this.sent = []; }
    listenTo(model, name, heard) { this.heard = heard; }
    send(message) { this.sent.push(message); }
  }
  const empty = {DOMWidgetModel: class {}, DOMWidgetView: View, Widget: class {}, DisposableDelegate: class {}};
  const modules = Object.assign({}, ...window.webpackChunk_bokeh_jupyter_bokeh.map(chunk => chunk[1]));
  const load = id => {
    if (!(id in modules)) return empty;
    const module = {exports: {}};
    modules[id](module, module.exports, load);
    return module.exports;
  };
  load.r = () => {};
  load.n = module => () => module;
  load.d = (exports, getters) => {
    for (const [name, get] of Object.entries(getters)) Object.defineProperty(exports, name, {get});
  };
  for (const id in modules) {
    if (!modules[id].toString().includes("BokehView")) continue;
    const {BokehView} = load(id);
    const el = document.body.appendChild(document.createElement("div"));
    const widget = {get: name => name == "render_bundle" ? window.bundle : false, on() {}, widget_manager: {}};
    window.view = new BokehView({model: widget, el});
    view.render();
    return true;
  }
  return false;
}
"""


@pytest.fixture
def view(browser):
    """Return a function that opens jupyter_bokeh's view of a model, mended or not; gives the page and the model's id."""
    chunks = [file for file in EXTENSION.glob("*.js") if "BokehView" in file.read_text(encoding="utf-8")]
    if not chunks:
        pytest.skip("jupyter_bokeh is not installed.")
    shown, document = Spacer(name="at first"), Document()
    document.add_root(shown)
    (docs, [item]) = standalone_docs_json_and_render_items([shown])
    bundle = {"docs_json": docs, "render_items": [item.to_json()], "div": '<div class="bk-root"></div>'}
    page = browser.new_page()

    def opened(mended):
        page.add_script_tag(path=BOKEH)
        if mended:
            page.add_script_tag(path=SCRIPT)
        page.evaluate("bundle => { window.bundle = bundle; }", json.dumps(bundle))
        page.evaluate("() => { window.webpackChunk_bokeh_jupyter_bokeh = []; }")
        for chunk in chunks:
            page.add_script_tag(path=chunk)
        assert page.evaluate(STAND_IN)
        return page, shown.id

    yield opened
    page.close()


def changed_by_kernel(page, model, text):
    """Hand the view a change of the kernel's, as it hears of one; return what it sends to the kernel."""
    content = json.dumps({"events": [{"kind": "ModelChanged", "model": {"id": model}, "attr": "name", "new": text}]})
    for part in ("{}", "{}", content):
        page.evaluate("payload => view.heard({msg: 'patch', payload})", part)
    return page.evaluate("() => view.sent.splice(0).filter(sent => sent.attr == 'name').map(sent => sent.new)")


def changed_by_user(page, model, text):
    """Change a property as the browser's own side does; return what is sent to the kernel."""
    page.evaluate("([id, text]) => { view._document.get_model_by_id(id).name = text; }", [model, text])
    return page.evaluate("() => view.sent.splice(0).filter(sent => sent.attr == 'name').map(sent => sent.new)")


def test_only_what_the_browser_changes_itself_goes_to_the_kernel(view):
    page, model = view(mended=True)
    assert changed_by_kernel(page, model, "of the kernel") == []
    assert page.evaluate("id => view._document.get_model_by_id(id).name", model) == "of the kernel"
    assert changed_by_user(page, model, "of the user") == ["of the user"]


def test_the_mending_of_the_echo_is_still_needed(view):
    """When this fails jupyter_bokeh keeps back what came from the kernel, and jupyter_bokeh_mending.js can go."""
    page, model = view(mended=False)
    assert changed_by_kernel(page, model, "of the kernel") == ["of the kernel"]
