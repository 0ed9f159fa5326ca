"""Tables that cannot be read, and columns that do not fit the model: what is said."""

import zipfile

import numpy as np
import pytest

from tests.compression.fake import FakeAE
from tmvalite.compression import compress, decompress, read_table
from tmvalite.compression.match import match_columns
from tmvalite.compression.table import EventTable, FileColumn
from tmvalite.data.info import DataSetInfo, declare, declare_array
from tmvalite.errors import DataError, FileError


def table(**columns):
    return EventTable("npz", [FileColumn(name, np.asarray(x)) for name, x in columns.items()], 3)


def said(call, *arguments):
    with pytest.raises(DataError) as caught:
        call(*arguments)
    return str(caught.value)


def variables(*names):
    return DataSetInfo.from_names(names).variables


def test_columns_are_found_by_label_expression_or_internal_name():
    found = (declare("a := x"), declare("y"), declare("b := log(z)"))
    assert match_columns(table(y=np.zeros(3), b=np.zeros(3), x=np.zeros(3), other=np.zeros(3)), found) == [1, 2, 0, -1]


def test_an_array_column_is_as_many_variables_as_it_has_numbers():
    found = (*declare_array("vars", 4), declare("x"))
    assert match_columns(table(x=np.zeros(3), vars=np.zeros((3, 2, 2))), found) == [4, 0]


def test_variables_without_names_are_the_columns_in_their_order():
    assert match_columns(table(p=np.zeros(3), q=np.zeros(3)), variables("var1", "var2")) == [0, 1]
    pixels = variables(*(f"var{i + 1}" for i in range(6)))
    assert match_columns(table(label=np.zeros(3), image=np.zeros((3, 2, 3))), pixels) == [-1, 0]


def test_error_of_a_variable_without_column():
    assert said(match_columns, table(pt=np.zeros(3), etta=np.zeros(3)), variables("pt", "eta")) == "\n".join(
        [
            "the table has no column 'eta', a variable of the model",
            "  in the table",
            "  expected columns pt, eta",
            "  hint: did you mean 'etta'?",
        ]
    )


def test_error_of_an_expression_that_is_no_column():
    assert said(match_columns, table(x=np.zeros(3)), (declare("x"), declare("log(x)"))) == "\n".join(
        [
            "the table has no column 'log(x)', a variable of the model",
            "  in the table",
            "  expected columns x, log(x)",
            "  hint: write log(x) into a column of this name: only columns can be restored",
        ]
    )


def test_error_of_text_where_the_model_needs_numbers():
    assert said(match_columns, table(x=["a", "b", "c"]), variables("x")) == ("column 'x' holds text, not numbers\n  in the table")


def test_error_of_lists_where_the_model_needs_numbers():
    lists = EventTable("root", [FileColumn("x", np.zeros(5), offsets=np.array([0, 2, 2, 5]))], 3)
    assert said(match_columns, lists, variables("x")).startswith("column 'x' has a varying number of values per event")


def test_error_of_columns_of_another_number():
    assert said(match_columns, table(p=np.zeros(3), q=np.zeros((3, 4))), variables("var1", "var2")) == "\n".join(
        [
            "the columns hold 5 numbers per event, the model has 2 variables",
            "  in the table",
            "  hint: name the columns in the order of the variables: --columns",
        ]
    )


def test_error_of_a_chosen_column_that_is_not_there():
    assert said(match_columns, table(pt=np.zeros(3)), variables("x"), ["pq"]) == "\n".join(
        ["there is no column 'pq'", "  in the table", "  expected columns pt"]
    )


def test_error_of_other_columns_when_they_are_refused(tmp_path):
    np.savez(tmp_path / "in.npz", x=np.arange(3.0), run=np.arange(3), event=np.arange(3))
    model = FakeAE(["x"], [0.0], [1.0], [[1.0]])
    with pytest.raises(DataError) as caught:
        compress(model, tmp_path / "in.npz", tmp_path / "a", others="refuse")
    assert str(caught.value) == "\n".join(
        [
            "2 columns are no variable of the model: run, event",
            f"  in '{tmp_path / 'in.npz'}'",
            "  hint: keep them as they are: --others keep; or leave them out: drop",
        ]
    )


def test_error_of_pickled_objects(tmp_path):
    np.savez(tmp_path / "in.npz", data=np.array([{}, None], dtype=object))
    assert said(read_table, tmp_path / "in.npz") == "\n".join(
        [f"'{tmp_path / 'in.npz'}' holds pickled objects, which are never read", "  expected arrays of numbers or text"]
    )


