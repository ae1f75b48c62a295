"""Bokeh's figures as a person meets them: waiting until they are there, finding them on the screen, dragging over them."""

from automind_dash.dashboard.state.stages import ACTS

PATIENCE = 180_000
"""ms; machines that run this are shared, and the first draw waits for torch. Alone on a machine, what is waited for comes in seconds."""

ACT_OF = {stage: act for act, stages in ACTS.items() for stage in stages}


def show_stage(page, name, timeout=PATIENCE):
    """Go to a stage as a person does: to its act, and there to its tab; an act of one stage has none."""
    act = ACT_OF[name]
    page.get_by_role("tab", name=act, exact=True).click(timeout=timeout)
    if len(ACTS[act]) > 1:
        page.get_by_role("tab", name=name, exact=True).click(timeout=timeout)


def open_rhythm(page, timeout=PATIENCE):
    """Open the example that does not burst: its runs are short."""
    page.get_by_role("combobox", name="Examples").click(timeout=timeout)
    page.get_by_role("option", name="beta rhythm").first.click(timeout=timeout)
    page.get_by_text("synthetic beta rhythm — ").first.wait_for(timeout=timeout)


VIEWS = """
    const views = [...Bokeh.index];
    for (let i = 0; i < views.length; i++) views.push(...(views[i].children ? views[i].children() : []));
    const shown = views.filter(v => v.model.type === 'Figure' && v.el.getBoundingClientRect().width > 0
        && v.el.checkVisibility({visibilityProperty: true})); // stages that were left keep their size
"""


def all_laid_out(page):
    """Wait until every figure in sight has been measured: one that was not is blank."""
    page.wait_for_function(
        "() => {"
        + VIEWS
        + "return shown.length > 3 && shown.every(v => !v.model.properties.inner_width.is_unset && v.model.inner_width > 10); }",
        timeout=PATIENCE,
    )


def painted(page):
    """Wait until the panels of the pair plot are laid out and hold their image of the circuits."""
    page.wait_for_function(
        "() => {"
        + VIEWS
        + """
            const panels = shown.filter(v => v.model.tags.length === 2);
            return panels.length > 0 && panels.every(v => v.frame.bbox.width > 10
                && v.model.renderers.some(r => r.data_source?.data.image && r.data_source.data.dw[0] > 0));
        }""",
        timeout=PATIENCE,
    )


def box_of(page, tags):
    """Return (left, top, width, height) in px of the frame of the figure with these tags, scrolled into sight and come to rest."""
    return page.evaluate(
        "async tags => {"
        + VIEWS
        + """
            const {el, frame} = shown.find(v => JSON.stringify(v.model.tags) === JSON.stringify(tags));
            el.scrollIntoView({block: 'center'});
            const a_while = () => new Promise(done => setTimeout(() => requestAnimationFrame(done), 700)); // the page lays out in turns
            for (let before = ''; ;) {
                const box = el.getBoundingClientRect();
                const found = [box.left + frame.bbox.left, box.top + frame.bbox.top, frame.bbox.width, frame.bbox.height];
                if (before === (before = found.join())) return found;
                await a_while();
            }
        }""",
        tags,
    )


def drag(page, box, start, end):
    """Drag with the mouse over a box, from one place to another, (x, y) each, in shares of its width and height."""
    left, top, width, height = box
    at = [(left + x * width, top + y * height) for x, y in (start, end)]
    middle = [(a + b) / 2 for a, b in zip(*at, strict=True)]
    page.mouse.move(*at[0])
    page.mouse.down()
    page.mouse.move(*middle, steps=4)
    page.mouse.move(*at[1], steps=4)
    page.mouse.up()
