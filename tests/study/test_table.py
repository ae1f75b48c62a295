"""Studies from tables as people write them, folders and plates; what each column is."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automind_dash.errors import StudyError
from automind_dash.study.opening.file_names import metadata_of
from automind_dash.study.opening.plates import read_plate_map, standard_well
from automind_dash.study.opening.reading import read_study
from automind_dash.study.opening.roles import ask_roles, levels, roles_of, suspicious, unit_of, word_of
from automind_dash.study.opening.spreadsheet import read_spreadsheet
from automind_dash.study.opening.table import corrected


def files(folder, *names):
    for name in names:
        (folder / name).write_bytes(b"x")


def table(folder, text, name="study.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_table_of_files_with_their_metadata(tmp_path):
    files(tmp_path, "a.h5", "b.h5")
    study = read_study(table(tmp_path, "file,age,treatment\na.h5,7,none\nb.h5,14,KN62\n"))
    assert len(study) == 2
    assert study.rows["age"].tolist() == [7, 14]
    assert study.rows["treatment"].tolist() == ["none", "KN62"]
    assert study.files[2] == tmp_path / "b.h5"
    assert study.problems == ()
    assert study.name(1) == "a"


def test_each_bad_row_is_named_and_the_rest_goes_on(tmp_path):
    files(tmp_path, "a.h5", "b.h5", "c.h5")
    study = read_study(table(tmp_path, "file,age\na.h5,7\nbb.h5,14\na.h5,21\n,3\nb.h5,1o\nc.h5,28\n"))
    assert list(study.rows.index) == [1, 5, 6]
    said = " ".join(study.problems)
    assert "Row 2: there is no file bb.h5" in said
    assert "Row 3 names a.h5 again, like row 1" in said
    assert "Row 4 names no file" in said
    assert "Row 5: age is '1o', which is not a number" in said
    assert np.isnan(study.rows.loc[5, "age"])


def test_a_misspelt_file_is_guessed(tmp_path):
    files(tmp_path, "culture_DIV07.h5")
    with pytest.raises(StudyError, match=r"Is it culture_DIV07\.h5\?"):
        read_study(table(tmp_path, "file\nculture_DIV7.h5\n"))


def test_semicolons_decimal_commas_byte_order_marks_and_latin_letters(tmp_path):
    files(tmp_path, "a.h5", "b.h5")
    study = read_study(table(tmp_path, "\ufefffile;age;región\na.h5;7,5;sí\nb.h5;14;sí\n".encode("utf-8")))
    assert study.rows["age"].tolist() == [7.5, 14]
    latin = read_study(table(tmp_path, "file;age;región\na.h5;7;sí\n".encode("latin-1"), "latin.csv"))
    assert "región" in latin.columns


def test_spellings_of_one_word_are_one(tmp_path):
    files(tmp_path, "a.h5", "b.h5", "c.h5")
    study = read_study(table(tmp_path, "file,treatment\na.h5,KN62\nb.h5,kn62\nc.h5,KN62 \n"))
    assert study.rows["treatment"].unique().tolist() == ["KN62"]
    assert "Row 2: treatment is written 'kn62', elsewhere 'KN62'" in study.problems[0]


def test_parquet_and_columns_that_answer_a_file(tmp_path):
    files(tmp_path, "a.csv")
    frame = pd.DataFrame(
        {"path": ["a.csv", "a.csv"], "well": ["A1", "B2"], "sampling_rate": [30000, 30000], "drug": ["x", None]}
    )
    frame.to_parquet(tmp_path / "study.parquet")
    study = read_study(tmp_path / "study.parquet")
    assert study.answers == {1: {"well": "A1", "sampling_rate": 30000.0}, 2: {"well": "B2", "sampling_rate": 30000.0}}
    assert study.columns == ("well", "drug")
    assert study.name(2) == "a B2"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"a,b\n1,2\n", "no column of files"),
        (b"file,a,a\nx,1,2\n", "called 'a'"),
        (b"file,a\n", "no rows"),
        (b"file,a\nx.h5,1,2,3\n", "row 1"),
        (b"\x00\x01\x02", "not text"),
    ],
)
def test_a_table_that_is_none_says_why(tmp_path, content, says):
    with pytest.raises(StudyError, match=says):
        read_study(table(tmp_path, content))


def test_files_outside_the_folder_are_refused_where_the_table_is_a_strangers(tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    files(tmp_path, "secret.h5")
    files(inside, "a.h5")
    path = table(inside, f"file\na.h5\n../secret.h5\n{tmp_path / 'secret.h5'}\n")
    assert len(read_study(path)) == 3 - 1  # the secret once, named twice
    study = read_study(path, only_within=inside)
    assert list(study.rows.index) == [1]
    assert sum("outside the study's folder" in one for one in study.problems) == 2


def test_corrections_become_the_metadata(tmp_path):
    files(tmp_path, "a.h5", "b.h5")
    study = corrected(read_study(table(tmp_path, "file,age\na.h5,7\nb.h5,1o\n")), {2: {"age": 10}})
    assert study.rows["age"].tolist() == [7, 10]
    with pytest.raises(StudyError, match="no row 9"):
        corrected(study, {9: {"age": 1}})


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_a_sentence(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "study.csv"
    path.write_bytes(content)
    try:
        frame = read_spreadsheet(path)
    except StudyError:
        return
    assert len(frame)


def test_names_of_files_tell_ages_cultures_and_treatments():
    found = metadata_of(
        [
            "CTX_DIV07_TC01",
            "CTX_DIV10_TC01",
            "CTX_DIV17_KN62_TC01",
            "CTX_DIV07_TC04",
            "CTX_DIV10_TC04",
            "CTX_DIV17_KN62_TC04",
        ]
    )
    assert found["age_div"].tolist() == ["07", "10", "17"] * 2
    assert found["tc"].tolist() == ["01"] * 3 + ["04"] * 3
    assert found["KN62"].tolist() == ["no", "no", "yes"] * 2
    assert "CTX" not in found


def test_words_that_exclude_each_other_are_one_column():
    found = metadata_of(["m1_wt_d3", "m2_ko_d3", "m3_wt_d5", "m4_ko_d5"])
    assert found["m"].tolist() == ["1", "2", "3", "4"]
    assert found["age_days"].tolist() == ["3", "3", "5", "5"]
    assert found["group_1"].tolist() == ["wt", "ko", "wt", "ko"]


def test_plate_maps_as_lines_and_as_grids(tmp_path):
    lines = read_plate_map(table(tmp_path, "Well,drug\nA1,none\nB02,bicuculline\n", "lines.csv"))
    assert lines["well"].tolist() == ["A1", "B02"]
    grid = read_plate_map(table(tmp_path, "row,1,2\nA,none,drug\nB,,drug\n", "grid.csv"))
    assert list(zip(grid["well"], grid["condition"], strict=True)) == [("A1", "none"), ("A2", "drug"), ("B2", "drug")]
    assert standard_well("b02") == "B2"
    with pytest.raises(StudyError, match="not a plate map"):
        read_plate_map(table(tmp_path, "x,y\n1,2\n", "none.csv"))


def test_a_plate_is_a_study_of_its_wells(tmp_path):
    rng = np.random.default_rng(0)
    spikes = pd.DataFrame(
        {
            "Time (s)": np.sort(rng.random(600) * 30),
            "Electrode": rng.choice(["A1_11", "A1_12", "B2_11"], 600),
            "Amplitude(mV)": 0.1,
        }
    )
    spikes.to_csv(tmp_path / "plate_spike_list.csv", index=False)
    plate = table(tmp_path, "well,drug\nA01,none\nB2,x\nC3,x\n", "map.csv")
    study = read_study(tmp_path / "plate_spike_list.csv", plate=plate)
    assert study.answers == {1: {"well": "A1"}, 2: {"well": "B2"}}
    assert "no spikes of a well C3" in study.problems[0]


def development(tmp_path):
    rows = [
        f"{c}{a}.h5,{c},{'cortex' if c != 'h' else 'hippocampus'},{a},{'KN62' if c == 'x' and a > 14 else 'none'}"
        for c in "xyh"
        for a in (7, 14, 21)
    ]
    files(tmp_path, *(row.split(",")[0] for row in rows))
    return read_study(table(tmp_path, "file,culture,region,age_div,treatment\n" + "\n".join(rows)))


def test_roles_are_guessed_with_their_evidence_and_can_be_set(tmp_path):
    study = development(tmp_path)
    asked = {question.key: question for question in ask_roles(study)}
    assert asked["replicate"].guess == "culture"
    assert "3 of them with 3 to 3 recordings" in asked["replicate"].reason
    assert asked["order"].guess == "age_div"
    assert asked["condition"].guess == "region, treatment"
    assert "changes within 1 of 3" in asked["condition"].reason
    roles = roles_of(study, order="none", conditions=["treatment"])
    assert (roles.replicate, roles.order, roles.conditions) == ("culture", None, ("treatment",))
    with pytest.raises(StudyError, match="Did you mean culture"):
        roles_of(study, replicate="cultur")
    with pytest.raises(StudyError, match="an order needs numbers"):
        roles_of(study, order="region")


def test_entries_that_may_be_mistyped_are_named(tmp_path):
    files(tmp_path, *(f"{i}.h5" for i in range(6)))
    lines = "\n".join(f"{i}.h5,{'a' if i < 3 else 'b'},{age}" for i, age in enumerate((7, 14, 21, 7, 7, 1400)))
    study = read_study(table(tmp_path, "file,culture,age\n" + lines))
    said = suspicious(study, roles_of(study))
    assert any("Row 6: age is 1400" in one for one in said)
    assert any("Rows 4, 5 have the same culture (b) at the same age (7)" in one for one in said)


def test_the_reference_of_a_condition_is_its_control():
    assert levels(pd.Series(["x", "x", "vehicle", "y"])) == ["vehicle", "x", "y"]
    assert levels(pd.Series(["b", "b", "a"])) == ["b", "a"]


def test_days_are_told_per_week_from_two_weeks_on():
    assert unit_of("age_div", pd.Series([7, 28])) == (7.0, "week")
    assert unit_of("age_div", pd.Series([7, 10])) == (1.0, "day")
    assert unit_of("dose", pd.Series([1, 2])) == (1.0, "unit of dose")
    assert word_of("age_div") == "age"