@pytest.mark.parametrize(
    "name, content, text",
    [
        ("a.npz", b"", "cannot be read"),
        ("a.npz", b"PK\x03\x04 no zip", "cannot be read"),
        ("a.csv", b"", "is empty"),
        ("a.csv", b"x,y\n", "has no events"),
        ("a.csv", b"x,y\n1,2\n3\n", "row 2 has 1 values, not 2"),
        ("a.csv", b"x,x\n1,2\n", "two columns are named 'x'"),
        ("a.csv", b"\xff\xfe\x00", "cannot be read"),
        ("a.csv", b'x\n"1\n', "cannot be read"),
        ("a.root", b"", "is empty"),
        ("a.txt", b"x\n1\n", "is no kind of table"),
    ],
)
def test_error_of_files_that_are_no_tables(tmp_path, name, content, text):
    (tmp_path / name).write_bytes(content)
    assert text in said(read_table, tmp_path / name)
    (tmp_path / name).unlink()
    if not name.endswith(".txt"):
        assert said(read_table, tmp_path / name).startswith("there is no file")


def test_error_of_a_single_array_without_name(tmp_path):
    with open(tmp_path / "a.npz", "wb") as file:
        np.save(file, np.zeros(3))
    assert "holds one array without a name" in said(read_table, tmp_path / "a.npz")


def test_error_of_arrays_without_events(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.array("text"), y=np.array([1j]))
    assert said(read_table, tmp_path / "a.npz").startswith("no array holds numbers for events")


def test_error_of_names_that_do_not_fit(tmp_path):
    np.savez(tmp_path / "a.npz", data=np.zeros((3, 2)), names=np.array(["a"]))
    assert said(read_table, tmp_path / "a.npz").startswith("'names' has the shape (1,) beside 2 columns of 'data'")


@pytest.mark.parametrize(
    "text, kind",
    [
        ("1\n2", "i"),
        ("18446744073709551615\n1", "u"),
        ("18446744073709551616\n1", "f"),
        ("007\n1", "f"),
        ("1.0\n2", "f"),
        ("nan\n1", "f"),
        ("True\nFalse", "b"),
        ("a\n1", "U"),
        ("1_0\n2", "f"),
    ],
)
def test_types_of_text_columns(tmp_path, text, kind):
    (tmp_path / "a.csv").write_text("x\n" + text + "\n", encoding="utf-8")
    found = read_table(tmp_path / "a.csv").columns[0].values.dtype.kind
    assert found == ("U" if text.startswith("1_0") else kind)


def test_error_a_column_that_is_named_twice():
    assert said(match_columns, table(p=np.zeros(3), q=np.zeros(3)), variables("a", "b"), ["p", "p"]) == (
        "column 'p' is named twice\n  in the table"
    )


def test_arrays_of_one_number_come_back(model_file, columns, tmp_path):
    np.savez(tmp_path / "t.npz", **columns, lumi=np.float64(3.5))
    compress(model_file, tmp_path / "t.npz", tmp_path / "t.tmvz")
    decompress(tmp_path / "t.tmvz", tmp_path / "back.npz")
    back = np.load(tmp_path / "back.npz")["lumi"]
    assert back.shape == () and back == 3.5


def test_arrays_that_are_no_numbers_are_refused_or_left_out(model_file, columns, tmp_path):
    np.savez(tmp_path / "t.npz", **columns, phase=np.ones(500, complex))
    with pytest.raises(DataError, match="array 'phase' holds complex128, which cannot be kept"):
        compress(model_file, tmp_path / "t.npz", tmp_path / "t.tmvz")
    assert not (tmp_path / "t.tmvz").exists()
    compress(model_file, tmp_path / "t.npz", tmp_path / "t.tmvz", others="drop")
    decompress(tmp_path / "t.tmvz", tmp_path / "back.npz")
    assert "phase" not in np.load(tmp_path / "back.npz")


def test_error_an_archive_member_that_is_no_array(columns, tmp_path):
    np.savez(tmp_path / "t.npz", **columns)
    with zipfile.ZipFile(tmp_path / "t.npz", "a") as archive:
        archive.writestr("README.txt", "hello")
    assert "holds 'README.txt', which is no array" in said(read_table, tmp_path / "t.npz")


def test_error_a_table_without_events(model_file, columns, tmp_path):
    empty = EventTable("npz", [FileColumn(name, x[:0]) for name, x in columns.items()], 0)
    with pytest.raises(DataError, match="the table has no events"):
        compress(model_file, empty, tmp_path / "t.tmvz")


@pytest.mark.parametrize("output", ["t.npz", "model.weights.xml"])
def test_error_an_archive_in_the_place_of_what_it_is_made_from(model_file, columns, tmp_path, output):
    np.savez(tmp_path / "t.npz", **columns)
    before = (tmp_path / output).read_bytes()
    with pytest.raises(FileError, match="is both the (table|model) and the archive"):
        compress(model_file, tmp_path / "t.npz", tmp_path / output, overwrite=True)
    assert (tmp_path / output).read_bytes() == before
