"""Spike lists: CSV, TSV and Parquet tables with a column of times and a column of units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..facts.assembly import Found, numbered
from ..facts.quality_words import UNSORTED, as_group
from ..facts.time_units import unit_in_name
from ..facts.timing import Stated
from ..files.archive import PACKED
from ..files.start import Start
from ..formats.format import READABLE
from ..questions import Questions
from ..recording import MAX_SPIKES
from ..report import Fact
from .channels_of_units import counted_anew
from .columns import Columns, choose_columns, distinct
from .layouts import LIST, ROWS, layout_of, names_in_a_line, trains_in_rows
from .lists_in_cells import holds_lists, trains_in_cells
from .table_values import numeric, read_columns
from .text_table import TextTable, sniff
from .wide_table import MOST_COLUMNS, read_one_line, read_rows, read_wide, stated_in, trains_found

if TYPE_CHECKING:
    import pandas as pd

BINARY = (".nwb", ".h5", ".hdf5", ".mat", ".npz", ".npy", ".parquet", ".pqt", *sorted(PACKED))
"""Extensions that no text has."""

SAMPLE_ROWS = 200
"""Rows that the kind of each column is judged by."""


@dataclass(frozen=True)
class _Table:
    """The used parts of a table: times and labels by row."""

    times: Any
    labels: Any
    wells: Any
    trials: Any
    populations: Any
    channels: Any
    qualities: Any
    chosen: Columns

    @classmethod
    def of(cls, frame: Any, chosen: Columns, names: Sequence[Any] | None = None) -> _Table:
        """Take the chosen columns from a data frame, whose columns are numbers, or go by these names."""

        def column(number: int | None) -> Any:
            return None if number is None else frame[number if names is None else names[number]]

        return cls(
            times=column(chosen.time),
            labels=column(chosen.unit),
            wells=column(chosen.well),
            trials=column(chosen.trial),
            populations=column(chosen.population),
            channels=column(chosen.channel),
            qualities=column(chosen.quality),
            chosen=chosen,
        )


def is_parquet(start: Start) -> bool:
    """Return whether the file begins as a Parquet table."""
    return start.head.startswith(b"PAR1")


def is_text(start: Start) -> bool:
    """Return whether the file is text. `read_text` then finds a table in it or says what is wrong."""
    return start.text is not None


def read_text(start: Start, questions: Questions) -> Found:
    """Return the spikes of a text table in any layout; asks which column is which where the names leave it open.

    Raises RecordingError for text that is no table, and for rows that hold no number where a time belongs.
    """
    if questions.answer("layout") in (None, ROWS) and (rows := trains_in_rows(start)):
        return read_rows(start, rows, questions)
    if names := names_in_a_line(start):
        return read_one_line(start, names, questions)
    try:
        table = sniff(start)
    except RecordingError as error:
        if start.suffix not in BINARY:
            raise
        raise RecordingError(
            f"{start.file}: its name ends in {start.suffix} but its content is something else; export it again, or give {READABLE}."
        ) from error
    layout = layout_of(table, questions)
    found = read_list(start, table, questions) if layout == LIST else read_wide(start, table, layout, questions)
    above = [f"{len(table.preamble)} lines before the table"] if table.preamble else []
    below = [f"what stands under the spikes, from {table.footer!r} on"] if table.footer else []
    return replace(found, left_out=(*found.left_out, *above, *below))


def read_list(start: Start, table: TextTable, questions: Questions) -> Found:
    """Return the spikes of a table with a row for each. Raises RecordingError for one that is too wide to be such a table."""
    if (width := max(map(len, (table.names, *table.rows)))) > MOST_COLUMNS:
        raise RecordingError(
            f"{questions.file}: it has {width} columns. They are no trains of units, since their numbers do not rise, and no raster of "
            "counts; give a table with a time and a unit in each row."
        )
    sample = read_columns(start.path, table, None, rows=SAMPLE_ROWS)
    names = table.names or _numbers(sample)
    chosen = choose_columns(names, sample, questions)
    frame = read_columns(start.path, table, sorted({chosen.time, *chosen.labels()}), labels=chosen.labels())
    unit_word = table.units_row[chosen.time] if chosen.time < len(table.units_row) else ""
    stated = stated_in(table.preamble, (f"t [{unit_word.strip('[]() ')}]",) if unit_word else (chosen.time_name,))
    if holds_lists(sample.iloc[:, chosen.time]):
        trains = trains_in_cells(frame[chosen.time], chosen.time_name, questions.file)
        labels = [str(label) for label in frame[chosen.unit]]
        return trains_found(trains, distinct(labels), stated, "a list in each unit's row", questions)
    if {"timestamps", "node_ids"} <= {name.strip().lower() for name in names}:
        stated = replace(stated, unit="ms")  # SONATA's text form, whose times are ms by its specification
    return _found(_Table.of(frame, chosen), names, stated, questions)


def read_parquet(start: Start, questions: Questions) -> Found:
    """Return the spikes of a Parquet table; only the columns that are needed are read."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    # a text that many rows share is held once
    schema = parquet.read_schema(start.path)
    shared = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]
    with parquet.ParquetFile(start.path, read_dictionary=shared) as file:
        if file.metadata.num_rows > MAX_SPIKES:
            raise RecordingError(f"{questions.file}: {file.metadata.num_rows} rows; at most {MAX_SPIKES} can be held.")
        names = list(file.schema_arrow.names)
        batch = next(file.iter_batches(batch_size=SAMPLE_ROWS), None)
        sample = (
            batch.to_pandas(ignore_metadata=True) if batch is not None else file.schema_arrow.empty_table().to_pandas()
        )
        sample = sample[names].apply(_plain_times)
        sample.columns = range(len(names))
        chosen = choose_columns(names, sample, questions)
        frame = file.read(columns=list(dict.fromkeys(names[i] for i in (chosen.time, *chosen.labels()))))
    frame = frame.to_pandas(ignore_metadata=True)
    name = names[chosen.time]
    unit = "s" if pa.types.is_temporal(schema.field(chosen.time).type) else unit_in_name(chosen.time_name)
    if pa.types.is_list(schema.field(chosen.time).type) or pa.types.is_large_list(schema.field(chosen.time).type):
        trains = [np.asarray(train, dtype=np.float64) for train in frame[name]]
        labels = distinct([str(label) for label in frame[names[chosen.unit]]])
        return trains_found(trains, labels, Stated(unit=unit), "a list in each unit's row", questions)
    frame[name] = _plain_times(frame[name])
    return _found(_Table.of(frame, chosen, names), names, Stated(unit=unit), questions)


