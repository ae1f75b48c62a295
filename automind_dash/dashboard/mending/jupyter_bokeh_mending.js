// jupyter_bokeh 4.1 sends every change that the kernel made back to the kernel. Where the kernel has moved on meanwhile it takes its own old
// value for a choice of the user's: a choice that is no longer offered raises, and a value that is converted on its way to the browser is
// converted again and again, each time longer, for ever. Bokeh marks such changes (`sync` is false), and its own connection keeps them back,
// as is done here.
(function mend() {
  if (window.Bokeh == null) return void setTimeout(mend, 10); // Panel's scripts are loading
  const {Document} = Bokeh.require("document");
  if (Document.prototype.automind_keeps_back) return;
  Document.prototype.automind_keeps_back = true;
  const tell = Document.prototype._trigger_on_change;
  Document.prototype._trigger_on_change = function (event) {
    if (event.events == null) return void (event.sync && tell.call(this, event));
    const own = event.events.filter(({sync}) => sync);
    if (own.length == event.events.length) tell.call(this, event);
    else for (const one of own) tell.call(this, one);
  };
})();
