"""The labels of clusters in a Phy folder, by a sorter, by a program that judges its work, and by a curator."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SORTER, JUDGED, CURATED = range(3)
"""Who gave a label: the later overrules the earlier, cluster by cluster."""

RANKS = {
    "kslabel": SORTER,
    "ks_label": SORTER,
    "group": CURATED,
    "groups": CURATED,
    "quality": JUDGED,
    "unit_quality": JUDGED,
    "bc_unittype": JUDGED,
    "unittype": JUDGED,
    "unit_type": JUDGED,
    "label": JUDGED,
    "labels": JUDGED,
    "decoder_label": JUDGED,
    "prediction": JUDGED,
    "curation": CURATED,
    "status": JUDGED,
}
"""Columns of labels by their name in lower case."""

LABEL_FILES = ("cluster*", "*metrics*", "*quality*", "*labels*")

IDS = ("cluster_id", "id", "cluster", "unit_id", "unit")
UNSORTED = "unsorted"
"""Phy's name for a cluster without a label."""

MOST_LABELS = 12
"""Most different words in a column of labels. A column with more words holds something else."""

MAX_BYTES = 2**26
"""A line for each of 100 000 clusters takes a tenth."""


@dataclass(frozen=True)
class Labels:
    """by_cluster: a label for each cluster that has one; sources: where labels stood that were used, "file, column"."""

    by_cluster: dict[str, str]
    sources: tuple[str, ...]


def labels_in(folder: Path) -> Labels:
    """Return the label of each cluster from every cluster_*.tsv and .csv: the curator's before a program's before the sorter's."""
    best: dict[str, tuple[int, str, str]] = {}
    for rank, source, cluster, label in sorted(_entries(folder), key=lambda entry: entry[0]):
        best[cluster] = (rank, label, source)
    used = sorted({(rank, source) for rank, _, source in best.values()}, reverse=True)
    return Labels({cluster: label for cluster, (_, label, _) in best.items()}, tuple(source for _, source in used))


def _entries(folder: Path) -> Iterator[tuple[int, str, str, str]]:
    """Yield rank, "file, column", cluster and label of each cell that holds a label."""
    paths = sorted({path for pattern in LABEL_FILES for path in folder.glob(pattern)})
    files = [path for path in paths if path.suffix.lower() in (".tsv", ".csv", ".txt")]
    # of two files of one rank the .tsv is the one that Phy writes now, and cluster_group the one that it writes first
    for path in sorted(files, key=lambda item: (item.suffix.lower() == ".tsv", item.stem == "cluster_group")):
        if not path.is_file() or path.stat().st_size > MAX_BYTES:
            continue
        text = path.read_text(encoding="utf-8-sig", errors="replace")
        first = text.partition("\n")[0]
        rows = list(csv.reader(text.splitlines(), delimiter="\t" if "\t" in first else ";" if ";" in first else ","))
        if len(rows) < 2:
            continue
        header = [name.strip() for name in rows[0]]
        id_column = next((i for i, name in enumerate(header) if name.lower() in IDS), 0)
        of_groups = path.stem in ("cluster_group", "cluster_groups")
        for column, name in enumerate(header):
            rank = RANKS.get(name.lower(), CURATED if of_groups and len(header) == 2 else None)
            cells = [
                (row[id_column].strip(), row[column].strip().lower())
                for row in rows[1:]
                if len(row) > max(column, id_column)
            ]
            cells = [(cluster, label) for cluster, label in cells if label not in ("", "nan", "none", UNSORTED)]
            if column == id_column or rank is None or len({label for _, label in cells}) > MOST_LABELS:
                continue
            for cluster, label in cells:
                yield rank, f"{path.name}, column {name}", cluster.removesuffix(".0"), label