def _plain_times(values: Any) -> Any:
    """Return dates and differences of time as s, other columns as they are."""
    if values.dtype.kind not in "mM":
        return values
    import pandas as pd

    return (
        values / np.timedelta64(1, "s")
        if values.dtype.kind == "m"
        else (values - pd.Timestamp(0)) / np.timedelta64(1, "s")
    )


def read_records(records: list[dict[str, Any]], questions: Questions) -> Found:
    """Return the spikes of a list of them, each a dict of plain values with the same keys."""
    import pandas as pd

    return read_frame(pd.DataFrame.from_records(records), questions)


def read_frame(frame: pd.DataFrame, questions: Questions) -> Found:
    """Return the spikes of a data frame with a row for each; asks which column is which where their names leave it open."""
    import pandas as pd

    names = [str(name) for name in frame.columns]
    frame.columns = pd.RangeIndex(len(names))
    chosen = choose_columns(names, frame.head(SAMPLE_ROWS), questions)
    return _found(_Table.of(frame, chosen), names, Stated(unit=unit_in_name(chosen.time_name)), questions)


def _numbers(sample: pd.DataFrame) -> list[str]:
    return [str(i + 1) for i in range(sample.shape[1])]


def _found(table: _Table, names: list[str], stated: Stated, questions: Questions) -> Found:
    """Return the spikes of the rows that hold any."""
    times = numeric(table.times, table.chosen.time_name, questions.file)
    others = {"well": table.wells, "trial": table.trials, "population": table.populations, "channel": table.channels}
    columns = {table.chosen.unit_name: table.labels} | {
        key: values for key, values in others.items() if values is not None
    }
    missing = np.any([values.isna().to_numpy() for values in columns.values()], axis=0)
    empty = missing & np.isnan(times) if times.dtype.kind == "f" else np.zeros(len(times), dtype=bool)
    if (missing & ~empty).any():
        row = int(np.flatnonzero(missing & ~empty)[0])
        name = next(name for name, values in columns.items() if values.isna().iloc[row])
        raise RecordingError(
            f"{questions.file}: {int((missing & ~empty).sum())} rows have no value in column {name!r} (the first is row {row + 1}); "
            "give every spike its unit, or choose another unit_column."
        )
    kept = ~empty
    units, unit_names = numbered(table.labels[kept].array)
    wells: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    left_out: list[str] = []
    where = f"column {table.chosen.unit_name!r}"
    if table.channels is not None and table.chosen.pair:
        codes, channels = numbered(table.channels[kept].array)
        if counted_anew(codes, units, table.chosen.pair, questions):
            units, unit_names, _ = _by_well(units, unit_names, codes, channels)
            where = "columns {!r} and {!r}".format(*table.chosen.pair)
    if table.populations is not None:
        codes, populations = numbered(table.populations[kept].array)
        if len(populations) > 1:  # node 3 of one population is another unit than node 3 of the next
            units, unit_names, groups = _by_well(units, unit_names, codes, populations)
    if table.wells is not None:
        units, unit_names, wells = _by_well(units, unit_names, *numbered(table.wells[kept].array))
        groups = ()
    if table.qualities is not None and not groups:
        groups, said = _quality(table.qualities[kept], units, unit_names)
        left_out += [] if groups else [said]
    trials, trial_names = (None, ()) if table.trials is None else numbered(table.trials[kept].array)
    used = {table.chosen.time, *table.chosen.labels()}
    unused = [name.strip() for i, name in enumerate(names) if i not in used and name.strip() and not name.isdigit()]
    return Found(
        times[kept],
        units,
        unit_names,
        stated=stated,
        wells=wells,
        unit_groups=groups,
        curated=table.populations is None or not groups,
        trials=trials,
        trial_names=trial_names,
        facts=(
            Fact("times", f"{int(kept.sum())} spikes", f"column {table.chosen.time_name!r}"),
            Fact("units", f"{len(unit_names)} units", where),
            *([Fact("unit of times", stated.unit, "its name, or the lines above")] if stated.unit else []),
        ),
        left_out=(*left_out, *((f"columns {', '.join(unused)}",) if unused else ())),
    )


def _quality(labels: Any, units: NDArray[np.int64], names: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """Return the label of each unit; nothing, and a sentence, where spikes of one unit have different labels.

    labels: of each spike, as a pandas Series; units: of each spike
    """
    codes, words = labels.fillna("").astype(str).map(as_group).factorize()
    label = np.full(len(names), -1)
    label[units] = codes
    if (label[units] != codes).any():
        return (), "labels of spikes, which differ among the spikes of a unit"
    return tuple(words[code] if code >= 0 else UNSORTED for code in label), ""


def _by_well(
    units: NDArray[np.int64], names: tuple[str, ...], wells: NDArray[np.int64], well_names: tuple[str, ...]
) -> tuple[NDArray[np.int64], tuple[str, ...], tuple[str, ...]]:
    """Return each spike's unit, a name and the well of each unit: those of one name in two wells are two."""
    pairs, number = np.unique(wells * len(names) + units, return_inverse=True)
    where = [divmod(int(pair), len(names)) for pair in pairs]
    return number, tuple(f"{well_names[w]}_{names[u]}" for w, u in where), tuple(well_names[w] for w, _ in where)
